package io.quorate.node;

import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.kv.Lease;
import io.quorate.kv.LeaseCheckpointRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * The leader's clocks of the leases: how much time each has, and which have none left.
 *
 * <p>Only the leader counts, from the moment on at which it has applied an entry of its own term:
 * then it has all leases that were granted before, and each begins with all its time, or with what
 * the last checkpoint says. What it decides (a lease's end, a checkpoint) is proposed under its
 * term, and counts in no other.
 *
 * <p>A lease never ends before its time has passed on this clock, which is monotonic. Time in which
 * this member did nothing (it was stopped, or its machine slept) doesn't count, since nobody could
 * have renewed anything. So a lease ends within its TTL after it was renewed last, plus such
 * pauses, plus what it takes to agree on its end.
 *
 * <p>Costs: renewing is two assignments. Each lease is in one heap by a time at which it may end at
 * the earliest; only when that comes it is looked at whether it was renewed meanwhile. So 100,000
 * leases take no scan. Ends are proposed in batches, one at a time.
 *
 * <p>Used on the loop.
 */
final class Lessor {
  /** How often it is looked whether this member has stood still, while there are leases. */
  private static final long LOOK_NANOS = 500_000_000L;

  /** A turn that comes later than planned by more than this has stood still. */
  private static final long PAUSE_NANOS = 1_000_000_000L;

  /** How often what is left of a long lease is told to all members; also etcd's default. */
  private static final long CHECKPOINT_NANOS = 300_000_000_000L;

  private static final long SECOND = 1_000_000_000L;

  /** How a lease ends, and how the others learn how much of it is left. */
  interface Proposals {
    /**
     * Has the ends of leases agreed on; {@link Lessor#expiryDone} follows, whatever becomes of it.
     */
    void expire(long term, List<Long> ids);

    /**
     * Has it agreed on how much of some leases is left; {@link Lessor#checkpointDone} follows,
     * whatever becomes of it.
     */
    void checkpoint(long term, List<LeaseCheckpointRequest.Remaining> remaining);
  }

  /** A lease's clock. */
  private static final class Clock {
    final long id;
    final long ttlSeconds;

    /** When it ends, in lease time. */
    long end;

    /** Where it is in the heap: never after {@link #end}, unless it ends. */
    long heapEnd;

    /** Its end is being agreed on. */
    boolean ending;

    boolean gone;

    /** The others believe that less than all of it is left. */
    boolean checkpointed;

    /** It was renewed, and the others are to hear that all of it is left. */
    boolean takingBack;

    Clock(Lease lease, long end) {
      this.id = lease.id();
      this.ttlSeconds = lease.ttlSeconds();
      this.checkpointed = lease.remainingSeconds() > 0;
      this.end = end;
      this.heapEnd = end;
    }
  }

  private record End(long id, long at) {}

  private static final Comparator<Clock> BY_END =
      Comparator.<Clock>comparingLong(clock -> clock.heapEnd)
          .thenComparing((a, b) -> Long.compare(a.id, b.id));

  private final Proposals proposals;
  private final boolean checkpoints;
  private final TreeMap<Long, Clock> clocks = new TreeMap<>();
  private final PriorityQueue<Clock> heap = new PriorityQueue<>(BY_END);

  /** Whose end is being agreed on. */
  private final List<Clock> endings = new ArrayList<>();

  /** Renewed leases of which the others are to hear that all of it is left. */
  private final List<LeaseCheckpointRequest.Remaining> taken = new ArrayList<>();

  /** The term in which this member leads and counts, or 0. */
  private long term;

  private boolean expiring;
  private long nextCheckpoint;

  /** When this was last called while there was something to count. */
  private long seen;

  /** How long this member has stood still: lease time is the loop's less this. */
  private long paused;

  /**
   * @param checkpoints whether what is left of long leases is told to all members
   */
  Lessor(Proposals proposals, boolean checkpoints) {
    this.proposals = proposals;
    this.checkpoints = checkpoints;
  }

  /** The term in which this member counts, or 0 if it doesn't. */
  long term() {
    return term;
  }

  /** How many leases are counted. */
  int size() {
    return clocks.size();
  }

  /** How many entries the heap of ends has; some may be of leases that are gone. */
  int waiting() {
    return heap.size();
  }

  /** This member leads a term, and has applied all that was agreed on before. */
  void lead(long now, long newTerm, Collection<Lease> leases) {
    Checks.that(newTerm > term, "term %d after %d", newTerm, term);
    follow();
    term = newTerm;
    seen = now;
    nextCheckpoint = now + CHECKPOINT_NANOS;
    for (Lease lease : leases) {
      add(now, lease, lease.secondsFromNewLeader());
    }
  }

  /** This member doesn't lead any more. */
  void follow() {
    term = 0;
    expiring = false;
    endings.clear();
    taken.clear();
    clocks.clear();
    heap.clear();
  }

  /** A lease was granted. */
  void granted(long now, Lease lease) {
    if (term != 0) {
      if (clocks.isEmpty()) {
        seen = now;
      }
      add(now, lease, lease.ttlSeconds());
    }
  }

  /** A lease has ended. */
  void ended(long id) {
    Clock clock = clocks.remove(id);
    if (clock != null) {
      clock.gone = true;
      if (clocks.isEmpty()) {
        heap.clear(); // nothing is left to count, and nothing may wake who has nothing to count
      } else if (heap.size() > 2 * clocks.size() + 1_024) {
        heap.removeIf(each -> each.gone);
      }
    }
  }

  /**
   * Gives a lease all its time again, if there is such a lease.
   *
   * <p>Of a lease of which the others believe that less is left the renewal may be told only when
   * they have heard of it: a leader that came after this one would let it end too soon. See {@link
   * #takeBackCheckpoints}.
   *
   * @return whether that may be told; if not, it is to be asked again
   */
  boolean renew(long now, long id) {
    Clock clock = clocks.get(id);
    if (clock == null) {
      return true;
    }
    if (clock.ending) {
      return false; // what a renewal would be worth isn't known yet
    }
    clock.end = leaseTime(now) + clock.ttlSeconds * SECOND;
    if (!clock.checkpointed) {
      return true;
    }
    if (!clock.takingBack) {
      clock.takingBack = true;
      taken.add(new LeaseCheckpointRequest.Remaining(id, 0));
    }
    return false;
  }

  /** Has the others hear of the renewed leases of which they believe that less is left. */
  void takeBackCheckpoints() {
    for (int from = 0; from < taken.size(); from += Limits.EXPIRED_LEASES_MAX) {
      int to = Math.min(taken.size(), from + Limits.EXPIRED_LEASES_MAX);
      proposals.checkpoint(term, List.copyOf(taken.subList(from, to)));
    }
    taken.clear();
  }

  /** What was proposed of leases' rests, in a term, is agreed on or may be lost. */
  void checkpointDone(
      long ofTerm, List<LeaseCheckpointRequest.Remaining> remaining, boolean agreed) {
    if (ofTerm != term) {
      return;
    }
    for (LeaseCheckpointRequest.Remaining each : remaining) {
      Clock clock = each.seconds() == 0 ? clocks.get(each.id()) : null;
      if (clock != null) {
        clock.takingBack = false;
        clock.checkpointed &= !agreed;
      }
    }
  }

  /** How a lease stands. */
  LeaseStanding standing(long now, long id) {
    Clock clock = clocks.get(id);
    if (clock == null) {
      return LeaseStanding.NONE;
    }
    long left = Math.max(0, clock.end - leaseTime(now));
    return new LeaseStanding(clock.ttlSeconds, left / SECOND);
  }

  /**
   * Copies the numbers of leases; the supplier puts those first that end first, on any thread, if
   * this member counts.
   */
  Supplier<long[]> byEnd(Collection<Lease> leases) {
    if (term == 0) {
      long[] ids = leases.stream().mapToLong(Lease::id).toArray();
      return () -> ids;
    }
    List<End> ends = new ArrayList<>(clocks.size());
    for (Clock clock : clocks.values()) {
      ends.add(new End(clock.id, clock.end));
    }
    return () -> {
      ends.sort(Comparator.comparingLong(End::at)); // those that end together stay in order
      return ends.stream().mapToLong(End::id).toArray();
    };
  }

  /** When {@link #tick} has something to do; {@link Long#MAX_VALUE} while there are no leases. */
  long nextDeadline() {
    Clock first = heap.peek();
    if (first == null) {
      return Long.MAX_VALUE;
    }
    long look = seen + LOOK_NANOS;
    return expiring ? look : Math.min(look, first.heapEnd + paused);
  }

  /** Time has passed. */
  void tick(long now) {
    if (clocks.isEmpty()) {
      return;
    }
    long time = leaseTime(now);
    if (!expiring) {
      expire(time);
    }
    if (checkpoints && now - nextCheckpoint >= 0) {
      nextCheckpoint = now + CHECKPOINT_NANOS;
      checkpoint(time);
    }
  }

  /** What was proposed last of ends, in a term, is agreed on or lost: the next may be. */
  void expiryDone(long now, long ofTerm) {
    if (ofTerm != term) {
      return;
    }
    expiring = false;
    for (Clock clock : endings) {
      if (!clock.gone) {
        clock.ending = false;
        heap.add(clock);
      }
    }
    endings.clear();
    tick(now);
  }

  private void expire(long time) {
    List<Long> ids = new ArrayList<>();
    while (ids.size() < Limits.EXPIRED_LEASES_MAX) {
      Clock clock = heap.peek();
      if (clock == null || clock.heapEnd - time > 0) {
        break;
      }
      heap.remove();
      if (clock.gone) {
        continue;
      }
      if (clock.end - time > 0) {
        clock.heapEnd = clock.end; // it was renewed
        heap.add(clock);
        continue;
      }
      clock.ending = true;
      endings.add(clock);
      ids.add(clock.id);
    }
    if (!ids.isEmpty()) {
      expiring = true;
      proposals.expire(term, ids);
    }
  }

  private void checkpoint(long time) {
    List<LeaseCheckpointRequest.Remaining> remaining = new ArrayList<>();
    for (Clock clock : clocks.values()) {
      if (!clock.ending && !clock.takingBack && clock.ttlSeconds * SECOND > CHECKPOINT_NANOS) {
        long left = Math.max(1, (clock.end - time) / SECOND);
        if (left < clock.ttlSeconds) {
          clock.checkpointed = true;
          remaining.add(new LeaseCheckpointRequest.Remaining(clock.id, left));
        }
      }
      if (remaining.size() == Limits.EXPIRED_LEASES_MAX) {
        proposals.checkpoint(term, remaining);
        remaining = new ArrayList<>();
      }
    }
    if (!remaining.isEmpty()) {
      proposals.checkpoint(term, remaining);
    }
  }

  private void add(long now, Lease lease, long seconds) {
    Clock clock = new Clock(lease, leaseTime(now) + seconds * SECOND);
    Clock before = clocks.put(clock.id, clock);
    Checks.that(before == null, "lease %d was granted twice", clock.id);
    heap.add(clock);
  }

  /** The time by which leases are counted. */
  private long leaseTime(long now) {
    long late = now - seen - LOOK_NANOS;
    if (late > PAUSE_NANOS) {
      paused += late;
    }
    seen = Math.max(seen, now);
    return now - paused;
  }
}
