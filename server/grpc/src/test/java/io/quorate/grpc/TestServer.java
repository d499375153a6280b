package io.quorate.grpc;

import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.handler.ssl.SslContext;
import io.quorate.base.Bytes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A server on a loopback port with a few methods that tests call. */
final class TestServer implements AutoCloseable {
  static final String ECHO = "/test.Service/Echo";
  static final String ECHO_STREAM = "/test.Service/EchoStream";
  static final String HANG = "/test.Service/Hang";
  static final String FLOOD = "/test.Service/Flood";
  static final String POLITE = "/test.Service/Polite";
  static final String WHO = "/test.Service/Who";
  static final String TURN = "/test.Service/Turn";
  static final String THROW = "/test.Service/Throw";

  final IoEventLoopGroup loops = EventLoops.start(1, "grpc-test");
  final GrpcServer server;
  final InetSocketAddress address;

  /** What has happened on the server, in order, for tests to wait for. */
  final BlockingQueue<String> events = new LinkedBlockingQueue<>();

  private final List<Call> waiting = new ArrayList<>();
  private final Runnable answerAll = this::answerAll;

  final List<Throwable> failures = new CopyOnWriteArrayList<>();

  TestServer() throws IOException {
    this(builder -> builder);
  }

  TestServer(UnaryOperator<GrpcServer.Builder> settings) throws IOException {
    this(registry -> {}, settings);
  }

  TestServer(Consumer<ServiceRegistry> services, UnaryOperator<GrpcServer.Builder> settings)
      throws IOException {
    this(services, settings, null);
  }

  TestServer(
      Consumer<ServiceRegistry> services,
      UnaryOperator<GrpcServer.Builder> settings,
      @Nullable Supplier<SslContext> tls)
      throws IOException {
    ServiceRegistry registry =
        new ServiceRegistry()
            .unary(ECHO, Call::reply)
            .streaming(ECHO_STREAM, EchoStream::new)
            .unary(HANG, (call, request) -> hang(call))
            .serverStreaming(FLOOD, TestServer::flood)
            .serverStreaming(POLITE, (call, request) -> new Polite(call, number(request)).begin())
            .unary(
                THROW,
                (call, request) -> {
                  throw new IllegalArgumentException("planted");
                })
            .unary(WHO, (call, request) -> call.reply(Bytes.utf8(who(call))))
            .unary(TURN, (call, request) -> atEndOfTurn(call));
    services.accept(registry);
    GrpcServer.Builder builder = GrpcServer.builder(loops, registry).failures(failures::add);
    server = settings.apply(builder).build();
    address = server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), tls);
  }

  RawClient client(int... settings) throws IOException {
    return RawClient.greet(address, settings);
  }

  /** Waits for the next event and returns it. */
  String event() {
    try {
      String event = events.poll(20, TimeUnit.SECONDS);
      if (event == null) {
        throw new AssertionError("no event in 20 s");
      }
      return event;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static String who(Call call) {
    return call.peerCertificates().getFirst().getSubjectX500Principal().getName();
  }

  /** Waits for the end of the turn, as a node does that agrees on all that came in a turn. */
  private void atEndOfTurn(Call call) {
    waiting.add(call);
    LoopTurn.of((EventLoop) call.loop()).atEnd(answerAll);
  }

  private void answerAll() {
    for (Call call : waiting) {
      call.reply(Bytes.EMPTY);
    }
    waiting.clear();
  }

  private void hang(Call call) {
    call.listen(
        new CallListener() {
          @Override
          public void onCancel() {
            events.add("cancelled");
          }
        });
    events.add("hanging");
  }

  /** Sends as many messages of 64 KiB as it was asked for, without asking whether there is room. */
  private static void flood(Call call, Bytes request) {
    Bytes message = Bytes.wrap(new byte[64 * 1024]);
    for (int i = 0; i < number(request); i++) {
      call.send(message);
    }
    call.complete(Status.OK);
  }

  static int number(Bytes request) {
    return request.isEmpty() ? 0 : Integer.parseInt(request.toUtf8());
  }

  @Override
  public void close() {
    server.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** Sends back each message it gets. */
  private record EchoStream(Call call) implements StreamListener {
    @Override
    public void onMessage(Bytes message) {
      call.send(message);
    }

    @Override
    public void onHalfClose() {
      call.complete(Status.OK);
    }
  }

  /** Sends messages of 16 KiB, but only while there is room. */
  private final class Polite implements CallListener {
    private final Call call;
    private int left;
    private long mostPending;

    Polite(Call call, int messages) {
      this.call = call;
      this.left = messages;
    }

    void begin() {
      call.listen(this);
      onReady();
    }

    @Override
    public void onReady() {
      Bytes message = Bytes.wrap(new byte[16 * 1024]);
      while (left > 0 && call.isReady()) {
        call.send(message);
        left--;
        mostPending = Math.max(mostPending, call.pendingBytes());
      }
      if (left == 0) {
        call.complete(Status.OK);
      }
      events.add("left=" + left + " pending=" + (mostPending / 1024));
    }
  }
}
