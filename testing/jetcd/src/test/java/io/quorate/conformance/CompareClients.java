package io.quorate.conformance;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.quorate.client.QuorateClient;
import io.quorate.system.ProcessCluster;
import io.quorate.system.Program;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What Quorate's client and jetcd bring along, and how soon each has its first answer, on a real
 * etcd and on Quorate in turn: {@code testing/bench/compare-clients}. Each answer is that of a JVM
 * of its own, which has loaded nothing yet and has no cache of classes.
 */
public final class CompareClients {
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double BYTES_PER_MB = 1e6;
  private static final int AGAIN = 5;

  /** One of them: who it is, and what it needs. */
  private record Contestant(String name, Class<?> main, List<Path> libraries) {
    /** The jars in a folder. */
    static Contestant of(String name, Class<?> main, String folder) throws IOException {
      try (var files = Files.list(Path.of(folder))) {
        return new Contestant(name, main, files.sorted().toList());
      }
    }

    double megabytes() {
      return libraries.stream().mapToLong(each -> each.toFile().length()).sum() / BYTES_PER_MB;
    }

    String classPath() {
      List<String> all = new ArrayList<>(libraries.stream().map(Path::toString).toList());
      all.add(
          Path.of(
                  CompareClients.class
                      .getProtectionDomain()
                      .getCodeSource()
                      .getLocation()
                      .getPath())
              .toString());
      return String.join(File.pathSeparator, all);
    }
  }

  private CompareClients() {}

  /** Takes rounds, and the folders of the two clients' jars. */
  public static void main(String[] args) throws Exception {
    int rounds = Integer.parseInt(args[0]);
    List<Contestant> contestants =
        List.of(
            Contestant.of("Quorate's client and recipes", Ours.class, args[1]),
            Contestant.of("jetcd", Theirs.class, args[2]));
    Map<String, List<double[]>> millis = new LinkedHashMap<>();
    for (Program program : List.of(Program.ETCD, Program.quorate())) {
      try (ProcessCluster cluster = ProcessCluster.start(program, 1)) {
        for (int i = 0; i < rounds; i++) {
          for (Contestant each : contestants) {
            millis
                .computeIfAbsent(each.name() + " | " + program.name(), none -> new ArrayList<>())
                .add(firstGets(each, cluster.endpoint(0)));
          }
        }
      }
    }
    System.out.println("| client | jars | MB |\n|---|---:|---:|");
    for (Contestant each : contestants) {
      System.out.printf(
          Locale.ROOT,
          "| %s | %d | %.1f |%n",
          each.name(),
          each.libraries().size(),
          each.megabytes());
    }
    System.out.println(
        "\n| client | on | to the first get, ms | of another client then, ms |\n|---|---|---:|---:|");
    millis.forEach((who, all) ->
        System.out.printf(
            Locale.ROOT, "| %s | %.0f | %.0f |%n", who, median(all, 0), median(all, 1)));
  }

  private static double median(List<double[]> all, int which) {
    double[] sorted = all.stream().mapToDouble(each -> each[which]).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** In a JVM of its own: the first client's first get, and the median of some clients after it. */
  private static double[] firstGets(Contestant contestant, String endpoint) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                contestant.classPath(),
                contestant.main().getName(),
                endpoint)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = new BufferedReader(process.inputReader(StandardCharsets.UTF_8))) {
      String first = out.readLine();
      String later = out.readLine();
      if (process.waitFor() != 0 || first == null || later == null) {
        throw new IllegalStateException(contestant.name() + " didn't get an answer");
      }
      return new double[] {Double.parseDouble(first), Double.parseDouble(later)};
    }
  }

  private interface FirstGet {
    void run() throws Exception;
  }

  private static void tell(FirstGet get) throws Exception {
    System.out.println(millis(get));
    double[] later = new double[AGAIN];
    for (int i = 0; i < AGAIN; i++) {
      later[i] = millis(get);
    }
    Arrays.sort(later);
    System.out.println(later[AGAIN / 2]);
    System.out.flush();
    Runtime.getRuntime().halt(0); // how soon it ends isn't asked
  }

  private static double millis(FirstGet get) throws Exception {
    long begun = System.nanoTime();
    get.run();
    return (System.nanoTime() - begun) / NANOS_PER_MILLI;
  }

  /** A first get of Quorate's client. */
  public static final class Ours {
    private Ours() {}

    /** Takes an endpoint. */
    public static void main(String[] args) throws Exception {
      tell(() -> {
        try (QuorateClient client = QuorateClient.connect(args[0])) {
          var _ = client.kv().get("key");
        }
      });
    }
  }

  /** A first get of jetcd. */
  public static final class Theirs {
    private Theirs() {}

    /** Takes an endpoint. */
    public static void main(String[] args) throws Exception {
      ByteSequence key = ByteSequence.from("key", StandardCharsets.UTF_8);
      tell(() -> {
        try (Client client = Client.builder().endpoints("http://" + args[0]).build()) {
          var _ = client.getKVClient().get(key).get();
        }
      });
    }
  }
}
