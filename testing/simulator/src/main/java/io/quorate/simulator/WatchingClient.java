package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.kv.Event;
import io.quorate.kv.KeyRange;
import io.quorate.node.EventBatch;
import io.quorate.node.Replica;
import io.quorate.node.WatchSink;
import io.quorate.node.WatchSpec;
import io.quorate.node.WatchStream;
import io.quorate.node.Watcher;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client with a stream of watchers at one member after the other. It reads as it likes, and goes
 * on where it had come to when the stream ends.
 *
 * <p>Each watcher must hear what {@link Truth} says that was done in its range, every revision
 * whole and once, in order.
 */
final class WatchingClient {
  private static final long MILLIS = 1_000_000L;
  private static final long SECOND = 1_000 * MILLIS;

  private final World world;
  private final Group group;
  private final Chance chance;
  private final List<Heard> watchers = new ArrayList<>();

  private @Nullable Host host;
  private @Nullable Life life;
  private @Nullable WatchStream stream;

  /** How many batches it takes yet before it has to think. */
  private int room;

  /** A watcher, and how far it has heard. */
  private static final class Heard {
    final WatchSpec spec;

    /** All below is heard; 0 as long as it never watched. */
    long next;

    /** Up to here it wants nothing of what was done since. */
    long clear;

    Heard(WatchSpec spec) {
      this.spec = spec;
    }
  }

  WatchingClient(World world, Group group, Chance chance, int keys) {
    this.world = world;
    this.group = group;
    this.chance = chance;
    for (long i = chance.between(1, 3); i > 0; i--) {
      Bytes key = Bytes.utf8("k" + (char) ('a' + chance.below(keys) % 26) + chance.below(3));
      Bytes end =
          switch (chance.below(3)) {
            case 0 -> Bytes.EMPTY;
            case 1 -> Bytes.utf8("l");
            default -> KeyRange.UNBOUNDED;
          };
      watchers.add(
          new Heard(new WatchSpec(key, end, !chance.oneIn(8), !chance.oneIn(8), chance.oneIn(2))));
    }
  }

  /** Begins to watch, and looks after itself from then on. */
  void start() {
    Timeline timeline = world.timeline();
    timeline.at(timeline.now() + 1 + chance.exponential(SECOND / 2), null, this::look);
  }

  private void look() {
    Life of = life;
    if (stream == null || of == null || of.isOver()) {
      stream = null;
      connect();
    } else if (chance.oneIn(20) || isGivenUp(host)) {
      leave();
    }
    start();
  }

  /** In the end nobody stays with a member that is down or cut off for good. */
  private boolean isGivenUp(@Nullable Host at) {
    return world.isHealing() && at != null && !world.asked().contains(at.member());
  }

  private void connect() {
    Host at = world.host(chance.oneOf(world.asked()));
    if (!at.isUp()) {
      return;
    }
    host = at;
    life = at.life();
    world.timeline().at(world.timeline().now(), at.life(), () -> open(at));
  }

  private void open(Host at) {
    Replica replica = at.replica(group.number());
    if (stream != null || replica == null || !replica.hasState()) {
      return;
    }
    try {
      WatchStream opened = replica.watches().open(new Sink());
      stream = opened;
      room = 1 + chance.below(20);
      for (int i = 0; i < watchers.size(); i++) {
        Heard heard = watchers.get(i);
        opened.watch(i, heard.spec, heard.next == 0 ? begin(heard, replica) : heard.next);
      }
      world.coverage().reached(Probe.WATCHED);
    } catch (QuorateException e) {
      stream = null; // it has no state to tell of
    }
  }

  /**
   * Where one begins that never watched: with the next revision, with the last, or with the first.
   */
  private long begin(Heard heard, Replica replica) {
    long revision = replica.latest().revision();
    long start =
        switch (chance.below(4)) {
          case 0 -> Math.max(2, revision);
          case 1 -> 2;
          default -> 0;
        };
    heard.next = start == 0 ? revision + 1 : start;
    return start;
  }

  /** The client's end of the connection is closed; the member hears of it. */
  private void leave() {
    WatchStream left = stream;
    Host at = host;
    stream = null;
    if (left != null && at != null) {
      world.timeline().at(world.timeline().now(), life, left::close);
    }
  }

  /** Whether everything that was done has been heard. */
  boolean hasHeardAll() {
    for (Heard heard : watchers) {
      if (heard.next == 0 || !isClear(heard)) {
        return false;
      }
    }
    return true;
  }

  private boolean isClear(Heard heard) {
    for (long at = Math.max(heard.next, heard.clear + 1); at <= group.truth().revision(); at++) {
      if (group.truth().eventsAt(at).stream().anyMatch(each -> wants(heard.spec, each))) {
        return false;
      }
      heard.clear = at;
    }
    return true;
  }

  private static boolean wants(WatchSpec spec, Event event) {
    return (event.delete() ? spec.deletes() : spec.puts())
        && KeyRange.contains(spec.key(), spec.rangeEnd(), event.kv().key());
  }

  private List<Event> expected(Heard heard, long upTo) {
    List<Event> expected = new ArrayList<>();
    for (long at = heard.next; at <= Math.min(upTo, group.truth().revision()); at++) {
      for (Event event : group.truth().eventsAt(at)) {
        if (wants(heard.spec, event)) {
          expected.add(event);
        }
      }
    }
    return expected;
  }

  /** The member's end of the connection. */
  private final class Sink implements WatchSink {
    private boolean ended;

    @Override
    public boolean isReady() {
      return room > 0;
    }

    @Override
    public void events(Watcher watcher, long revision, EventBatch batch) {
      if (watcher.stream() != stream) {
        return; // nobody reads it any more
      }
      Heard heard = watchers.get((int) watcher.id());
      List<Event> expected = expected(heard, batch.lastRevision());
      String wrong = wrong(expected, batch.events());
      if (!wrong.isEmpty() || revision < batch.lastRevision()) {
        world.violation(
            "a watcher from %d of %s heard %s at revision %d, not %s: %s"
                .formatted(heard.next, heard.spec, batch.events(), revision, expected, wrong));
      }
      heard.next = batch.lastRevision() + 1;
      if (--room == 0) {
        world.coverage().reached(Probe.SLOW_WATCHER);
        long pause = chance.oneIn(10) ? 5 * SECOND : SECOND / 10;
        Timeline timeline = world.timeline();
        WatchStream of = watcher.stream();
        timeline.at(timeline.now() + 1 + chance.exponential(pause), life, () -> goOn(of));
      }
    }

    private void goOn(WatchStream of) {
      if (!ended && of == stream) {
        room = 1 + chance.below(20);
        of.ready();
      }
    }

    /** What doesn't agree; a version before may be gone with a compaction. */
    private String wrong(List<Event> expected, List<Event> events) {
      if (expected.size() != events.size()) {
        return expected.size() + " were expected, " + events.size() + " came";
      }
      for (int i = 0; i < events.size(); i++) {
        Event is = events.get(i);
        Event must = expected.get(i);
        boolean before =
            is.prevKv() == null
                ? must.prevKv() == null || is.kv().modRevision() <= group.truth().compacted()
                : is.prevKv().equals(must.prevKv());
        if (is.delete() != must.delete() || !is.kv().equals(must.kv()) || !before) {
          return is + " is not " + must;
        }
      }
      return "";
    }

    @Override
    public void compacted(Watcher watcher, long compactedRevision) {
      if (watcher.stream() != stream) {
        return;
      }
      Heard heard = watchers.get((int) watcher.id());
      if (heard.next >= compactedRevision || compactedRevision > group.truth().compacted()) {
        world.violation(
            "a watcher from %d was told that all below %d is compacted; it was %d"
                .formatted(heard.next, compactedRevision, group.truth().compacted()));
      }
      world.coverage().reached(Probe.WATCH_COMPACTED);
      heard.next = compactedRevision;
      leave(); // and begin again from there
    }

    @Override
    public void ended() {
      ended = true;
      stream = null;
    }
  }
}
