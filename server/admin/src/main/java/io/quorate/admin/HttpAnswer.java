package io.quorate.admin;

import io.quorate.grpc.Metadata;
import java.util.concurrent.Executor;

/**
 * The way back to the client of one request: either one {@link Page}, or a stream of bytes that is
 * begun, written and ended. On the connection's loop only. What comes after the client has gone or
 * the answer has ended is dropped.
 */
interface HttpAnswer {
  /** Answers with all of it. */
  void give(Page page);

  /** Begins an answer whose length isn't known. */
  void begin(String type, Metadata headers);

  /** Sends more of it; the array must not change. */
  void write(byte[] part);

  /** Ends an answer that was begun. */
  void end();

  /** Bytes that were written and that the client's connection hasn't taken. */
  long pendingBytes();

  /** Runs a task on the loop when less than {@code bytes} are pending, once. */
  void whenPendingBelow(long bytes, Runnable task);

  /** Looks again whether the exchange wants more of the body. */
  void readOn();

  /**
   * More of the body is due in {@code nanos}, of a conversation: or else {@link Exchange#overdue}.
   */
  void bodyDue(long nanos);

  /** No more of the body is due now. */
  void bodyMet();

  /** The connection's loop. */
  Executor loop();
}
