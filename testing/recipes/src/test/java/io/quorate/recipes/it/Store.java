package io.quorate.recipes.it;

import io.quorate.client.QuorateClient;
import io.quorate.system.ProcessCluster;
import io.quorate.system.Program;
import java.util.EnumMap;
import java.util.Map;

/** What the recipes run on. A cluster of one member of each is shared by all cases. */
enum Store {
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

  /** Where the shared one is. */
  String endpoint() {
    synchronized (Store.class) {
      return SHARED
          .computeIfAbsent(this, store -> ProcessCluster.start(store.program, 1))
          .endpoint(0);
    }
  }

  /** Starts one for a case that does more to it than others would bear. */
  ProcessCluster start(int members) {
    return ProcessCluster.start(program, members);
  }

  QuorateClient connect() {
    return QuorateClient.connect(endpoint());
  }
}
