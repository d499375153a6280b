package io.quorate.node;

import org.jspecify.annotations.Nullable;

/**
 * Hands answers to whoever waits for them, each for itself: a receiver that throws takes none of
 * the others' answers with it.
 *
 * <p>An exception is the receiver's own matter, and logged sparsely. An error is a broken
 * invariant: the others are answered first, then {@link #end} throws it, and the group stops. Used
 * on the group's loop.
 */
final class Answers {
  private static final System.Logger LOG = System.getLogger(Answers.class.getName());

  private static final long LOG_NANOS = 10_000_000_000L;

  private final Loop loop;
  private @Nullable Error error;
  private boolean logged;
  private long lastLogged;
  private long leftOut;

  Answers(Loop loop) {
    this.loop = loop;
  }

  <T> void done(Reply<? super T> reply, T result) {
    try {
      reply.done(result);
    } catch (RuntimeException e) {
      log(e);
    } catch (Error e) {
      keep(e);
    }
  }

  void refused(Reply<?> reply, Refusal why) {
    try {
      reply.refused(why);
    } catch (RuntimeException e) {
      log(e);
    } catch (Error e) {
      keep(e);
    }
  }

  void passed(Barrier barrier) {
    try {
      barrier.passed();
    } catch (RuntimeException e) {
      log(e);
    } catch (Error e) {
      keep(e);
    }
  }

  void refused(Barrier barrier, Refusal why) {
    try {
      barrier.refused(why);
    } catch (RuntimeException e) {
      log(e);
    } catch (Error e) {
      keep(e);
    }
  }

  /** All answers of a turn are out: throws the first error that a receiver ended in. */
  void end() {
    Error first = error;
    if (first != null) {
      error = null;
      throw first;
    }
  }

  private void keep(Error e) {
    if (error == null) {
      error = e;
    }
  }

  private void log(RuntimeException e) {
    long now = loop.now();
    if (logged && now - lastLogged < LOG_NANOS) {
      leftOut++;
      return;
    }
    LOG.log(System.Logger.Level.ERROR, "who waited for an answer failed left_out=" + leftOut, e);
    logged = true;
    lastLogged = now;
    leftOut = 0;
  }
}
