package io.quorate.recipes;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that is used by who holds a lock, and turns away who held it before: what a resource
 * does that is safe under a lock which can be lost. For tests, and as a pattern for resources that
 * live in one process.
 *
 * <p>Safe for use by many threads.
 */
public final class FencedResource {
  private @Nullable FencingToken last;

  /**
   * Uses it.
   *
   * @throws QuorateException.Conflict with {@link ErrorCode#OWNERSHIP_LOST} if it was used with a
   *     later token before
   */
  public synchronized <T> T use(FencingToken token, Supplier<? extends T> work) {
    FencingToken latest = last;
    if (latest != null && latest.isAfter(token)) {
      throw QuorateException.of(
          ErrorCode.OWNERSHIP_LOST,
          "the token " + token.toText() + " is older than " + latest.toText());
    }
    last = token;
    return work.get();
  }
}
