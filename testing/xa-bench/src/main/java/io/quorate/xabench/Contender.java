package io.quorate.xabench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Function;

/** What is compared. One more takes its place here. */
enum Contender {
  /** Two local transactions, one after the other: the ceiling, and no atomicity. */
  NO_XA("two local transactions", _ -> new NoXa()),
  /** Its log as it is by default: a file for each transaction. */
  NARAYANA("Narayana 7.3.4", directory -> new Narayana(directory, false)),
  NARAYANA_JOURNAL("Narayana 7.3.4, journal", directory -> new Narayana(directory, true)),
  ATOMIKOS("Atomikos 6.0.0", Atomikos::new),
  /** Its log is a cluster of three members of its own, on the same machine. */
  QUORATE("Quorate, three members", _ -> new Quorate()),
  /** The same with three members of etcd. */
  QUORATE_ON_ETCD("Quorate on etcd, three members", _ -> new Quorate());

  private final String label;

  @SuppressWarnings("ImmutableEnumChecker") // no state
  private final Function<Path, Coordinator> made;

  Contender(String label, Function<Path, Coordinator> made) {
    this.label = label;
    this.made = made;
  }

  /** What tables call it. */
  String label() {
    return label;
  }

  /** Whether both databases' changes take effect, or neither's. */
  boolean isAtomic() {
    return this != NO_XA;
  }

  /**
   * What the JVM that it runs in is started with. The journal's native library, by which it writes
   * where libaio is installed, is put into the directory; and Netty allows the way in which the
   * journal frees buffers only if it is told.
   */
  List<String> options(Path directory) throws IOException {
    if (this == QUORATE || this == QUORATE_ON_ETCD) {
      return List.of("-D" + Quorate.STORE + "=" + String.join(",", Stores.of(this).endpoints()));
    }
    if (this != NARAYANA_JOURNAL) {
      return List.of();
    }
    String name = "libartemis-native-64.so";
    try (InputStream library = Contender.class.getResourceAsStream("/lib/linux-x86_64/" + name)) {
      if (library != null) {
        Files.copy(library, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    return List.of(
        "-Djava.library.path=" + directory,
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-Dio.netty.noUnsafe=false");
  }

  /**
   * Its manager, not yet open.
   *
   * @param directory where it keeps its log
   */
  Coordinator coordinator(Path directory) {
    return made.apply(directory);
  }
}
