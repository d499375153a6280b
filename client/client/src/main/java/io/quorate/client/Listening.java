package io.quorate.client;

/** Somebody is told of changes until this is closed. */
public interface Listening extends AutoCloseable {
  /** Ends the telling; what the listener is doing just now is the last. Idempotent. */
  @Override
  void close();
}
