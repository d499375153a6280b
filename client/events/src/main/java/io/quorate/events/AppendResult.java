package io.quorate.events;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What became of an append. */
public sealed interface AppendResult {

  /**
   * The events were appended.
   *
   * <p>If an attempt of the call was left without an answer, it is known by its id that this is
   * what became of it: or of another call with the same id, made at the same time.
   *
   * @param position of the last of them
   * @param versions of the last event of each stream
   */
  record Appended(Position position, Map<String, Long> versions) implements AppendResult {
    /** Keeps the map from changing. */
    public Appended {
      versions = Map.copyOf(versions);
    }
  }

  /**
   * They had been appended before, by a call with the same id, and were not again. For an append
   * that names a version this is known forever, as long as its events aren't truncated.
   *
   * @param position of the last of them
   * @param versions of the last event of each stream then
   */
  record AlreadyAppended(Position position, Map<String, Long> versions) implements AppendResult {
    /** Keeps the map from changing. */
    public AlreadyAppended {
      versions = Map.copyOf(versions);
    }
  }

  /**
   * Nothing was appended: the store isn't as it was expected to be. At least one of the three is
   * said.
   *
   * @param streams that have other versions than were expected
   * @param matching the first events of those that {@linkplain Append#unless should not be there}
   * @param required whether one of the comparisons that the append {@linkplain Append#require
   *     required} failed, or one of its reads of them
   */
  record Conflict(List<StreamConflict> streams, List<RecordedEvent> matching, boolean required)
      implements AppendResult {
    /** Keeps the lists from changing. */
    public Conflict {
      streams = List.copyOf(streams);
      matching = List.copyOf(matching);
    }

    /** In a sentence. */
    public String describe() {
      StringBuilder text = new StringBuilder();
      for (StreamConflict each : streams) {
        text.append(each.stream())
            .append(
                each.closed()
                    ? " is closed for good; "
                    : " has version " + each.actual() + ", expected was " + each.expected() + "; ");
      }
      for (RecordedEvent each : matching) {
        text.append(each.type())
            .append(" at ")
            .append(each.position().toText())
            .append(" matches what must not be there; ");
      }
      if (required) {
        text.append("what was required doesn't hold; ");
      }
      return text.append("nothing was appended").toString();
    }
  }

  /** One of three answers, by what became of it. */
  default <R> R match(
      Function<? super Appended, ? extends R> appended,
      Function<? super AlreadyAppended, ? extends R> already,
      Function<? super Conflict, ? extends R> conflict) {
    if (this instanceof Appended it) {
      return appended.apply(it);
    }
    return this instanceof AlreadyAppended it ? already.apply(it) : conflict.apply((Conflict) this);
  }

  /** Whether the events are there: now, or since before. */
  default boolean isAppended() {
    return !(this instanceof Conflict);
  }

  /**
   * The position of the last event.
   *
   * @throws QuorateException.Conflict with {@link ErrorCode#STATE_MOVED} if nothing was appended
   */
  default Position orThrow() {
    return match(
        Appended::position,
        AlreadyAppended::position,
        conflict -> {
          throw QuorateException.of(ErrorCode.STATE_MOVED, conflict.describe());
        });
  }
}
