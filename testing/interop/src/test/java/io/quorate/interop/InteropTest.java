package io.quorate.interop;

import io.grpc.ManagedChannelBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.okhttp.OkHttpChannelBuilder;
import io.grpc.testing.integration.AbstractInteropTest;
import io.netty.channel.IoEventLoopGroup;
import io.quorate.grpc.EventLoops;
import io.quorate.grpc.GrpcServer;
import io.quorate.grpc.ServiceRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** grpc-java's interop client, over Netty and over OkHttp, against our server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
final class InteropTest {
  private static final int MESSAGE_BYTES_MAX = 16 << 20;

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final IoEventLoopGroup loops = EventLoops.start(2, "grpc-interop");
  private final GrpcServer server;
  private final InetSocketAddress address;

  InteropTest() throws IOException {
    ServiceRegistry registry = new ServiceRegistry();
    new InteropService(timer).register(registry);
    server = GrpcServer.builder(loops, registry).receivedMessageBytesMax(MESSAGE_BYTES_MAX).build();
    address = server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterAll
  void stop() {
    server.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    timer.shutdownNow();
  }

  /** A case of the interop client. */
  private interface Run {
    void on(AbstractInteropTest client) throws Exception;
  }

  /** The cases, by the names that gRPC's description of them uses. */
  @SuppressWarnings("ImmutableEnumChecker")
  enum Case {
    EMPTY_UNARY(AbstractInteropTest::emptyUnary),
    LARGE_UNARY(AbstractInteropTest::largeUnary),
    CLIENT_COMPRESSED_UNARY(client -> client.clientCompressedUnary(true)),
    SERVER_COMPRESSED_UNARY(AbstractInteropTest::serverCompressedUnary),
    CLIENT_STREAMING(AbstractInteropTest::clientStreaming),
    CLIENT_COMPRESSED_STREAMING(client -> client.clientCompressedStreaming(true)),
    SERVER_STREAMING(AbstractInteropTest::serverStreaming),
    SERVER_COMPRESSED_STREAMING(AbstractInteropTest::serverCompressedStreaming),
    PING_PONG(AbstractInteropTest::pingPong),
    EMPTY_STREAM(AbstractInteropTest::emptyStream),
    CUSTOM_METADATA(AbstractInteropTest::customMetadata),
    STATUS_CODE_AND_MESSAGE(AbstractInteropTest::statusCodeAndMessage),
    SPECIAL_STATUS_MESSAGE(AbstractInteropTest::specialStatusMessage),
    UNIMPLEMENTED_METHOD(AbstractInteropTest::unimplementedMethod),
    UNIMPLEMENTED_SERVICE(AbstractInteropTest::unimplementedService),
    CANCEL_AFTER_BEGIN(AbstractInteropTest::cancelAfterBegin),
    CANCEL_AFTER_FIRST_RESPONSE(AbstractInteropTest::cancelAfterFirstResponse),
    TIMEOUT_ON_SLEEPING_SERVER(AbstractInteropTest::timeoutOnSleepingServer),
    FULL_DUPLEX_CALL(AbstractInteropTest::fullDuplexCallShouldSucceed),
    HALF_DUPLEX_CALL(AbstractInteropTest::halfDuplexCallShouldSucceed),
    SERVER_STREAMING_IS_FLOW_CONTROLLED(AbstractInteropTest::serverStreamingShouldBeFlowControlled),
    VERY_LARGE_REQUEST(AbstractInteropTest::veryLargeRequest),
    VERY_LARGE_RESPONSE(AbstractInteropTest::veryLargeResponse),
    DEADLINE_NOT_EXCEEDED(AbstractInteropTest::deadlineNotExceeded),
    DEADLINE_EXCEEDED(AbstractInteropTest::deadlineExceeded),
    DEADLINE_EXCEEDED_SERVER_STREAMING(AbstractInteropTest::deadlineExceededServerStreaming),
    DEADLINE_IN_PAST(AbstractInteropTest::deadlineInPast),
    GRACEFUL_SHUTDOWN(AbstractInteropTest::gracefulShutdown);

    private final Run run;

    Case(Run run) {
      this.run = run;
    }
  }

  @ParameterizedTest
  @EnumSource
  void passes_over_netty(Case one) throws Exception {
    run(
        one,
        NettyChannelBuilder.forAddress(address)
            .flowControlWindow(AbstractInteropTest.TEST_FLOW_CONTROL_WINDOW));
  }

  @ParameterizedTest
  @EnumSource
  void passes_over_okhttp(Case one) throws Exception {
    run(
        one,
        OkHttpChannelBuilder.forAddress(address.getHostString(), address.getPort())
            .flowControlWindow(AbstractInteropTest.TEST_FLOW_CONTROL_WINDOW));
  }

  private static void run(Case one, ManagedChannelBuilder<?> builder) throws Exception {
    Client client = new Client(builder.usePlaintext().maxInboundMessageSize(MESSAGE_BYTES_MAX));
    client.setUp();
    try {
      one.run.on(client);
    } finally {
      client.tearDown();
    }
  }

  /** The interop client on a channel of ours. */
  private static final class Client extends AbstractInteropTest {
    private final ManagedChannelBuilder<?> builder;

    Client(ManagedChannelBuilder<?> builder) {
      this.builder = builder;
    }

    @Override
    protected ManagedChannelBuilder<?> createChannelBuilder() {
      return builder;
    }

    @Override
    protected boolean metricsExpected() {
      return false;
    }
  }
}
