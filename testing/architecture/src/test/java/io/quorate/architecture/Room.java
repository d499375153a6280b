package io.quorate.architecture;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who may import whom. A room is one module; it imports from the rooms that it names, from the
 * libraries that it names, from the JDK's {@code java.*} and {@code javax.*}, from JSpecify, and
 * from nothing else.
 *
 * <p>The order is the order of the build: a room can only name rooms above it.
 */
enum Room {
  BASE("core/base", "io.quorate.base"),
  RAFT("core/raft", "io.quorate.raft", BASE),
  KV("core/kv", "io.quorate.kv", BASE),
  /** What a stream of events is to the state machine: conditions and keys, over the store. */
  STREAMS("core/streams", "io.quorate.streams", BASE, KV),
  MACHINE("core/machine", "io.quorate.machine", BASE, KV, STREAMS),
  TXN("core/txn", "io.quorate.txn", BASE),

  WAL("storage/wal", "io.quorate.wal", BASE),
  ENGINE("storage/engine", "io.quorate.engine", BASE),
  SNAPSHOT("storage/snapshot", "io.quorate.snapshot", BASE),

  NODE("node/node", "io.quorate.node", BASE, RAFT, KV, MACHINE, WAL, ENGINE, SNAPSHOT),
  TRANSPORT("node/transport", "io.quorate.transport", BASE, NODE),

  PROTOCOL("server/protocol", "io.quorate.protocol"),
  /** For servers and clients alike; knows neither. */
  TLS("server/tls", "io.quorate.tls"),
  GRPC("server/grpc", "io.quorate.grpc", BASE),
  /** Streams backups, whose format is the storage's. */
  ETCD(
      "server/etcd", "io.quorate.etcd", BASE, KV, STREAMS, MACHINE, SNAPSHOT, NODE, PROTOCOL, GRPC),
  /** Reads the figures of whatever a node is made of. */
  ADMIN(
      "server/admin",
      "io.quorate.admin",
      BASE,
      RAFT,
      KV,
      MACHINE,
      WAL,
      ENGINE,
      NODE,
      PROTOCOL,
      GRPC),

  CLIENT("client/client", "io.quorate.client", BASE, PROTOCOL, TLS),
  /** Knows the etcd v3 API only as the client does. */
  RECIPES("client/recipes", "io.quorate.recipes", BASE, CLIENT),
  /** Runs the pure state machines of two-phase commit over databases and the store. */
  XA("client/xa", "io.quorate.xa", BASE, TXN, CLIENT),
  /** Streams of events, with ids that the recipes make. */
  EVENTS("client/events", "io.quorate.events", BASE, CLIENT, RECIPES),

  /**
   * Puts a node, its transport and the services together in the caller's own JVM. Being what most
   * users import, it has the root package to itself, without those below.
   */
  EMBEDDED(
      "node/embedded",
      "io.quorate",
      BASE,
      MACHINE,
      WAL,
      ENGINE,
      SNAPSHOT,
      NODE,
      TRANSPORT,
      PROTOCOL,
      GRPC,
      ETCD,
      CLIENT),
  /** Works on the data of members that don't run; derives identities as they do. */
  OFFLINE("node/offline", "io.quorate.offline", BASE, KV, WAL, ENGINE, SNAPSHOT, NODE, EMBEDDED),
  /** Hears a client, its recipes and its transactions. */
  MICROMETER("integrations/micrometer", "io.quorate.micrometer", BASE, TXN, CLIENT, RECIPES, XA),
  /** Hears a client. */
  OPENTELEMETRY("integrations/opentelemetry", "io.quorate.opentelemetry", BASE, CLIENT),
  /** Spring's transactions, over those of a client. */
  SPRING("integrations/spring", "io.quorate.spring", BASE, CLIENT, XA),
  /** Wires all, from flags. */
  SERVER(
      "server/server",
      "io.quorate.server",
      BASE,
      MACHINE,
      WAL,
      ENGINE,
      SNAPSHOT,
      NODE,
      TRANSPORT,
      PROTOCOL,
      TLS,
      GRPC,
      ETCD,
      ADMIN,
      CLIENT,
      EMBEDDED),

  /** Judges histories of any store; knows none. */
  CHECKERS("testing/checkers", "io.quorate.checkers"),
  SIMULATOR(
      "testing/simulator",
      "io.quorate.simulator",
      BASE,
      RAFT,
      KV,
      MACHINE,
      WAL,
      ENGINE,
      SNAPSHOT,
      NODE,
      GRPC,
      ETCD,
      CLIENT,
      RECIPES,
      TXN,
      XA,
      EVENTS,
      EMBEDDED),
  /** For the tests of those who build on Quorate; nothing that ships knows of it. */
  TESTKIT(
      "testing/testkit",
      "io.quorate.testkit",
      BASE,
      ENGINE,
      NODE,
      GRPC,
      ETCD,
      CLIENT,
      RECIPES,
      EVENTS,
      EMBEDDED),
  BENCH("testing/bench", "io.quorate.bench", BASE, PROTOCOL, CLIENT),
  /** Servers of others, for tests; knows nothing of ours. */
  DATABASES("testing/databases", "io.quorate.databases"),
  /** The only one that knows other transaction managers. */
  XA_BENCH("testing/xa-bench", "io.quorate.xabench", TXN, CLIENT, XA, BENCH, DATABASES),
  /** An application, as its user would write it. */
  ORDERS("examples/orders", "io.quorate.examples.orders", XA, SPRING),
  /** An application on events, as its user would write it. */
  SHIPPING("examples/shipping", "io.quorate.examples.shipping", BASE, CLIENT, EVENTS),
  /** A client, and what is done with files where no member runs. */
  CLI("cli", "io.quorate.cli", BASE, SNAPSHOT, PROTOCOL, CLIENT, RECIPES, XA, EVENTS, OFFLINE);

  /**
   * Libraries beside {@code java.*}. Those that users choose for themselves, as for metrics, are an
   * integration's alone: whoever doesn't choose them doesn't get them.
   */
  private static List<String> libraries(Room room) {
    return switch (room) {
      case BASE,
          RAFT,
          KV,
          STREAMS,
          MACHINE,
          TXN,
          WAL,
          SNAPSHOT,
          OFFLINE,
          RECIPES,
          CHECKERS,
          SHIPPING ->
          List.of();
      case ENGINE -> List.of("org.rocksdb");
      case NODE -> List.of("org.jctools");
      case TRANSPORT, TLS, GRPC -> List.of("io.netty");
      case PROTOCOL -> List.of("com.google.protobuf");
      case ETCD -> List.of("com.google.protobuf", "at.favre.lib");
      case ADMIN ->
          List.of(
              "io.netty",
              "io.prometheus",
              "com.google.protobuf",
              "tools.jackson.core",
              "com.sun.management");
      case CLIENT -> List.of("io.netty", "com.google.protobuf", "tools.jackson");
      case XA -> List.of("jakarta.transaction", "io.grpc");
      case EVENTS -> List.of("com.google.protobuf", "tools.jackson", "javax.crypto");
      case EMBEDDED -> List.of("io.netty");
      case MICROMETER -> List.of("io.micrometer");
      case OPENTELEMETRY -> List.of("io.opentelemetry");
      case SPRING -> List.of("org.springframework", "jakarta.transaction");
      case SERVER ->
          List.of(
              "io.netty", "io.prometheus", "org.slf4j", "ch.qos.logback", "org.snakeyaml.engine");
      case ORDERS -> List.of("org.springframework", "com.zaxxer.hikari");
      case BENCH -> List.of("io.netty", "org.HdrHistogram", "picocli", "com.sun.management");
      case SIMULATOR -> List.of("picocli");
      case DATABASES -> List.of("org.postgresql", "org.mariadb");
      case XA_BENCH ->
          List.of(
              "com.arjuna",
              "com.atomikos",
              "com.zaxxer.hikari",
              "jakarta.transaction",
              "org.HdrHistogram",
              "org.axonframework",
              "org.mariadb",
              "org.postgresql");
      case TESTKIT -> List.of("org.junit.jupiter.api", "org.junit.platform.commons.support");
      case CLI -> List.of("picocli", "org.jline", "com.google.protobuf");
    };
  }

  private final String folder;
  private final String packageRoot;

  @SuppressWarnings("ImmutableEnumChecker") // Set.of never changes
  private final Set<Room> imports;

  Room(String folder, String packageRoot, Room... imports) {
    this.folder = folder;
    this.packageRoot = packageRoot;
    this.imports = Set.of(imports);
  }

  /** Where the module lies, from the repository's root. */
  String folder() {
    return folder;
  }

  /** The package that is this room's alone; with those below it, but for the root. */
  String packageRoot() {
    return packageRoot;
  }

  boolean mayImport(Room that) {
    return that == this || imports.contains(that);
  }

  boolean mayUseLibrary(String type) {
    return libraries(this).stream().anyMatch(library -> type.startsWith(library + "."));
  }

  private boolean owns(String type) {
    String root = packageRoot + ".";
    return type.startsWith(root) && (this != EMBEDDED || type.indexOf('.', root.length()) < 0);
  }

  /** The room that a type of ours belongs to. */
  static Optional<Room> of(String type) {
    return Arrays.stream(values()).filter(room -> room.owns(type)).findFirst();
  }
}
