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
  private final SparseLog failures =
      new SparseLog(System.getLogger(Answers.class.getName()), System.Logger.Level.ERROR);

  private final Loop loop;
  private @Nullable Error error;

  Answers(Loop loop) {
    this.loop = loop;
  }

  <T> void done(Reply<? super T> reply, T result) {
    try {
      reply.done(result);
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  void refused(Reply<?> reply, Refusal why) {
    try {
      reply.refused(why);
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  void passed(Barrier barrier) {
    try {
      barrier.passed();
    } catch (RuntimeException | Error e) {
      failed(e);
    }
  }

  void refused(Barrier barrier, Refusal why) {
    try {
      barrier.refused(why);
    } catch (RuntimeException | Error e) {
      failed(e);
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

  private void failed(Throwable thrown) {
    if (!(thrown instanceof Error broken)) {
      failures.log(loop.now(), "who waited for an answer failed", thrown);
    } else if (error == null) {
      error = broken;
    }
  }
}
