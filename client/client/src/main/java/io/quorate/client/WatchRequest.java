package io.quorate.client;

import io.quorate.base.Bytes;

/**
 * Which changes are to be told.
 *
 * @param rangeEnd as in {@link Range#rangeEnd}
 * @param startRevision tell all changes from this revision on; 0 for what happens from now on
 * @param prevKv whether events bring what was there before
 * @param progressNotify whether a quiet watch says now and then how far it is
 * @param noPut leave writes out
 * @param noDelete leave deletions out
 */
public record WatchRequest(
    Bytes key,
    Bytes rangeEnd,
    long startRevision,
    boolean prevKv,
    boolean progressNotify,
    boolean noPut,
    boolean noDelete) {

  /** One key. */
  public static WatchRequest key(Bytes key) {
    return between(key, Bytes.EMPTY);
  }

  /** One key, as UTF-8. */
  public static WatchRequest key(String key) {
    return key(Bytes.utf8(key));
  }

  /** All keys that begin with {@code prefix}; all keys if it is empty. */
  public static WatchRequest prefix(Bytes prefix) {
    return prefix.isEmpty()
        ? between(Keys.ZERO, Keys.ZERO)
        : between(prefix, Keys.prefixEnd(prefix));
  }

  /** All keys that begin with {@code prefix}, as UTF-8. */
  public static WatchRequest prefix(String prefix) {
    return prefix(Bytes.utf8(prefix));
  }

  /** From one key up to, not including, another. */
  public static WatchRequest between(Bytes from, Bytes to) {
    return new WatchRequest(from, to, 0, false, false, false, false);
  }

  /** The same, from this revision on. */
  public WatchRequest from(long revision) {
    return new WatchRequest(key, rangeEnd, revision, prevKv, progressNotify, noPut, noDelete);
  }

  /** The same, and events bring what was there before. */
  public WatchRequest withPrevKv() {
    return new WatchRequest(key, rangeEnd, startRevision, true, progressNotify, noPut, noDelete);
  }

  /** The same, without writes: only what is deleted is told. */
  public WatchRequest withoutPuts() {
    return new WatchRequest(key, rangeEnd, startRevision, prevKv, progressNotify, true, noDelete);
  }

  /** The same, and a quiet watch says now and then how far it is. */
  public WatchRequest withProgressNotify() {
    return new WatchRequest(key, rangeEnd, startRevision, prevKv, true, noPut, noDelete);
  }
}
