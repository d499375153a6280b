package io.quorate.node;

import io.quorate.kv.KvResult;
import io.quorate.raft.Role;

/** Counts what a member does. Called on the loop; an implementation must not block it. */
public interface NodeMetrics {
  /** Counts nothing. */
  NodeMetrics NONE =
      new NodeMetrics() {
        @Override
        public void committed(long group, long index) {}

        @Override
        public void roleChanged(long group, Role role, long term, long leader) {}

        @Override
        public void synced(long nanos, int batches) {}

        @Override
        public void written(long nanos) {}

        @Override
        public void applied(long group, KvResult result) {}

        @Override
        public void refused(long group) {}
      };

  /** The commit index rose. */
  void committed(long group, long index);

  /** Role, term or leader changed. */
  void roleChanged(long group, Role role, long term, long leader);

  /** A sync of the log took so long and covered so many turns. */
  void synced(long nanos, int batches);

  /** It took so long to write what a batch of entries changed in a group's state. */
  void written(long nanos);

  /** A request was applied here, whoever took it, and came to this. */
  void applied(long group, KvResult result);

  /** A write that this member took was refused: it may or may not take effect. */
  void refused(long group);
}
