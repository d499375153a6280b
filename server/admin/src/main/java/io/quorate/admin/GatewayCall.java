package io.quorate.admin;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.quorate.admin.json.JsonFault;
import io.quorate.admin.json.JsonValues;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.MessageWriter;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.MethodStatistics;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StatusException;
import io.quorate.grpc.StreamListener;
import java.io.ByteArrayOutputStream;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One call of a gRPC method that came as an HTTP request with JSON in it.
 *
 * <p>The body is one message; of a method whose client streams, any number of them, one behind the
 * other, as they come. A single answer is a page of its own; many are lines, each sent as soon as
 * it is there. Messages beyond a size are made from JSON and into it by a worker, in their order,
 * so that nobody's megabytes hold up the loop: while no worker has room, a request is refused, and
 * what belongs to a call that goes on waits. Owned by the connection's loop.
 */
final class GatewayCall implements Call, Exchange {
  private static final System.Logger LOG = System.getLogger(GatewayCall.class.getName());

  /** Longest message that is made into JSON on the loop, in bytes. */
  private static final int ON_LOOP_BYTES_MAX = 64 * 1024;

  /** Unsent bytes at which the call is no longer ready. */
  private static final int READY_BYTES = 64 * 1024;

  /** Unsent bytes of a stream of answers, beyond a single one, at which its client is too slow. */
  private static final long PENDING_BYTES_MAX = 64L << 20;

  private static final String JSON = "application/json";

  /** What etcd says to who asks for too much. */
  private static final Status BUSY =
      Status.of(StatusCode.RESOURCE_EXHAUSTED, "etcdserver: too many requests");

  private final JsonGateway gateway;
  private final ServiceRegistry.Method target;
  private final Descriptor requests;
  private final Descriptor answers;
  private final boolean manyAnswers;
  private final Caller caller;
  private final HttpAnswer http;
  private final long openedAtNanos;

  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final JsonValues values;
  private final ArrayDeque<Bytes> received = new ArrayDeque<>();
  private @Nullable StreamListener stream;
  private boolean bodyEnded;
  private boolean halfCloseTold;
  private boolean paused;

  /** Whether a worker has a message of the stream. */
  private boolean decoding;

  /** Whether the client has begun to say something. */
  private boolean talked;

  /** Whether the rest of a message is due. */
  private boolean due;

  private final ArrayDeque<Bytes> unsent = new ArrayDeque<>();
  private long unsentBytes;
  private boolean converting;
  private boolean begun;
  private Metadata headers = Metadata.EMPTY;

  private @Nullable CallListener listener;
  private @Nullable Status status;
  private boolean over;
  private boolean wantsRoom;
  private @Nullable Object attachment;

  /**
   * Who calls, as the request's headers and its connection say.
   *
   * @param metadata what gRPC's would be
   * @param authority the host that was asked
   * @param address the other end of the connection, whatever a header says
   */
  record Caller(Metadata metadata, String authority, SocketAddress address) {}

  GatewayCall(
      JsonGateway gateway,
      ServiceRegistry.Method target,
      MethodDescriptor method,
      Caller caller,
      HttpAnswer http) {
    this.gateway = gateway;
    this.target = target;
    this.requests = method.getInputType();
    this.answers = method.getOutputType();
    this.manyAnswers = method.isServerStreaming();
    this.caller = caller;
    this.http = http;
    this.openedAtNanos = gateway.now();
    this.values = new JsonValues(gateway.bodyBytesMax());
    target.statistics().start();
    if (target instanceof ServiceRegistry.Method.Streaming streaming) {
      guarded(() -> {
        StreamListener opened = streaming.handler().open(this);
        stream = opened;
        if (listener == null) {
          listener = opened;
        }
      });
    }
  }

  // ---- the request

  @Override
  public boolean isConversation() {
    return target instanceof ServiceRegistry.Method.Streaming;
  }

  @Override
  public long bodyBytesMax() {
    return isConversation() ? Long.MAX_VALUE : gateway.bodyBytesMax();
  }

  @Override
  public boolean wantsBody() {
    return !paused && !decoding && received.isEmpty();
  }

  @Override
  public void body(ByteBuf part) {
    byte[] bytes = new byte[part.readableBytes()];
    part.getBytes(part.readerIndex(), bytes);
    if (!isConversation()) {
      body.writeBytes(bytes);
      return;
    }
    try {
      for (byte b : bytes) {
        values.feed(b, value -> received.add(Bytes.wrap(value)));
      }
    } catch (JsonFault e) {
      deliver();
      refuse(e);
      return;
    }
    boolean complete = !received.isEmpty();
    talked = talked || complete || values.isWithin();
    deliver();
    timeBody(complete);
  }

  /**
   * A message that has begun must end in time, as far as that is up to the client; between messages
   * it may be silent for as long as it likes, but not before the first.
   */
  private void timeBody(boolean anew) {
    if (values.isWithin() && wantsBody()) {
      if (anew || !due) {
        due = true;
        http.bodyDue(Limits.HTTP_REQUEST_NANOS);
      }
    } else if (talked) {
      due = false;
      http.bodyMet();
    }
  }

  @Override
  public void overdue() {
    fail(
        Status.of(
            StatusCode.DEADLINE_EXCEEDED,
            talked
                ? "a message that has begun must end within %d s"
                    .formatted(Limits.HTTP_REQUEST_NANOS / 1_000_000_000)
                : "no message has come in %d s".formatted(Limits.HTTP_IDLE_NANOS / 1_000_000_000)));
  }

  @Override
  public void bodyEnd() {
    bodyEnded = true;
    if (isConversation()) {
      deliver();
      return;
    }
    byte[] json = body.toByteArray();
    body.reset();
    if (json.length > ON_LOOP_BYTES_MAX) {
      elsewhere(() -> decoded(json), () -> fail(BUSY));
    } else {
      decoded(json).run();
    }
  }

  /** Hands over the messages of a stream that have come, as long as they are wanted. */
  private void deliver() {
    while (!paused && !decoding && isOpen()) {
      Bytes json = received.poll();
      if (json == null) {
        atRest();
        return;
      }
      if (json.length() > ON_LOOP_BYTES_MAX) {
        decoding = true;
        elsewhereInTime(() -> {
          Runnable take = decoded(json.toArray());
          return () -> {
            decoding = false;
            take.run();
            readOn();
          };
        });
      } else {
        decoded(json.toArray()).run();
      }
    }
  }

  /** All messages are handed over: that may have been it. */
  private void atRest() {
    if (bodyEnded && values.isWithin()) {
      fail(Status.of(StatusCode.INVALID_ARGUMENT, "the body ends within a message"));
    } else if (bodyEnded && !halfCloseTold) {
      halfCloseTold = true;
      StreamListener to = Objects.requireNonNull(stream, "an open stream has a taker");
      guarded(to::onHalfClose);
    }
  }

  private void readOn() {
    deliver();
    timeBody(false);
    http.readOn();
  }

  /** Reads a message; what is returned hands it to the service, on the loop. */
  private Runnable decoded(byte[] json) {
    Bytes message;
    try {
      message = Bytes.wrap(gateway.reader().read(requests, json).toByteArray());
    } catch (JsonFault e) {
      return () -> refuse(e);
    }
    return () -> {
      if (isOpen() && admits(message)) {
        guarded(() -> {
          switch (target) {
            case ServiceRegistry.Method.Unary unary -> unary.handler().handle(this, message);
            case ServiceRegistry.Method.Streaming _ ->
                Objects.requireNonNull(stream, "an open stream has a taker").onMessage(message);
          }
        });
      }
    };
  }

  private boolean admits(Bytes message) {
    target.statistics().receive(message.length());
    int max = gateway.messageBytesMax();
    if (message.length() > max) {
      fail(
          Status.of(
              StatusCode.RESOURCE_EXHAUSTED,
              "grpc: received message larger than max (%d vs. %d)"
                  .formatted(message.length(), max)));
      return false;
    }
    return true;
  }

  private void refuse(JsonFault fault) {
    fail(Status.of(StatusCode.INVALID_ARGUMENT, String.valueOf(fault.getMessage())));
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (StatusException e) {
      fail(e.status());
    } catch (RuntimeException | Error e) { // as behind gRPC: one call fails, and no more
      LOG.log(System.Logger.Level.ERROR, "a service failed", e);
      fail(Status.of(StatusCode.INTERNAL, "internal error"));
    }
  }

  // ---- the answer

  @Override
  public void sendHeaders(Metadata metadata) {
    if (!isOpen()) {
      return;
    }
    headers = metadata;
    if (manyAnswers) {
      begin();
    }
  }

  @Override
  public void send(MessageWriter message) {
    byte[] bytes = new byte[message.size()];
    message.writeTo(bytes, 0);
    send(Bytes.wrap(bytes));
  }

  @Override
  public void send(Bytes message) {
    if (!isOpen()) {
      return;
    }
    target.statistics().send(message.length());
    if (pendingBytes() > 0 && pendingBytes() + message.length() > PENDING_BYTES_MAX) {
      unsent.clear();
      unsentBytes = 0;
      complete(
          Status.of(
              StatusCode.RESOURCE_EXHAUSTED, "client is too slow for what it asked to be sent"));
      loop().execute(this::tellCancelled); // never from within the service
      return;
    }
    unsent.add(message);
    unsentBytes += message.length();
    sendOn();
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
  public void complete(Status last) {
    complete(last, Metadata.EMPTY);
  }

  @Override
  public void complete(Status last, Metadata trailers) {
    if (!isOpen()) {
      return;
    }
    status = last;
    received.clear();
    ended(last.code());
    sendOn();
  }

  /** Sends what is there, in its order; the end comes last. */
  private void sendOn() {
    if (!manyAnswers && status == null) {
      return; // a single answer leaves together with the word that all went well
    }
    while (!over && !converting) {
      Bytes message = unsent.peek();
      if (message == null || (!manyAnswers && status != null && !status.isOk())) {
        sendEnd();
        return;
      }
      if (message.length() > ON_LOOP_BYTES_MAX) {
        converting = true;
        elsewhereInTime(() -> {
          byte[] json = json(message);
          return () -> {
            converting = false;
            if (!unsent.isEmpty()) { // else it was given up meanwhile
              sendJson(json);
            }
            sendOn();
            tellRoom();
          };
        });
      } else {
        sendJson(json(message));
      }
    }
  }

  private byte[] json(Bytes message) {
    return manyAnswers
        ? gateway.writer().writeResult(answers, message)
        : gateway.writer().write(answers, message);
  }

  /** The first of the unsent messages leaves. */
  private void sendJson(byte[] json) {
    unsentBytes -= unsent.remove().length();
    if (over) {
      return;
    }
    if (manyAnswers) {
      begin();
      http.write(json);
    } else {
      over = true;
      http.give(new Page(HttpResponseStatus.OK, JSON, Bytes.wrap(json)));
    }
  }

  private void begin() {
    if (!begun) {
      begun = true;
      http.begin(JSON, headers);
    }
  }

  private void sendEnd() {
    Status last = status;
    if (last == null) {
      return;
    }
    over = true;
    if (!manyAnswers) {
      http.give(gateway.page(last.isOk() ? Status.of(StatusCode.INTERNAL, "no answer") : last));
      return;
    }
    if (last.isOk()) {
      begin();
      http.end();
      return;
    }
    Page failure = gateway.page(last);
    Bytes line =
        Bytes.utf8(
            "{\"error\":" + new String(failure.body().toArray(), StandardCharsets.UTF_8) + "}\n");
    if (begun) {
      http.write(line.toArray());
      http.end();
    } else {
      http.give(new Page(failure.status(), JSON, line));
    }
  }

  /**
   * Has a worker do a part of the work; what that returns goes on, on the loop.
   *
   * @param busy what is done instead if no worker has room for it
   */
  private void elsewhere(Supplier<Runnable> work, Runnable busy) {
    try {
      gateway
          .workers()
          .execute(() -> {
            Runnable then;
            try {
              then = work.get();
            } catch (RuntimeException | Error e) {
              then = () -> broken(e);
            }
            http.loop().execute(then);
          });
    } catch (RejectedExecutionException e) {
      busy.run();
    }
  }

  /** The same, as soon as a worker has room: a call waits with one thing at a time each way. */
  private void elsewhereInTime(Supplier<Runnable> work) {
    elsewhere(
        work,
        () ->
            gateway.later(
                Limits.READ_RETRY_NANOS,
                () -> {
                  if (!over) {
                    elsewhereInTime(work);
                  }
                }));
  }

  /** A message of ours could not be made into JSON: nothing true can be said any more. */
  private void broken(Throwable e) {
    LOG.log(System.Logger.Level.ERROR, "an answer is no message", e);
    gone();
    if (begun) {
      http.end();
    } else {
      http.give(gateway.page(Status.of(StatusCode.INTERNAL, "internal error")));
    }
  }

  // ---- the call's life

  @Override
  public void gone() {
    if (isOpen()) {
      status = Status.of(StatusCode.CANCELLED, "the client is gone");
      ended(StatusCode.CANCELLED);
      tellCancelled();
    }
    over = true;
    received.clear();
    unsent.clear();
    unsentBytes = 0;
  }

  /** Ends the call for a fault that is not the service's: it hears of it. */
  private void fail(Status why) {
    if (isOpen()) {
      complete(why);
      tellCancelled();
    }
  }

  private void tellCancelled() {
    CallListener told = listener;
    listener = null;
    if (told != null) {
      guarded(told::onCancel);
    }
  }

  private void ended(StatusCode code) {
    MethodStatistics statistics = target.statistics();
    statistics.end(code);
    if (gateway.measuresTimes()) {
      statistics.took(gateway.now() - openedAtNanos);
    }
  }

  @Override
  public boolean isOpen() {
    return status == null && !over;
  }

  @Override
  public boolean isReady() {
    boolean ready = isOpen() && pendingBytes() < READY_BYTES;
    if (!ready && isOpen() && !wantsRoom) {
      wantsRoom = true;
      awaitRoom();
    }
    return ready;
  }

  /** Waits for the client; for what a worker still has, the worker tells. */
  private void awaitRoom() {
    if (http.pendingBytes() >= READY_BYTES) {
      http.whenPendingBelow(READY_BYTES, this::tellRoom);
    }
  }

  private void tellRoom() {
    if (!wantsRoom || !isOpen()) {
      return;
    }
    if (pendingBytes() >= READY_BYTES) {
      awaitRoom();
      return;
    }
    wantsRoom = false;
    CallListener told = listener;
    if (told != null) {
      guarded(told::onReady);
    }
  }

  @Override
  public long pendingBytes() {
    return unsentBytes + http.pendingBytes();
  }

  @Override
  public void listen(CallListener newListener) {
    listener = newListener;
  }

  @Override
  public void pause() {
    paused = true;
  }

  @Override
  public void resume() {
    if (paused) {
      paused = false;
      http.loop().execute(this::readOn);
    }
  }

  @Override
  public String method() {
    return target.path();
  }

  @Override
  public Metadata metadata() {
    return caller.metadata();
  }

  @Override
  public String authority() {
    return caller.authority();
  }

  @Override
  public SocketAddress remoteAddress() {
    return caller.address();
  }

  @Override
  public List<X509Certificate> peerCertificates() {
    return List.of(); // whose it were, the user's or a browser's, nobody could tell
  }

  @Override
  public long deadlineNanos() {
    return NO_DEADLINE;
  }

  @Override
  public boolean receivedCompressed() {
    return false;
  }

  @Override
  public void compress(boolean on) {
    // HTTP's own compression is left to proxies.
  }

  @Override
  public Executor loop() {
    return http.loop();
  }

  @Override
  public void attach(Object object) {
    attachment = object;
  }

  @Override
  public Object attachment() {
    Object attached = attachment;
    if (attached == null) {
      throw new IllegalStateException("nothing is attached");
    }
    return attached;
  }
}
