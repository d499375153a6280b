package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The configurations that the log reaches back to. The newest is in force, committed or not (paper,
 * 6); a truncation takes the newer ones back. The oldest one is at or below the log's base.
 */
final class Configurations {
  private static final long[] NOBODY = {};

  private ConfigurationAt[] history;
  private int count;

  Configurations(ConfigurationAt first) {
    history = new ConfigurationAt[] {first, first, first, first};
    count = 1;
  }

  Configurations(Configurations that) {
    history = that.history.clone();
    count = that.count;
  }

  ConfigurationAt current() {
    return history[count - 1];
  }

  /** The one in force at an index. */
  ConfigurationAt at(long index) {
    for (int i = count - 1; i > 0; i--) {
      if (history[i].index() <= index) {
        return history[i];
      }
    }
    return history[0];
  }

  /**
   * The one before the newest, if that isn't known to be committed: then either may be in force. A
   * leader appends none before the last is committed, so no older one is.
   */
  private @Nullable Configuration former(long commit) {
    return count > 1 && current().index() > commit ? history[count - 2].configuration() : null;
  }

  /** Whether something holds of a configuration that may be in force. */
  boolean mayBe(long commit, Predicate<Configuration> holds) {
    Configuration former = former(commit);
    return holds.test(current().configuration()) || (former != null && holds.test(former));
  }

  /** Who votes if the newest isn't in force, and not by it; in rising order. */
  long[] formerVoters(long commit) {
    Configuration former = former(commit);
    if (former == null) {
      return NOBODY;
    }
    Configuration newest = current().configuration();
    return Arrays.stream(former.members())
        .filter(each -> former.isVoter(each) && !newest.isVoter(each))
        .toArray();
  }

  /** Index of the first configuration entry at or above an index; the largest long if none. */
  long nextFrom(long index) {
    for (int i = 0; i < count; i++) {
      if (history[i].index() >= index) {
        return history[i].index();
      }
    }
    return Long.MAX_VALUE;
  }

  void append(long index, Configuration configuration) {
    Checks.that(index > current().index(), "configuration=%d", index);
    if (count == history.length) {
      history = Arrays.copyOf(history, 2 * count);
    }
    for (int i = count; i < history.length; i++) {
      history[i] = new ConfigurationAt(index, configuration);
    }
    count++;
  }

  /** Takes back those above {@code last}; whether there were any. */
  boolean truncate(long last) {
    int before = count;
    while (count > 1 && history[count - 1].index() > last) {
      count--;
    }
    return count != before;
  }

  /** Forgets those that the log, beginning above {@code base}, no longer needs. */
  void trim(long base) {
    int gone = 0;
    while (gone + 1 < count && history[gone + 1].index() <= base) {
      gone++;
    }
    System.arraycopy(history, gone, history, 0, count - gone);
    count -= gone;
  }

  void reset(ConfigurationAt only) {
    Arrays.fill(history, only);
    count = 1;
  }

  void encode(LongConsumer sink) {
    sink.accept(count);
    for (int i = 0; i < count; i++) {
      sink.accept(history[i].index());
      history[i].configuration().encode(sink);
    }
  }
}
