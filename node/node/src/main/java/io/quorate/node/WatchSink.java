package io.quorate.node;

/**
 * Where a stream's watchers send what they hear: a client's connection. Called on the loop, and
 * never calls back into the stream from within.
 */
public interface WatchSink {
  /**
   * Whether more may be sent. While it is false nothing is sent; {@link WatchStream#ready} says
   * when it is true again.
   */
  boolean isReady();

  /**
   * Events for a watcher: all that it wants up to the last one's revision, since what it had
   * before.
   *
   * @param revision the store's revision by now
   */
  void events(Watcher watcher, long revision, EventBatch batch);

  /**
   * What a watcher should hear next has been compacted away; the watcher has ended.
   *
   * @param compactedRevision the oldest revision from which one can watch
   */
  void compacted(Watcher watcher, long compactedRevision);

  /** The stream has ended, since this member's replica has. */
  void ended();
}
