package io.quorate.node;

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
      };

  /** The commit index rose. */
  void committed(long group, long index);

  /** Role, term or leader changed. */
  void roleChanged(long group, Role role, long term, long leader);

  /** A sync of the log took so long and covered so many turns. */
  void synced(long nanos, int batches);

  /** It took so long to write what a batch of entries changed in a group's state. */
  void written(long nanos);
}
