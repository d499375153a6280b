package io.quorate.node;

import io.quorate.base.Checks;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The watchers of one client that share one way to it: one connection's flow control bounds them
 * all. Made by {@link Watches#open}; used on the loop.
 */
public final class WatchStream {
  private final WatchHub hub;
  final WatchSink sink;
  private final TreeMap<Long, Watcher> watchers = new TreeMap<>();

  /**
   * Those who have something to hear that is past already, by their place in the order to serve
   * them: a client may leave any of many, and none is looked for.
   */
  private final TreeMap<Long, Watcher> lagging = new TreeMap<>();

  private long lastPlace;

  /** Whether it is on the hub's list to be served. */
  boolean queued;

  boolean closed;

  WatchStream(WatchHub hub, WatchSink sink) {
    this.hub = hub;
    this.sink = sink;
  }

  /**
   * Adds a watcher. It hears nothing before the next turn of the loop.
   *
   * @param id its number, which no other watcher of this stream has
   * @param startRevision from which revision on it wants to hear, past or future; 0 for from now on
   */
  public Watcher watch(long id, WatchSpec spec, long startRevision) {
    Checks.that(!closed && !watchers.containsKey(id), "watch id=%d", id);
    Checks.that(startRevision >= 0, "startRevision=%d", startRevision);
    Watcher watcher = new Watcher(this, id, spec, startRevision);
    watchers.put(id, watcher);
    hub.added(watcher);
    return watcher;
  }

  /** The watcher of a number, or null. */
  public @Nullable Watcher find(long id) {
    return watchers.get(id);
  }

  /** Its watchers, in the order of their numbers; a view that changes with them. */
  public Collection<Watcher> watchers() {
    return Collections.unmodifiableCollection(watchers.values());
  }

  /** Ends a watcher: it hears nothing more. */
  public void cancel(Watcher watcher) {
    watchers.remove(watcher.id());
    hub.removed(watcher);
  }

  /** The sink is ready again after it was not. */
  public void ready() {
    hub.serveSoon(this);
  }

  /**
   * Whether all of its watchers have been sent everything up to the store's revision, and none
   * waits for a revision that is yet to come.
   */
  public boolean isSynced() {
    for (Watcher watcher : watchers.values()) {
      if (!watcher.isSynced()) {
        return false;
      }
    }
    return true;
  }

  long revision() {
    return hub.revision();
  }

  boolean hasToldAll() {
    return hub.hasToldAll();
  }

  /** Ends the stream and all of its watchers. */
  public void close() {
    if (!closed) {
      closed = true;
      for (Watcher watcher : watchers.values()) {
        hub.removed(watcher);
      }
      watchers.clear();
      hub.closed(this);
    }
  }

  // ---- who lags --------------------------------------------------------------------------------

  boolean hasLagging() {
    return !lagging.isEmpty();
  }

  /** A watcher is served after all others. */
  void serveLast(Watcher watcher) {
    watcher.place = ++lastPlace;
    lagging.put(watcher.place, watcher);
  }

  /** A watcher is served before all others. */
  void serveFirst(Watcher watcher) {
    watcher.place = lagging.isEmpty() ? ++lastPlace : lagging.firstKey() - 1;
    lagging.put(watcher.place, watcher);
  }

  /** Takes the next that is to be served; null if there is none. */
  @Nullable Watcher takeLagging() {
    Map.Entry<Long, Watcher> first = lagging.pollFirstEntry();
    return first == null ? null : first.getValue();
  }

  /** A watcher isn't to be served, if it was. */
  void serveNot(Watcher watcher) {
    lagging.remove(watcher.place, watcher);
  }

  /** A watcher has ended by itself. */
  void forget(Watcher watcher) {
    watchers.remove(watcher.id());
  }
}
