package io.quorate.engine;

import io.quorate.base.Checks;

/**
 * What one engine is told at its opening.
 *
 * @param cachedPrefix first byte (0 to 255) of the rows that the cache of newest rows covers, or
 *     {@link #NO_CACHE}
 * @param cacheBytesMax bound of that cache, keys, values and bookkeeping together
 * @param seed hidden from clients, so that they can't choose rows that collide in the cache; it
 *     never changes what is read
 */
public record EngineOptions(int cachedPrefix, long cacheBytesMax, long seed) {
  /** No row is cached. */
  public static final int NO_CACHE = -1;

  /** What the cache may take where nobody says otherwise. */
  public static final long CACHE_BYTES_DEFAULT = 32L << 20;

  public EngineOptions {
    Checks.that(cachedPrefix >= NO_CACHE && cachedPrefix <= 0xff, "prefix=%d", cachedPrefix);
    Checks.that(cacheBytesMax >= 0, "cacheBytesMax=%d", cacheBytesMax);
  }

  /** Without a cache. */
  public static EngineOptions plain() {
    return new EngineOptions(NO_CACHE, 0, 0);
  }

  /** With a cache of the default size over the rows that begin with {@code prefix}. */
  public static EngineOptions cached(int prefix, long seed) {
    return new EngineOptions(prefix, CACHE_BYTES_DEFAULT, seed);
  }
}
