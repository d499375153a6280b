package io.quorate.streams;

import io.quorate.kv.ComputedResponse;
import io.quorate.kv.KeyValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How an append ended. */
public sealed interface AppendOutcome extends ComputedResponse {
  /** The most appends that say which events a condition excludes. */
  int MATCHING_MAX = 10;

  /**
   * It took effect.
   *
   * @param revision at which
   * @param versions of each part's last event
   */
  record Appended(long revision, List<Long> versions) implements AppendOutcome {
    /** Copies the list. */
    public Appended {
      versions = List.copyOf(versions);
    }
  }

  /**
   * It changed no key. Which of these reasons count, whoever asked decides.
   *
   * @param revision of the store
   * @param behind of each part, what stands in its way
   * @param done the key that says it was done before
   * @param requiredFailed nothing else stood in its way, but what is beside it didn't hold
   * @param matching appends with events that a condition excludes
   * @param unclear a condition, counted from 1, that can't be judged in one step; 0 if none
   */
  record Refused(
      long revision,
      List<Behind> behind,
      @Nullable KeyValue done,
      boolean requiredFailed,
      List<KeyValue> matching,
      int unclear)
      implements AppendOutcome {
    /** Copies the lists. */
    public Refused {
      behind = List.copyOf(behind);
      matching = List.copyOf(matching);
    }
  }

  /**
   * What is behind the version that a stream was taken to have.
   *
   * @param kvs the first appends there
   * @param more whether there are others
   * @param endIsThere whether an append ends with the version, or it is 0
   */
  record Behind(List<KeyValue> kvs, boolean more, boolean endIsThere) {
    /** Nothing stands in the way. */
    public static final Behind NOTHING = new Behind(List.of(), false, true);

    /** Copies the list. */
    public Behind {
      kvs = List.copyOf(kvs);
    }
  }
}
