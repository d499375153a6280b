package io.quorate.conformance;

import io.quorate.system.PrintLogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Clients of other languages: npm's etcd3, and Debian's python3-etcd3. Their suites are scripts of
 * parts; each server has these clients to itself.
 */
@AgainstServers
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@Execution(ExecutionMode.CONCURRENT) // its servers are its own
class OtherLanguagesTest {
  private static final Path SCRIPTS = Path.of("src/test").toAbsolutePath();
  private static final Path NODE = Path.of("target/node").toAbsolutePath();

  /** The parts of the suites. */
  private enum Part {
    KV,
    STM,
    WATCH,
    LEASE,
    LOCKS,
    AUTH
  }

  private final Subject subject;

  OtherLanguagesTest(Subject subject) {
    this.subject = subject;
  }

  /**
   * Lays the packages that the committed lock file names beside the build, once for each of its
   * versions.
   */
  @BeforeAll
  static void install() throws Exception {
    Files.createDirectories(NODE);
    Path installed = NODE.resolve("node_modules/.package-lock.json");
    Path lock = NODE.resolve("package-lock.json");
    Path wanted = SCRIPTS.resolve("node/package-lock.json");
    if (Files.exists(installed) && Files.mismatch(lock, wanted) < 0) {
      return;
    }
    Files.copy(wanted, lock, StandardCopyOption.REPLACE_EXISTING);
    Files.copy(
        SCRIPTS.resolve("node/package.json"),
        NODE.resolve("package.json"),
        StandardCopyOption.REPLACE_EXISTING);
    run(List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"));
  }

  @Test
  void npms_etcd3_finds_what_it_expects() throws Exception {
    try (Server own = subject.start(1)) {
      run(command(List.of("node", script("node/suite.mjs"), own.endpoint()), Part.values()));
    }
  }

  @Test
  void pythons_etcd3_finds_what_it_expects() throws Exception {
    try (Server own = subject.start(1)) {
      String port = Integer.toString(own.clientPort());
      run(
          command(
              List.of("/usr/bin/python3", script("python/suite.py"), "127.0.0.1", port),
              Part.KV,
              Part.WATCH,
              Part.LEASE));
    }
  }

  private static String script(String name) {
    return SCRIPTS.resolve(name).toString();
  }

  private List<String> command(List<String> start, Part... parts) {
    List<String> command = new ArrayList<>(start);
    Arrays.stream(parts).forEach(part -> command.add(part.name()));
    return command;
  }

  private static void run(List<String> words) throws IOException, InterruptedException {
    Command.run(words, NODE, Map.of(), 3);
  }
}
