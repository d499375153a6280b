package io.quorate.node;

import io.quorate.base.Bytes;

/**
 * What a member's state goes through, step by step, for whoever checks it: two members that have
 * applied equal entries are in equal states. Called on the loop; an implementation must neither
 * block it nor call back.
 */
public interface NodeTrace {
  /** Looks at nothing. */
  NodeTrace NONE =
      new NodeTrace() {
        @Override
        public boolean looks() {
          return false;
        }

        @Override
        public void begun(long group) {}

        @Override
        public void restored(long group, long index) {}

        @Override
        public void applied(
            long group, long index, long term, byte kind, Bytes payload, long hash) {}

        @Override
        public void settled(long group, long index, long revision, long stateHash) {}
      };

  /** Whether what only a trace needs is worth computing. */
  default boolean looks() {
    return true;
  }

  /** A group begins with what is on disk: at the start, or anew after something was damaged. */
  void begun(long group);

  /** The state is one that was found on disk, or came from a peer; it holds entries up to there. */
  void restored(long group, long index);

  /**
   * An entry is being applied; it counts when its batch is in.
   *
   * @param kind what it is, as the log says: 0 for a command
   * @param hash the rolling hash of the log up to it
   */
  void applied(long group, long index, long term, byte kind, Bytes payload, long hash);

  /** A batch is in the state, up to this entry. */
  void settled(long group, long index, long revision, long stateHash);
}
