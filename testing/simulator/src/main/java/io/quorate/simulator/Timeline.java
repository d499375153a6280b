package io.quorate.simulator;

import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What will happen, in order: by time, and at one time in the order in which it was arranged. The
 * one thread of a world takes one event after the other; nothing else moves its time.
 *
 * <p>A binary heap over arrays, since this is the innermost loop of the simulation.
 */
public final class Timeline {
  private static final int INITIAL = 1 << 10;

  private long now;
  private long arranged;
  private long taken;
  private int size;
  private long[] times = new long[INITIAL];
  private long[] orders = new long[INITIAL];
  private @Nullable Life[] lives = new @Nullable Life[INITIAL];
  private @Nullable Runnable[] actions = new @Nullable Runnable[INITIAL];

  public Timeline(long start) {
    now = start;
  }

  /** The world's time, in nanoseconds. */
  public long now() {
    return now;
  }

  /** Events that have happened. */
  public long taken() {
    return taken;
  }

  /** Events that wait. */
  public int size() {
    return size;
  }

  /** When the next event is; {@link Long#MAX_VALUE} if there is none. */
  public long next() {
    return size == 0 ? Long.MAX_VALUE : times[0];
  }

  /** Something that may turn out not to be wanted; then it is as if it never was arranged. */
  public interface Cancellable extends Runnable {
    /** Whether nobody wants it any more. */
    boolean isCancelled();
  }

  /**
   * Arranges something.
   *
   * @param life whose it is: it doesn't happen when that is over, and not before a pause of it
   *     ends; null for what belongs to the world
   */
  public void at(long time, @Nullable Life life, Runnable action) {
    insert(Math.max(time, now), arranged++, life, action);
  }

  /** Lets the next event happen; false if there is none up to the time given. */
  public boolean step(long until) {
    while (size > 0 && times[0] <= until) {
      long time = times[0];
      long order = orders[0];
      Life life = lives[0];
      Runnable action = actions[0];
      removeFirst();
      now = Math.max(now, time);
      boolean isVoid =
          (life != null && life.isOver())
              || (action instanceof Cancellable what && what.isCancelled());
      if (isVoid) {
        continue;
      }
      if (life != null && life.pausedUntil() > now) {
        insert(life.pausedUntil(), order, life, action);
        continue;
      }
      taken++;
      if (action != null) {
        action.run();
      }
      return true;
    }
    return false;
  }

  /** Lets events happen up to a time, or until it is enough; then that time has come. */
  public void pass(long until, BooleanSupplier enough) {
    while (!enough.getAsBoolean() && step(until)) {}
    if (!enough.getAsBoolean()) {
      advanceTo(until);
    }
  }

  /** Nothing more happens before this time; it has come. */
  public void advanceTo(long time) {
    now = Math.max(now, time);
  }

  private void insert(long time, long order, @Nullable Life life, @Nullable Runnable action) {
    if (size == times.length) {
      int room = size * 2;
      times = Arrays.copyOf(times, room);
      orders = Arrays.copyOf(orders, room);
      lives = Arrays.copyOf(lives, room);
      actions = Arrays.copyOf(actions, room);
    }
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (isBefore(times[parent], orders[parent], time, order)) {
        break;
      }
      move(parent, at);
      at = parent;
    }
    set(at, time, order, life, action);
  }

  private void removeFirst() {
    int last = --size;
    long time = times[last];
    long order = orders[last];
    Life life = lives[last];
    Runnable action = actions[last];
    lives[last] = null;
    actions[last] = null;
    if (last == 0) {
      return;
    }
    int at = 0;
    while (true) {
      int child = 2 * at + 1;
      if (child >= last) {
        break;
      }
      if (child + 1 < last
          && isBefore(times[child + 1], orders[child + 1], times[child], orders[child])) {
        child++;
      }
      if (isBefore(time, order, times[child], orders[child])) {
        break;
      }
      move(child, at);
      at = child;
    }
    set(at, time, order, life, action);
  }

  private void move(int from, int to) {
    times[to] = times[from];
    orders[to] = orders[from];
    lives[to] = lives[from];
    actions[to] = actions[from];
  }

  private void set(int at, long time, long order, @Nullable Life life, @Nullable Runnable action) {
    times[at] = time;
    orders[at] = order;
    lives[at] = life;
    actions[at] = action;
  }

  private static boolean isBefore(long time, long order, long otherTime, long otherOrder) {
    return time < otherTime || (time == otherTime && order < otherOrder);
  }
}
