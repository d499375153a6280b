package io.quorate.checkers;

import org.jspecify.annotations.Nullable;

/**
 * One step of a transaction. Keys and values are numbers: whoever runs the workload maps them to
 * what its store has. On a key no value is written twice, so that a value tells its writer.
 */
public sealed interface MicroOp {
  long key();

  /** Puts {@code value} behind all that is in the list of {@code key}. */
  record Append(long key, long value) implements MicroOp {
    @Override
    public String toString() {
      return "append " + value + " to k" + key;
    }
  }

  /** Makes {@code value} what the register {@code key} holds. */
  record Write(long key, long value) implements MicroOp {
    @Override
    public String toString() {
      return "write " + value + " to k" + key;
    }
  }

  /**
   * Reads the list or register of {@code key}.
   *
   * @param seen null as long as no answer has come: when it is invoked, and for good if the
   *     transaction failed or its outcome is unknown
   */
  record Read(long key, @Nullable Elements seen) implements MicroOp {
    @Override
    public String toString() {
      return "read k" + key + (seen == null ? "" : " " + seen);
    }
  }

  static MicroOp append(long key, long value) {
    return new Append(key, value);
  }

  static MicroOp write(long key, long value) {
    return new Write(key, value);
  }

  /** A read that is still to be answered. */
  static MicroOp read(long key) {
    return new Read(key, null);
  }

  /** A read that saw {@code seen}. */
  static MicroOp read(long key, long... seen) {
    return new Read(key, Elements.of(seen));
  }
}
