package io.quorate.events;

import io.quorate.client.KeyValue;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** How an attempt to append is carried out, and what is learned if it changes nothing. */
interface AppendWay {
  /** The most appends that say what stands in the way. */
  int TOLD_MAX = 10;

  /** Tries once; fails as a write of the client's does. */
  CompletableFuture<Outcome> attempt(Attempt attempt);

  /** Whether it finds the ends of streams by itself, so that a guess will do. */
  boolean findsEnds();

  /**
   * One attempt.
   *
   * @param ends which version each stream is taken to have
   * @param clear up to which position nothing is there that a condition excludes
   * @param timeMillis when it is appended
   */
  record Attempt(
      Append append,
      Map<String, Long> ends,
      Map<Append.Condition, Position> clear,
      long timeMillis) {
    /** The version that a stream is taken to have. */
    long end(String stream) {
      return of(ends, stream);
    }

    /** Up to where a condition is known to hold. */
    Position clear(Append.Condition condition) {
      return of(clear, condition);
    }

    private static <K, V> V of(Map<K, V> map, K key) {
      V value = map.get(key);
      if (value == null) {
        throw new IllegalStateException("nothing is known of " + key);
      }
      return value;
    }

    /** What is appended to a stream, behind a version. */
    Commit commit(List<NewEvent> events, int base, long end) {
      return new Commit(
          append.id(),
          end + 1,
          base,
          timeMillis,
          append.correlation(),
          append.causation(),
          events,
          false);
    }
  }

  /**
   * How an attempt ended.
   *
   * @param revision of the store: at which it took effect, if it did
   * @param versions that each stream has now; null if it changed nothing
   * @param behind if so: what stands behind the version that each stream was taken to have
   * @param done the key that says it was done before
   * @param required whether what is beside it held, as far as that was looked at
   * @param judged whether conditions were judged to the last event; what they exclude is then among
   *     the matching
   * @param matching appends with events that a condition excludes, perhaps
   */
  record Outcome(
      long revision,
      @Nullable Map<String, Long> versions,
      Map<String, Behind> behind,
      @Nullable KeyValue done,
      boolean required,
      boolean judged,
      List<KeyValue> matching) {}

  /**
   * What stands behind the version that a stream was taken to have.
   *
   * @param kvs the first appends there
   * @param more whether there are others
   * @param endIsThere whether an append ends with the version, or it is 0
   */
  record Behind(List<KeyValue> kvs, boolean more, boolean endIsThere) {}
}
