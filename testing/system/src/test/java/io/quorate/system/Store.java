package io.quorate.system;

import io.quorate.client.QuorateClient;
import java.util.EnumMap;
import java.util.Map;

/**
 * What is built on the etcd v3 API runs on: both of them. A cluster of one member of each is shared
 * by all cases.
 */
public enum Store {
  ETCD(Program.ETCD),
  QUORATE(Program.quorate());

  private static final Map<Store, ProcessCluster> SHARED = new EnumMap<>(Store.class);

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Store::endShared, "end-shared-stores"));
  }

  @SuppressWarnings("ImmutableEnumChecker") // an unchanging record
  private final Program program;

  Store(Program program) {
    this.program = program;
  }

  private static synchronized void endShared() {
    SHARED.values().forEach(ProcessCluster::close);
  }

  /** The last lines of what the shared ones have logged. */
  static String logsOfShared(int linesMax) {
    StringBuilder all = new StringBuilder();
    synchronized (Store.class) {
      SHARED.values().forEach(cluster -> all.append(cluster.logs(linesMax)));
    }
    return all.toString();
  }

  /** Where the shared one is. */
  public String endpoint() {
    synchronized (Store.class) {
      return SHARED
          .computeIfAbsent(this, store -> ProcessCluster.startOffDisk(store.program, 1))
          .endpoint(0);
    }
  }

  /** Starts one for a case that does more to it than others would bear. */
  public ProcessCluster start(int members) {
    return ProcessCluster.start(program, members);
  }

  public QuorateClient connect() {
    return QuorateClient.connect(endpoint());
  }
}
