package io.quorate.client.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A channel's stream: the handle that a caller holds, and the connection's side of it.
 *
 * <p>What arrives without being asked for is kept as it came, up to one stream's window, and given
 * back to the window when it is delivered. The end waits behind it. Fields are the event loop's.
 */
final class HttpStream extends Exchange implements StreamCall {
  private final HttpChannel channel;
  private final MethodName method;
  private final Metadata metadata;
  private final String avoid;
  private final StreamListener listener;

  private final ArrayDeque<Bytes> outbox = new ArrayDeque<>();
  private int sentOfFirst;
  private int unsentBytes;
  private boolean halfClosed;
  private boolean endSent;

  private final MessageAssembly assembly = new MessageAssembly();
  private final ByteBuf held = Unpooled.buffer(0);
  private int responseBytesMax;
  private long wanted;
  private boolean delivering;
  private @Nullable Answer end;
  private boolean over;
  private boolean cancelled;

  HttpStream(
      HttpChannel channel,
      MethodName method,
      Metadata metadata,
      String avoid,
      StreamListener listener) {
    this.channel = channel;
    this.method = method;
    this.metadata = metadata;
    this.avoid = avoid;
    this.listener = listener;
  }

  // The caller's side.

  @Override
  public void send(Bytes message) {
    int bytes = MessageAssembly.PREFIX_BYTES + message.length();
    boolean room = channel.reserve(bytes);
    act(() -> {
      if (over || end != null || halfClosed) {
        channel.release(bytes);
        return;
      }
      outbox.add(message);
      unsentBytes += bytes;
      if (!room) {
        channel.giveUp(this, StatusCode.RESOURCE_EXHAUSTED, "too many bytes of requests under way");
      } else if (connection != null) {
        connection.more(this);
      }
    });
  }

  @Override
  public void halfClose() {
    act(() -> {
      if (!over && end == null && !halfClosed) {
        halfClosed = true;
        if (connection != null) {
          connection.more(this);
        }
      }
    });
  }

  @Override
  public void request(int messages) {
    act(() -> {
      wanted += messages;
      int before = held.readableBytes();
      String wrong = deliver();
      GrpcConnection present = connection;
      if (present != null && end == null) {
        if (wrong != null) {
          present.abandon(this, StatusCode.RESOURCE_EXHAUSTED, wrong);
        } else {
          present.consumed(this, before - held.readableBytes());
        }
      }
    });
  }

  /** Also before it is on its way to any member. */
  @Override
  boolean isCancelled() {
    return cancelled;
  }

  @Override
  public void cancel() {
    act(() -> {
      if (!over) {
        cancelled = true;
        wanted = 0;
        held.clear(); // what wasn't taken isn't wanted any more
        channel.giveUp(this, StatusCode.CANCELLED, "the call was cancelled");
        var unused = deliver(); // an end that waited for a reader
      }
    });
  }

  /** On the loop, and what follows from it leaves at once. */
  private void act(Runnable step) {
    if (!channel.mustNotBlock()) {
      channel.onLoop(() -> {
        step.run();
        channel.flush();
      });
      return;
    }
    step.run();
    if (!delivering) {
      channel.flush();
    }
  }

  // The connection's side.

  @Override
  protected MethodName method() {
    return method;
  }

  @Override
  protected long timeoutNanos() {
    return 0;
  }

  @Override
  protected Metadata metadata() {
    return metadata;
  }

  @Override
  String avoid() {
    return avoid;
  }

  @Override
  boolean isSent() {
    return endSent;
  }

  /** A member may act on its headers alone. */
  @Override
  boolean mayBeProcessed() {
    return streamId != 0;
  }

  @Override
  int unsentBytes() {
    return unsentBytes;
  }

  @Override
  boolean endsWithThese() {
    return halfClosed;
  }

  @Override
  void writeTo(ByteBuf out, int count) {
    int left = count;
    while (left > 0) {
      Bytes first = outbox.getFirst();
      int whole = MessageAssembly.PREFIX_BYTES + first.length();
      if (sentOfFirst < MessageAssembly.PREFIX_BYTES) {
        out.writeByte(MessageAssembly.prefixByte(sentOfFirst++, first.length()));
        left--;
      } else {
        int at = sentOfFirst - MessageAssembly.PREFIX_BYTES;
        int part = Math.min(left, first.length() - at);
        out.writeBytes(first.array(), first.arrayOffset() + at, part);
        sentOfFirst += part;
        left -= part;
      }
      if (sentOfFirst == whole) {
        outbox.removeFirst();
        sentOfFirst = 0;
      }
    }
    unsentBytes -= count;
    channel.release(count);
    endSent = halfClosed && outbox.isEmpty();
  }

  @Override
  @Nullable String received(ByteBuf data, int bytesMax) {
    responseBytesMax = bytesMax;
    held.writeBytes(data);
    if (held.readableBytes() > channel.streamWindowBytes()) {
      return "more data than the stream's window allows";
    }
    return deliver();
  }

  @Override
  int heldBytes() {
    return held.readableBytes();
  }

  /** Judged when all that was held is delivered. */
  @Override
  boolean lacksMessage() {
    return false;
  }

  @Override
  protected void ended(StatusCode status, String detail, Fate fate) {
    connection = null;
    if (channel.isClosed()) {
      held.clear(); // nobody will ask for it any more
    }
    if (end == null) {
      end = new Answer(status, detail, Bytes.EMPTY, fate, endpoint);
      channel.release(unsentBytes);
      unsentBytes = 0;
      outbox.clear();
    }
    deliver();
  }

  /** Hands over what was asked for, and the end behind the last message. */
  private @Nullable String deliver() {
    if (delivering) {
      return null;
    }
    delivering = true;
    try {
      while (wanted > 0 && !over) {
        ByteBuf message = assembly.next(held, responseBytesMax);
        if (message == null) {
          break;
        }
        byte[] bytes = new byte[message.readableBytes()];
        message.readBytes(bytes);
        wanted--;
        try {
          listener.message(Bytes.wrap(bytes));
        } catch (Throwable e) { // the connection is others', too
          wanted = 0;
          held.clear();
          String why = "its reader failed: " + e;
          channel.giveUp(this, StatusCode.INTERNAL, why);
          end = Answer.lost(StatusCode.INTERNAL, why, endpoint);
        }
      }
      held.discardSomeReadBytes();
      Answer last = end;
      boolean drained = !held.isReadable() || assembly.wrong() != null;
      if (last != null && drained && !over) {
        over = true;
        listener.ended(
            last.status() == StatusCode.OK && assembly.inMidMessage()
                ? Answer.lost(StatusCode.INTERNAL, "the stream ended within a message", endpoint)
                : last);
      }
    } finally {
      delivering = false;
    }
    return assembly.wrong();
  }
}
