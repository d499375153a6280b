package io.quorate.simulator;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * A bug that some system once had, as a change to our source. A file tells it:
 *
 * <pre>
 * # what is wrong
 * # where it happened
 *
 * file core/raft/src/main/java/io/quorate/raft/SafetyRules.java
 * &lt;&lt;&lt;&lt;
 * what the source says
 * ====
 * what it says instead
 * &gt;&gt;&gt;&gt;
 * </pre>
 *
 * @param name the file's
 * @param wrong what is wrong
 * @param where where it happened
 * @param sources the changed sources, by their paths in the repository
 */
record PlantedBug(String name, String wrong, String where, Map<Path, String> sources) {
  private static final Path ROOT = Path.of("../..");
  private static final Path FOLDER = Path.of("src/test/planted");

  /** Those that worlds haven't found yet. */
  private static final Path HIDDEN = FOLDER.resolve("hidden");

  /** What a run of worlds with the bug came to. */
  record Found(long seed, double cpuSeconds, String violation) {}

  /** Those that must be found. */
  static List<PlantedBug> all() throws IOException {
    return in(FOLDER);
  }

  /** Those that aren't found in the time that there is. */
  static List<PlantedBug> hidden() throws IOException {
    return in(HIDDEN);
  }

  private static List<PlantedBug> in(Path folder) throws IOException {
    List<PlantedBug> bugs = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        bugs.add(read(file));
      }
    }
    return bugs;
  }

  private static PlantedBug read(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    Map<Path, String> sources = new LinkedHashMap<>();
    Path source = ROOT;
    StringBuilder[] sides = {new StringBuilder(), new StringBuilder()};
    int side = -1;
    for (String line : lines) {
      if (line.startsWith("file ")) {
        source = Path.of(line.substring(5));
      } else if (line.equals("<<<<")) {
        side = 0;
        sides = new StringBuilder[] {new StringBuilder(), new StringBuilder()};
      } else if (line.equals("====")) {
        side = 1;
      } else if (line.equals(">>>>")) {
        side = -1;
        String before =
            sources.containsKey(source)
                ? sources.get(source)
                : Files.readString(ROOT.resolve(source));
        String old = sides[0].toString();
        if (before.indexOf(old) < 0 || before.indexOf(old) != before.lastIndexOf(old)) {
          throw new IOException(file + ": not in " + source + ", or not once: " + old);
        }
        sources.put(source, before.replace(old, sides[1]));
      } else if (side >= 0) {
        sides[side].append(line).append('\n');
      }
    }
    return new PlantedBug(
        file.getFileName().toString(),
        lines.get(0).substring(2),
        lines.get(1).substring(2),
        sources);
  }

  /** Compiles the changed sources into a folder. */
  void compile(Path into) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Map.Entry<Path, String> source : sources.entrySet()) {
      Path file = into.resolve("source").resolve(source.getKey().getFileName());
      Files.createDirectories(file.getParent());
      Files.writeString(file, source.getValue());
      files.add(file);
    }
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter said = new StringWriter();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      boolean compiled =
          compiler
              .getTask(
                  said,
                  manager,
                  null,
                  List.of(
                      "-proc:none",
                      "-nowarn",
                      "-cp",
                      System.getProperty("java.class.path"),
                      "-d",
                      into.toString()),
                  null,
                  manager.getJavaFileObjectsFromPaths(files))
              .call();
      if (!compiled) {
        throw new IOException(name + ": " + said);
      }
    }
  }

  /** Runs worlds with the bug, from a seed on; none if none is wrong within the time. */
  Optional<Found> find(Path compiled, long seed, double cpuSecondsMax)
      throws IOException, InterruptedException {
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-Xms1g",
            "-Xmn600m",
            "-cp",
            compiled + File.pathSeparator + System.getProperty("java.class.path"),
            PlantedRun.class.getName(),
            Long.toString(seed),
            Double.toString(cpuSecondsMax));
    Process run =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String said = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (run.waitFor() != 0) {
      return Optional.empty();
    }
    String[] words = Arrays.copyOf(said.strip().split(" ", 3), 3);
    return Optional.of(new Found(Long.parseLong(words[0]), Double.parseDouble(words[1]), words[2]));
  }
}
