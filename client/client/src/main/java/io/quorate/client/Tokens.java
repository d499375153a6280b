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

  /** The present token is not taken any more. */
  synchronized void drop() {
    if (present != null && present.isDone()) { // one on its way is a new one
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
