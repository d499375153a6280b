package io.quorate;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.MessageWriter;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A call from a client in the same process, as its service sees it. Used on the member's loop. */
abstract sealed class DirectCall implements Call permits DirectUnary, DirectStream.ServiceEnd {
  private static final SocketAddress HERE = InetSocketAddress.createUnresolved("in-process", 0);

  private final Executor loop;
  private final String method;
  private final Metadata metadata;
  private final long deadlineNanos;
  private final String endpoint;

  private boolean open = true;
  private @Nullable Runnable ended;
  private @Nullable CallListener listener;
  private @Nullable Object attachment;

  DirectCall(
      Executor loop,
      String method,
      io.quorate.client.channel.Metadata metadata,
      long deadlineNanos,
      String endpoint) {
    this.loop = loop;
    this.method = method;
    this.metadata = copy(metadata);
    this.deadlineNanos = deadlineNanos;
    this.endpoint = endpoint;
  }

  /** How the call ended, for the client. */
  abstract void finished(Answer answer);

  /** What a good end is, or why it is none. */
  abstract Answer goodEnd();

  final String endpoint() {
    return endpoint;
  }

  final void tellRoom() {
    if (open && listener != null) {
      listener.onReady();
    }
  }

  /** What to do when the call has ended, however. */
  void ended(Runnable task) {
    ended = task;
  }

  /** Ends the call without the service: its outcome is unknown. */
  void lose(StatusCode code, String why) {
    if (open) {
      giveUp(code, why);
      tellCancelled();
    }
  }

  /** The same of an open call, but for telling the service. */
  final void giveUp(StatusCode code, String why) {
    end(Answer.lost(code, why, endpoint));
  }

  /** The service failed: the client hears how, and the service that the call is over. */
  final void fail(Status status) {
    if (open) {
      complete(status);
      tellCancelled();
    }
  }

  final void tellCancelled() {
    CallListener told = listener;
    listener = null;
    if (told != null) {
      told.onCancel();
    }
  }

  /** Whoever takes a stream's messages hears of its end and of room too, if nobody else does. */
  final void listenUnlessListened(CallListener opened) {
    if (listener == null) {
      listener = opened;
    }
  }

  @Override
  public Executor loop() {
    return loop;
  }

  @Override
  public String method() {
    return method;
  }

  @Override
  public Metadata metadata() {
    return metadata;
  }

  @Override
  public String authority() {
    return "";
  }

  @Override
  public SocketAddress remoteAddress() {
    return HERE;
  }

  @Override
  public List<X509Certificate> peerCertificates() {
    return List.of();
  }

  @Override
  public long deadlineNanos() {
    return deadlineNanos;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void listen(CallListener next) {
    listener = next;
  }

  @Override
  public void sendHeaders(Metadata headers) {}

  @Override
  public void send(MessageWriter writer) {
    byte[] bytes = new byte[writer.size()];
    writer.writeTo(bytes, 0);
    send(Bytes.wrap(bytes));
  }

  @Override
  public void reply(Bytes sent) {
    send(sent);
    complete(Status.OK);
  }

  @Override
  public void reply(MessageWriter writer) {
    send(writer);
    complete(Status.OK);
  }

  @Override
  public void complete(Status status) {
    if (!open) {
      return;
    }
    if (!status.isOk()) {
      end(Answer.failed(StatusCode.ofNumber(status.code().number()), status.message(), endpoint));
    } else {
      end(goodEnd());
    }
  }

  @Override
  public void complete(Status status, Metadata trailers) {
    complete(status);
  }

  @Override
  public boolean receivedCompressed() {
    return false;
  }

  @Override
  public void compress(boolean on) {}

  @Override
  public void attach(Object object) {
    attachment = object;
  }

  @Override
  public Object attachment() {
    if (attachment == null) {
      throw new IllegalStateException("nothing is attached");
    }
    return attachment;
  }

  private void end(Answer result) {
    open = false;
    if (ended != null) {
      ended.run();
    }
    finished(result);
  }

  private static Metadata copy(io.quorate.client.channel.Metadata metadata) {
    if (metadata.entries().isEmpty()) {
      return Metadata.EMPTY;
    }
    Metadata.Builder copy = Metadata.builder();
    metadata.entries().forEach(entry -> copy.add(entry.name(), entry.text()));
    return copy.build();
  }
}
