package io.quorate.client;

import io.quorate.base.QuorateException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The token that stands for the user: got when it is first needed, shared by all calls, and got
 * anew after a member didn't take it. Where authentication is switched off there is none.
 */
final class Tokens {
  /**
   * So many new tokens refused in a row are no accident. One isn't enough: the next may be another
   * call's, as old as the first, or be forgotten by a member that restarts just then.
   */
  static final int REFUSALS_MAX = 4;

  private final Calls calls;
  private final Credentials credentials;
  private @Nullable CompletableFuture<String> present;

  /**
   * Gets tokens.
   *
   * @param calls without tokens
   */
  Tokens(Calls calls, Credentials credentials) {
    this.calls = calls;
    this.credentials = credentials;
  }

  /** The token, or an empty text if none is needed. */
  synchronized CompletableFuture<String> token() {
    if (present == null || present.isCompletedExceptionally()) {
      present =
          calls
              .read(Auth.AUTHENTICATE, Encode.texts(credentials.user(), credentials.password()))
              .exceptionally(Tokens::noneIfOff);
    }
    return present;
  }

  /** This token was refused. Another call may have got the next one meanwhile: that is kept. */
  synchronized void drop(String refused) {
    if (present != null
        && present.isDone()
        && !present.isCompletedExceptionally()
        && present.join().equals(refused)) {
      present = null;
    }
  }

  private static String noneIfOff(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof QuorateException known
        && "etcdserver: authentication is not enabled".equals(known.getMessage())) {
      return "";
    }
    throw cause instanceof QuorateException known ? known : new CompletionException(cause);
  }
}
