package io.quorate.node;

/**
 * Where a replica's changes are watched. Served by every member from what it has applied itself.
 *
 * <p>What a watcher hears is in the order of revisions, each event once, and all that it wants of a
 * revision at once. Who is slow delays nobody and costs no memory: what it has missed it gets from
 * the store, at its own pace. Used on the loop.
 */
public interface Watches {
  /** Opens a stream without watchers; whoever opens it closes it. */
  WatchStream open(WatchSink sink);

  /** How many watchers there are. */
  int watchers();

  /** How many of them have something to hear that is past already. */
  int laggingWatchers();

  /** How many streams there are. */
  int streams();

  /** How many events were sent so far. */
  long eventsSent();
}
