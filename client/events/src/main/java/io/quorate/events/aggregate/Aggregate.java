package io.quorate.events.aggregate;

import io.quorate.recipes.ids.Uuid7;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One stream's state, with what is going to be appended to it. Not for use by several threads.
 *
 * @param <S> the state
 * @param <E> the events
 */
public final class Aggregate<S, E> {
  private final String id;
  private final Evolver<S, E> evolver;
  private final List<E> pending = new ArrayList<>();
  private S state;
  private long version;

  /** At which the stream's last append took effect; 0 if it has none. */
  private long revision;

  /** How many events were loaded behind the snapshot, or were appended since. */
  private long sinceSnapshot;

  /** Of the append by which what is pending is saved, so that to save it again is no other. */
  private @Nullable UUID saving;

  Aggregate(String id, Evolver<S, E> evolver, S state, long version, long revision) {
    this.id = id;
    this.evolver = evolver;
    this.state = state;
    this.version = version;
    this.revision = revision;
  }

  /** Which it is within its category. */
  public String id() {
    return id;
  }

  /** Of the last event that was appended; 0 if none was. */
  public long version() {
    return version;
  }

  /** What its events add up to, with those that are pending. */
  public S state() {
    return state;
  }

  /** What happened to it since it was loaded, and isn't appended yet. */
  public List<E> pending() {
    return List.copyOf(pending);
  }

  /** Something happens to it: its state is what comes of it, and it is pending. */
  public void apply(E event) {
    state = evolver.evolve(state, event);
    pending.add(event);
    saving = null;
  }

  long revision() {
    return revision;
  }

  long sinceSnapshot() {
    return sinceSnapshot;
  }

  /** An event that is in the stream. */
  void replay(E event, long version, long revision) {
    state = evolver.evolve(state, event);
    this.version = version;
    this.revision = revision;
    sinceSnapshot++;
  }

  /** The id of the append by which what is pending is saved: the same until more is pending. */
  UUID saving() {
    UUID present = saving;
    if (present == null) {
      present = Uuid7.next();
      saving = present;
    }
    return present;
  }

  /** The first of what was pending is in the stream now. */
  void appended(int events, long version, long revision) {
    sinceSnapshot += events;
    pending.subList(0, events).clear();
    saving = null;
    this.version = version;
    this.revision = revision;
  }

  /** It is a copy of another, as regards what was read since the last snapshot. */
  void continues(Aggregate<S, E> other) {
    sinceSnapshot = other.sinceSnapshot;
  }

  void snapshotKept() {
    sinceSnapshot = 0;
  }
}
