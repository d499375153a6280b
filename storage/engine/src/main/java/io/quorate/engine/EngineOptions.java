package io.quorate.engine;

import io.quorate.base.Checks;

/**
 * What one engine is told at its opening.
 *
 * @param cachedPrefix first byte (0 to 255) of the rows that the cache of newest rows covers, or
 *     {@link #NONE}
 * @param cacheBytesMax bound of that cache, keys, values and bookkeeping together
 * @param orderedPrefix first byte of the rows that come, mostly, in ascending order, and are kept
 *     in files of their own; or {@link #NONE}. It says how a directory is made; one that holds rows
 *     stays as it was made
 * @param seed hidden from clients, so that they can't choose rows that collide in the cache; it
 *     never changes what is read
 */
public record EngineOptions(int cachedPrefix, long cacheBytesMax, int orderedPrefix, long seed) {
  /** In place of a prefix: no row. */
  public static final int NONE = -1;

  /** What the cache may take where nobody says otherwise. */
  public static final long CACHE_BYTES_DEFAULT = 32L << 20;

  public EngineOptions {
    Checks.that(cachedPrefix >= NONE && cachedPrefix <= 0xff, "cached=%d", cachedPrefix);
    Checks.that(cacheBytesMax >= 0, "cacheBytesMax=%d", cacheBytesMax);
    Checks.that(orderedPrefix >= NONE && orderedPrefix <= 0xff, "ordered=%d", orderedPrefix);
  }

  /** Without a cache, and all rows in the same files. */
  public static EngineOptions plain() {
    return new EngineOptions(NONE, 0, NONE, 0);
  }

  /** With a cache of the default size over the rows that begin with {@code prefix}. */
  public static EngineOptions cached(int prefix, long seed) {
    return new EngineOptions(prefix, CACHE_BYTES_DEFAULT, NONE, seed);
  }

  /** The same, and the rows that begin with {@code prefix} in files of their own. */
  public EngineOptions ordered(int prefix) {
    return new EngineOptions(cachedPrefix, cacheBytesMax, prefix, seed);
  }
}
