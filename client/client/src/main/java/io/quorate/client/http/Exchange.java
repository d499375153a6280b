package io.quorate.client.http;

import io.netty.buffer.ByteBuf;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 stream's worth of a connection: what is sent on it, and what becomes of it. Public
 * only because {@link UnaryCall} is. Everything here happens on the connection's event loop.
 */
public abstract class Exchange {
  // The connection's, from start to end.
  int streamId;
  long deadlineNanos;
  int sendWindow;
  int unacknowledged;
  int httpStatus;
  boolean blocked;

  // The channel's, while it looks for a member.
  String endpoint = "";
  int endpointsTried;
  @Nullable GrpcConnection connection;

  Exchange() {}

  /** Which method is called. */
  protected abstract MethodName method();

  /** How long it may take from its start on, in nanoseconds; 0 for no limit. */
  protected abstract long timeoutNanos();

  /** What goes beside the request. */
  protected Metadata metadata() {
    return Metadata.EMPTY;
  }

  /**
   * It is over. A unary call may be started again from here.
   *
   * @param detail the peer's words or the connection's; empty if it ended well
   */
  protected abstract void ended(StatusCode status, String detail, Fate fate);

  /** The member to be passed over if there is another. */
  String avoid() {
    return "";
  }

  /** The member to be tried first. */
  String prefer() {
    return "";
  }

  /** Whether the caller has lost interest. */
  boolean isCancelled() {
    return false;
  }

  /** Whether everything was sent, and the peer told that it was. */
  abstract boolean isSent();

  /** Whether so much was sent that the peer can have acted on it. */
  abstract boolean mayBeProcessed();

  /** How much could be sent now. */
  abstract int unsentBytes();

  /** Whether nothing comes behind the unsent bytes. */
  abstract boolean endsWithThese();

  /** Appends the next {@code count} unsent bytes, prefixes included. */
  abstract void writeTo(ByteBuf out, int count);

  /**
   * Takes in a piece of the response.
   *
   * @return what is wrong with it, or null
   */
  abstract @Nullable String received(ByteBuf data, int responseBytesMax);

  /** How much of what was received waits for a reader: it isn't given back to the window yet. */
  abstract int heldBytes();

  /** Whether a good end would come too early now. */
  abstract boolean lacksMessage();

  void begin(int id, int window) {
    streamId = id;
    sendWindow = window;
    unacknowledged = 0;
    httpStatus = 0;
    blocked = false;
  }
}
