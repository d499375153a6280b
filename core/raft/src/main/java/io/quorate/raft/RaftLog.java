package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * The shape of the log: terms and sizes of its entries, no payloads.
 *
 * <p>Terms are kept as runs, since they change once per election; sizes as running totals in a
 * ring, so that the bytes of any range cost one subtraction. Below the first entry lies the base:
 * index and term of the last entry that was trimmed, or that a snapshot stands for.
 */
final class RaftLog {
  private static final int CAPACITY_MIN = 8;

  private long baseIndex;
  private long baseTerm;
  private long baseTotal;
  private long lastIndex;
  private int runCount;
  private long[] runFirst;
  private long[] runTerm;
  private long[] totals;

  /** Most entries held at once since the last trim. */
  private long peak;

  RaftLog() {
    runFirst = new long[2];
    runTerm = new long[2];
    totals = new long[CAPACITY_MIN];
  }

  RaftLog(RaftLog that) {
    baseIndex = that.baseIndex;
    baseTerm = that.baseTerm;
    baseTotal = that.baseTotal;
    lastIndex = that.lastIndex;
    runCount = that.runCount;
    runFirst = that.runFirst.clone();
    runTerm = that.runTerm.clone();
    totals = that.totals.clone();
    peak = that.peak;
  }

  long baseIndex() {
    return baseIndex;
  }

  long baseTerm() {
    return baseTerm;
  }

  long lastIndex() {
    return lastIndex;
  }

  long lastTerm() {
    return runCount == 0 ? baseTerm : runTerm[runCount - 1];
  }

  /** The term of an entry or of the base; −1 for what isn't here. */
  long term(long index) {
    if (index == baseIndex) {
      return baseTerm;
    }
    if (index < baseIndex || index > lastIndex) {
      return -1;
    }
    return runTerm[run(index)];
  }

  /** The last entry of the run of equal terms that holds this entry. */
  long runLast(long index) {
    int run = run(index);
    return run + 1 < runCount ? runFirst[run + 1] - 1 : lastIndex;
  }

  /** The highest entry, or the base, up to {@code index} whose term is at most {@code term}. */
  long lastAtMost(long index, long term) {
    long at = Math.min(index, lastIndex);
    while (at > baseIndex) {
      int run = run(at);
      if (runTerm[run] <= term) {
        return at;
      }
      at = runFirst[run] - 1;
    }
    return baseIndex;
  }

  /** Bytes of the entries above {@code above} up to {@code last}, overhead included. */
  long bytes(long above, long last) {
    long from = Math.max(above, baseIndex);
    return last <= from ? 0 : total(last) - total(from);
  }

  /** The last entry from {@code first} on that keeps within a number of bytes; at least it. */
  long lastWithin(long first, long last, long bytes) {
    long limit = total(first - 1) + bytes;
    if (total(last) <= limit) {
      return last;
    }
    long low = first;
    long high = last;
    while (low < high) {
      long middle = (low + high + 1) >>> 1;
      if (total(middle) <= limit) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  void append(long term, int bytes) {
    Checks.that(bytes >= 0, "bytes=%d", bytes);
    Checks.that(term >= lastTerm(), "appending term=%d after term=%d", term, lastTerm());
    if (runCount == 0 || runTerm[runCount - 1] != term) {
      if (runCount == runFirst.length) {
        runFirst = Arrays.copyOf(runFirst, 2 * runCount);
        runTerm = Arrays.copyOf(runTerm, 2 * runCount);
      }
      runFirst[runCount] = lastIndex + 1;
      runTerm[runCount] = term;
      runCount++;
    }
    if (lastIndex - baseIndex == totals.length) {
      resize(2 * totals.length);
    }
    long total = total(lastIndex) + bytes + RaftSettings.ENTRY_OVERHEAD_BYTES;
    lastIndex++;
    peak = Math.max(peak, lastIndex - baseIndex);
    totals[slot(lastIndex)] = total;
  }

  /** Drops all above {@code last}. */
  void truncate(long last) {
    Checks.that(last >= baseIndex && last <= lastIndex, "truncate to=%d of=%d", last, lastIndex);
    lastIndex = last;
    while (runCount > 0 && runFirst[runCount - 1] > last) {
      runCount--;
    }
  }

  /** Drops all up to and including {@code index}, which becomes the base. */
  void trim(long index) {
    Checks.that(index >= baseIndex && index <= lastIndex, "trim to=%d of=%d", index, lastIndex);
    baseTerm = term(index);
    baseTotal = total(index);
    baseIndex = index;
    int gone = 0;
    while (gone < runCount && (gone + 1 < runCount ? runFirst[gone + 1] - 1 : lastIndex) <= index) {
      gone++;
    }
    runCount -= gone;
    System.arraycopy(runFirst, gone, runFirst, 0, runCount);
    System.arraycopy(runTerm, gone, runTerm, 0, runCount);
    if (runCount > 0) {
      runFirst[0] = Math.max(runFirst[0], index + 1);
    }
    // Given back slowly: a log that fills and is trimmed in turn keeps the room that it needs.
    if (totals.length > 1_024 && peak < totals.length / 8) {
      resize(totals.length / 2);
    }
    peak = lastIndex - baseIndex;
  }

  /** Empties the log; it continues behind this entry. */
  void reset(long index, long term) {
    baseIndex = index;
    baseTerm = term;
    baseTotal = 0;
    lastIndex = index;
    runCount = 0;
    peak = 0;
    totals = new long[CAPACITY_MIN];
  }

  void encode(LongConsumer sink) {
    sink.accept(baseIndex);
    sink.accept(baseTerm);
    sink.accept(lastIndex);
    for (int i = 0; i < runCount; i++) {
      sink.accept(runFirst[i]);
      sink.accept(runTerm[i]);
    }
    for (long i = baseIndex + 1; i <= lastIndex; i++) {
      sink.accept(total(i) - total(i - 1));
    }
  }

  private long total(long index) {
    return index == baseIndex ? baseTotal : totals[slot(index)];
  }

  private int slot(long index) {
    return (int) index & (totals.length - 1);
  }

  private int run(long index) {
    int run = runCount - 1;
    if (runFirst[run] <= index) {
      return run;
    }
    int low = 0;
    while (low < run) {
      int middle = (low + run + 1) >>> 1;
      if (runFirst[middle] <= index) {
        low = middle;
      } else {
        run = middle - 1;
      }
    }
    return low;
  }

  private void resize(int capacity) {
    long[] fresh = new long[capacity];
    for (long i = baseIndex + 1; i <= lastIndex; i++) {
      fresh[(int) i & (capacity - 1)] = totals[slot(i)];
    }
    totals = fresh;
  }
}
