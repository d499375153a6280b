package io.quorate.conformance;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.quorate.system.PrintLogs;
import io.quorate.system.ProcessCluster;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A case that calls jetcd. It lies in the conformance tests' package, whose subjects and list of
 * features it uses, and in a module of its own, since jetcd has its own gRPC and Protobuf.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
abstract class JetcdCase {
  private static final int WAIT_SECONDS_MAX = 30;
  private static final Map<Subject, ProcessCluster> SERVERS = new EnumMap<>(Subject.class);
  private static final AtomicInteger CASES = new AtomicInteger();

  static {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> SERVERS.values().forEach(ProcessCluster::close), "end-servers"));
  }

  final ProcessCluster server;
  final String url;
  final Client client;
  private final String prefix = "jetcd-" + CASES.incrementAndGet() + "/";

  JetcdCase(Subject subject) {
    this(SERVERS.computeIfAbsent(subject, each -> ProcessCluster.start(each.program(), 1)));
  }

  JetcdCase(ProcessCluster server) {
    this.server = server;
    url = "http://" + server.endpoint(0);
    client = Client.builder().endpoints(url).build();
  }

  @AfterEach
  void hangUp() {
    client.close();
  }

  static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  /** A key of this case alone. */
  ByteSequence key(String name) {
    return bytes(prefix + name);
  }

  static String text(ByteSequence bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** What a call answers. */
  static <T> T get(CompletableFuture<T> call) throws Exception {
    return call.get(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
  }
}
