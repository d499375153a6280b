package io.quorate.grpc;

import io.netty.channel.ChannelHandler;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a server was told, fixed at its building; {@link GrpcServer.Builder} explains each. */
record ServerSettings(
    ServiceRegistry registry,
    @Nullable Supplier<ChannelHandler> http1,
    Executor handshakes,
    LongSupplier nanoClock,
    Consumer<Throwable> failures,
    int receivedMessageBytesMax,
    int headerListBytesMax,
    int concurrentStreamsMax,
    int connectionsMax,
    int resetsPerSecondMax,
    long pendingBytesPerCallMax,
    long heldBytesPerConnectionMax,
    long heldBytesMax,
    long handshakeNanosMax,
    long requestNanosMax,
    long pingNanosMin,
    long keepAliveIdleNanos,
    long keepAliveTimeoutNanos,
    long idleNanosMax) {

  static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return Long.MAX_VALUE;
    }
  }
}
