package io.quorate.raft;

/** What an entry of the log is for. Its payload is the shell's affair in each case. */
public enum EntryKind {
  /** A command for the state machine, proposed by the shell. */
  COMMAND,
  /** The first entry of a leader's term; moves nothing but the index. */
  NOOP,
  /** A {@link Configuration}; in force from the moment that it is in the log. */
  CONFIGURATION
}
