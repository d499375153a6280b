package io.quorate.conformance;

import io.quorate.system.PrintLogs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Go's clientv3 as Debian packages it (golang-etcd-server-dev), and what is built on it: locks,
 * elections, software transactions, caches, mirrors, queues, barriers. Part of {@code ./verify
 * --all} only, since it takes long to get and to compile.
 */
@AgainstServers
@ExtendWith(PrintLogs.class)
@Timeout(value = 20, unit = TimeUnit.MINUTES)
class GoClientTest {
  private static final Path SOURCES = Path.of("src/test/go").toAbsolutePath();
  private static final Path BUILT = Path.of("target/go").toAbsolutePath();
  private static final String SUITE = BUILT.resolve("suite").toString();

  /** The parts of the suite. The last one switches auth on and off. */
  private static final List<String> PARTS =
      List.of(
          "KV",
          "TXN",
          "WATCH",
          "LEASE",
          "MAINTENANCE",
          "SESSION",
          "MUTEX",
          "ELECTION",
          "STM",
          "LEASING",
          "NAMESPACE",
          "ORDERING",
          "MIRROR",
          "NAMING",
          "QUEUES",
          "BARRIERS",
          "RWMUTEX",
          "AUTH");

  private final Subject subject;

  GoClientTest(Subject subject) {
    this.subject = subject;
  }

  @BeforeAll
  static void compile() throws Exception {
    Map<String, String> environment =
        Map.of(
            "GO111MODULE", "off",
            "GOPATH", "/usr/share/gocode",
            "GOCACHE", BUILT.resolve("cache").toString(),
            "CGO_ENABLED", "0");
    Command.run(List.of("go", "build", "-o", SUITE, "."), SOURCES, environment, 15);
  }

  @Test
  void gos_clientv3_finds_what_it_expects() throws Exception {
    try (Server own = subject.start(1)) {
      List<String> words = new ArrayList<>(List.of(SUITE, own.endpoint()));
      words.addAll(PARTS);
      Command.run(words, BUILT, Map.of(), 5);
    }
  }
}
