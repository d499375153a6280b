package io.quorate.etcd;

import io.quorate.grpc.Call;
import io.quorate.node.Replica;

/** Who may ask this member now, whatever it is that they ask. */
final class Admission {
  private final Replica replica;

  Admission(Replica replica) {
    this.replica = replica;
  }

  /**
   * Refuses a caller that wants to fail fast while there is no leader: one that says so by the
   * metadata {@code hasleader: true}.
   */
  void leaderIfAsked(Call call) {
    if (needsLeader(call) && replica.leader() == 0) {
      throw EtcdError.NO_LEADER.asException();
    }
  }

  /** Whether a caller says that it wants nothing from a member that knows no leader. */
  static boolean needsLeader(Call call) {
    return "true".equals(call.metadata().get("hasleader"));
  }

  /** Refuses what a member that only learns doesn't answer. */
  void voter() {
    if (replica.status().learner()) {
      throw EtcdError.NOT_SUPPORTED_FOR_LEARNER.asException();
    }
  }
}
