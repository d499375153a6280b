package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.MessageWriter;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A unary call that remembers how it was answered. */
final class FakeCall implements Call {
  private final String method;
  private final Metadata metadata;

  /** How many more messages the client has room for. */
  int room = Integer.MAX_VALUE;

  @Nullable CallListener listener;
  @Nullable Bytes answer;

  /** All messages so far. */
  final List<Bytes> sent = new ArrayList<>();

  /** Whether the client keeps up. */
  boolean ready = true;

  boolean paused;
  @Nullable Status status;
  List<X509Certificate> certificates = List.of();

  FakeCall(String method, Metadata metadata) {
    this.method = method;
    this.metadata = metadata;
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
    return InetSocketAddress.createUnresolved("test", 0);
  }

  @Override
  public List<X509Certificate> peerCertificates() {
    return certificates;
  }

  @Override
  public long deadlineNanos() {
    return NO_DEADLINE;
  }

  @Override
  public boolean isOpen() {
    return status == null;
  }

  @Override
  public void listen(CallListener next) {
    listener = next;
  }

  @Override
  public void sendHeaders(Metadata headers) {}

  @Override
  public void send(Bytes message) {
    room--;
    answer = message;
    sent.add(message);
  }

  @Override
  public void send(MessageWriter message) {
    byte[] bytes = new byte[message.size()];
    message.writeTo(bytes, 0);
    send(Bytes.wrap(bytes));
  }

  @Override
  public boolean isReady() {
    return ready && room > 0;
  }

  @Override
  public long pendingBytes() {
    return 0;
  }

  @Override
  public void reply(Bytes message) {
    send(message);
    complete(Status.OK);
  }

  @Override
  public void reply(MessageWriter message) {
    send(message);
    complete(Status.OK);
  }

  @Override
  public void complete(Status ended) {
    if (status != null) {
      throw new AssertionError("answered twice: " + status + ", " + ended);
    }
    status = ended;
  }

  @Override
  public void complete(Status ended, Metadata trailers) {
    complete(ended);
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    paused = false;
  }

  @Override
  public boolean receivedCompressed() {
    return false;
  }

  @Override
  public void compress(boolean on) {}

  @Override
  public Executor loop() {
    return Runnable::run;
  }

  @Override
  public void attach(Object attachment) {}

  @Override
  public Object attachment() {
    throw new IllegalStateException("nothing is attached");
  }
}
