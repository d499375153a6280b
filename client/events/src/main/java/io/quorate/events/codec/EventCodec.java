package io.quorate.events.codec;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.NewEvent;
import io.quorate.events.RecordedEvent;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * How an application's events become what is appended, and what was appended its events. Safe for
 * use by many threads.
 *
 * @param <E> the application's events: usually a sealed interface of records
 */
public interface EventCodec<E> {
  /**
   * An event as it is appended.
   *
   * @throws QuorateException.Rejected with {@link ErrorCode#INVALID_REQUEST} if it can't be
   */
  NewEvent encode(E event);

  /**
   * An event that was appended, whatever form it had then. Not without {@link #prepareToDecode}
   * before, where {@link #isEncrypted} tells that it needs it.
   *
   * @throws QuorateException.Rejected with {@link ErrorCode#VALUE_UNREADABLE} if it is of no form
   *     that is known here; the message says which event it is
   */
  E decode(RecordedEvent event);

  /**
   * An event that was appended, when this has got ready for it: what consumers, projections and
   * listeners need that may get encrypted ones.
   *
   * @return completes as {@link #decode} answers, or with why that couldn't be got ready
   */
  default CompletableFuture<E> decodeAsync(RecordedEvent event) {
    return prepareToDecode(List.of(event)).thenApply(ready -> decode(event));
  }

  /** Whether some of what it writes can't be read any more when a key is erased. */
  default boolean isEncrypted() {
    return false;
  }

  /** Gets ready to decode these; to be waited for before that. Does nothing for most. */
  default CompletableFuture<Void> prepareToDecode(Collection<RecordedEvent> events) {
    return CompletableFuture.completedFuture(null);
  }

  /** Gets ready to encode these; to be waited for before that. Does nothing for most. */
  default CompletableFuture<Void> prepareToEncode(Collection<? extends E> events) {
    return CompletableFuture.completedFuture(null);
  }
}
