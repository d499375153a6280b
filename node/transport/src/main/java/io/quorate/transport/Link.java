package io.quorate.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import io.quorate.node.Loop;
import io.quorate.node.PeerHandshake;
import io.quorate.node.Transport.Lane;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * One connection: first the greetings, then frames, then its end. It knows how to talk; whom to
 * take, and what a connection's beginning and end mean, its {@link Owner} knows.
 *
 * <p>Used on the loop only.
 */
final class Link extends ChannelInboundHandlerAdapter {
  /** What stands behind a link. */
  interface Owner {
    /** A dialler introduced itself: welcome it, or refuse. */
    Greeting answer(Link link, Greeting.Hello hello);

    /** The dialled member welcomes us: go on, or refuse. */
    Greeting accept(Link link, Greeting.Welcome welcome);

    /** Both ends are content; frames may go both ways from now on. */
    void opened(Link link);

    /** The other end won't have us. */
    void refused(Link link, Greeting.Refusal refusal);

    /** What arrived isn't ours, or is damaged. */
    void garbage(Link link, String what);

    void frame(Link link, Bytes frame);

    /** The queue that had been full has room again. */
    void roomAgain(Link link);

    /** The connection is over. Called once, also if it never {@code opened}. */
    void closed(Link link, boolean opened, String why);

    /** Something of ours failed on what this link brought; the link is closed. */
    void failed(Link link, Throwable failure);
  }

  private enum State {
    GREETING,
    OPEN,
    /** Nothing is read any more; the channel's end is awaited. */
    CLOSING,
    OVER
  }

  private final Owner owner;
  private final Channel channel;
  private final Greeting.@Nullable Hello hello;
  private final FrameReader reader = new FrameReader();

  private State state = State.GREETING;
  private boolean opened;
  private Lane lane = Lane.CONSENSUS;
  private long conversation;
  private @Nullable PeerHandshake peer;
  private @Nullable FrameWriter writer;
  private @Nullable ByteBuf greetingBytes;
  private Loop.@Nullable Timer deadline;
  private String why = "the peer closed the connection";
  private int quietTicks;

  /**
   * @param hello what to open with, if we dialled; null if we were
   */
  Link(Owner owner, Channel channel, Greeting.@Nullable Hello hello) {
    this.owner = owner;
    this.channel = channel;
    this.hello = hello;
    if (hello != null) {
      lane = hello.lane();
      conversation = hello.conversation();
    }
  }

  Channel channel() {
    return channel;
  }

  boolean dialled() {
    return hello != null;
  }

  /** Which lane it carries; before a dialler has said so, the consensus lane. */
  Lane lane() {
    return lane;
  }

  /** The dialler's number of the conversation that it belongs to. */
  long conversation() {
    return conversation;
  }

  /** Who is at the other end, once it has said so. */
  @Nullable PeerHandshake peer() {
    return peer;
  }

  /** What it opened with; only asked of a link that we dialled. */
  Greeting.Hello hello() {
    return present(hello);
  }

  /** Who is at the other end; only asked once it has said so. */
  PeerHandshake introduction() {
    return present(peer);
  }

  /** The other end's certificate; null without TLS, or if none was asked for. */
  @Nullable X509Certificate certificate() {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    try {
      return tls != null
              && tls.engine().getSession().getPeerCertificates()[0] instanceof X509Certificate it
          ? it
          : null;
    } catch (SSLPeerUnverifiedException e) {
      return null;
    }
  }

  /** The address that the connection comes from. */
  String remoteHost() {
    return channel.remoteAddress() instanceof InetSocketAddress it && it.getAddress() != null
        ? it.getAddress().getHostAddress()
        : "";
  }

  /** Sends a frame; false if there is no room for it, or the link isn't open. */
  boolean send(Bytes head, Bytes body) {
    return state == State.OPEN && writer != null && writer.write(head, body);
  }

  /** Lets go what was sent. */
  void flush() {
    if (writer != null) {
      writer.flush();
    }
  }

  long queuedBytes() {
    return writer == null ? 0 : writer.queuedBytes();
  }

  /** Until then, both ends must have introduced themselves. */
  void setDeadline(Loop.Timer timer) {
    deadline = timer;
  }

  /**
   * A tick of the keep-alive passed: says that we are alive, and counts how often nothing was heard
   * in between. Counting ticks and not time, a process that was stopped for long doesn't hold its
   * own silence against its peers.
   *
   * @return ticks in a row in which nothing was heard
   */
  int tick() {
    send(Bytes.EMPTY, Bytes.EMPTY);
    return quietTicks++;
  }

  /** Closes the connection; the owner hears of it by {@link Owner#closed}. */
  void close(String reason) {
    if (state == State.GREETING || state == State.OPEN) {
      why = reason;
      state = State.CLOSING;
    }
    var _ = channel.close();
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    if (hello != null) {
      var _ = say(hello);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      quietTicks = 0;
      if (state == State.GREETING) {
        greet(in);
      }
      if (state == State.OPEN) {
        readFrames(in);
      }
    } catch (Greeting.Garbage e) {
      owner.garbage(this, String.valueOf(e.getMessage()));
      if (e.isOurProtocol()) {
        sayVerdict(new Greeting.Refusal(String.valueOf(e.getMessage())));
      } else {
        close(String.valueOf(e.getMessage()));
      }
    } catch (FrameReader.BrokenStream e) {
      owner.garbage(this, String.valueOf(e.getMessage()));
      close(String.valueOf(e.getMessage()));
    } finally {
      ReferenceCountUtil.release(in);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end();
  }

  /** Also reached by a channel that never became active. */
  @Override
  public void channelUnregistered(ChannelHandlerContext context) {
    end();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof IOException) {
      close(String.valueOf(cause.getMessage()));
    } else if (cause instanceof DecoderException) {
      // TLS finds fault with what came, or with the certificate behind it.
      if (state == State.GREETING) {
        owner.garbage(this, String.valueOf(cause.getMessage()));
      }
      close(String.valueOf(cause.getMessage()));
    } else {
      close(cause.toString());
      owner.failed(this, cause);
    }
  }

  private void greet(ByteBuf in) throws Greeting.Garbage, FrameReader.BrokenStream {
    ByteBuf seen = greetingBytes == null ? channel.alloc().buffer() : greetingBytes;
    greetingBytes = seen;
    seen.writeBytes(in);
    while (state == State.GREETING) {
      Greeting greeting = Greeting.decode(seen);
      if (greeting == null) {
        return;
      }
      hear(greeting);
    }
    // What came in one piece with the last greeting are frames already.
    readFrames(seen);
    releaseGreeting();
  }

  private void hear(Greeting greeting) throws Greeting.Garbage {
    switch (greeting) {
      case Greeting.Hello it when hello == null && peer == null -> {
        lane = it.lane();
        conversation = it.conversation();
        peer = it.introduction();
        sayVerdict(owner.answer(this, it));
      }
      case Greeting.Welcome it when hello != null -> {
        peer = it.introduction();
        Greeting verdict = owner.accept(this, it);
        sayVerdict(verdict);
        if (verdict instanceof Greeting.Go) {
          open();
        }
      }
      case Greeting.Go _ when hello == null && peer != null -> open();
      case Greeting.Refusal it -> {
        owner.refused(this, it);
        close("refused: " + it.reason());
      }
      case Greeting.Hello _, Greeting.Welcome _, Greeting.Go _ ->
          throw new Greeting.Garbage("its greetings come in the wrong order", true);
    }
  }

  private void sayVerdict(Greeting verdict) {
    if (verdict instanceof Greeting.Refusal refusal) {
      why = "refused by us: " + refusal.reason();
      state = State.CLOSING;
      say(verdict).addListener(ChannelFutureListener.CLOSE);
    } else {
      var _ = say(verdict);
    }
  }

  private ChannelFuture say(Greeting greeting) {
    return channel.writeAndFlush(greeting.encode(channel.alloc()));
  }

  private void open() {
    state = State.OPEN;
    opened = true;
    if (deadline != null) {
      deadline.cancel();
    }
    writer =
        new FrameWriter(
            channel,
            lane == Lane.BULK ? Limits.PEER_BULK_QUEUE_BYTES_MAX : Limits.PEER_QUEUE_BYTES_MAX,
            () -> owner.roomAgain(this));
    owner.opened(this);
  }

  private void readFrames(ByteBuf in) throws FrameReader.BrokenStream {
    while (state == State.OPEN) {
      Bytes frame = reader.next(in);
      if (frame == null) {
        return;
      }
      if (!frame.isEmpty()) {
        owner.frame(this, frame);
      }
    }
  }

  private void end() {
    if (state == State.OVER) {
      return;
    }
    state = State.OVER;
    if (deadline != null) {
      deadline.cancel();
    }
    releaseGreeting();
    if (writer != null) {
      writer.close();
    }
    owner.closed(this, opened, why);
  }

  private static <T> T present(@Nullable T value) {
    if (value == null) {
      throw Checks.unreachable("the link isn't that far");
    }
    return value;
  }

  private void releaseGreeting() {
    if (greetingBytes != null) {
      greetingBytes.release();
      greetingBytes = null;
    }
  }
}
