package io.quorate.xabench;

import io.quorate.bench.ServerProcesses;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The stores that Quorate's decisions are kept in: three members of each kind, for as long as this
 * JVM runs.
 */
final class Stores {
  private static final int MEMBERS = 3;
  private static final Map<Contender, ServerProcesses> RUNNING = new EnumMap<>(Contender.class);

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Stores::end, "end-stores"));
  }

  private Stores() {}

  private static synchronized void end() {
    RUNNING.values().forEach(ServerProcesses::close);
  }

  /** The one of a contender; started if it is the first time. */
  static synchronized ServerProcesses of(Contender contender) {
    return RUNNING.computeIfAbsent(
        contender,
        each ->
            ServerProcesses.start(
                each == Contender.QUORATE
                    ? List.of(root().resolve("quorate").toString(), "server")
                    : List.of("etcd"),
                MEMBERS,
                Path.of("target").toAbsolutePath()));
  }

  /** Where the launcher is. */
  private static Path root() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      if (Files.isExecutable(at.resolve("quorate"))) {
        return at;
      }
    }
    throw new IllegalStateException("run this from within Quorate's working tree");
  }
}
