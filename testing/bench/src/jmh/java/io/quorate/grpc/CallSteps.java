package io.quorate.grpc;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.quorate.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A unary call on a connection without a network: its frames read, its message handed to a service
 * that answers at once, and the answer's frames written. Sixteen calls a turn; a request of the
 * size of a put with a key of 32 and a value of 256 bytes, and an answer of 40.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CallSteps {
  private static final int CALLS = 16;
  private static final int ROOM_BYTES = 1 << 30;
  private static final String PUT = "/etcdserverpb.KV/Put";
  private static final byte[] REQUEST = new byte[32 + 256 + 8];
  private static final Bytes ANSWER = Bytes.wrap(new byte[40]);
  private static final byte[] REPEATED = {
    (byte) 0x83, (byte) 0x86, (byte) 0xc1, (byte) 0xc0, (byte) 0xbf, (byte) 0xbe
  };

  private EmbeddedChannel channel = new EmbeddedChannel();
  private final OutBuffer frames = new OutBuffer();
  private int streamId;
  private long answered;

  /** As much had been answered when room for more was last given. */
  private long room;

  /** Greets, and fills the table of headers with one call. */
  @Setup
  public void connect() {
    ServiceRegistry registry =
        new ServiceRegistry().unary(PUT, (call, request) -> call.reply(ANSWER));
    ServerSettings settings =
        new ServerSettings(
            registry,
            null,
            null,
            System::nanoTime,
            failure -> {
              throw new IllegalStateException(failure);
            },
            1 << 20,
            1 << 14,
            1_000,
            10,
            1_000,
            1 << 20,
            1 << 24,
            1 << 28,
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            0,
            Long.MAX_VALUE,
            Long.MAX_VALUE,
            Long.MAX_VALUE);
    EmbeddedChannel fresh = new EmbeddedChannel();
    fresh.config().setAllocator(PooledByteBufAllocator.DEFAULT);
    ServerLoop loop = new ServerLoop(fresh.eventLoop(), settings, new AtomicLong());
    fresh.pipeline().addLast(new GrpcConnection(loop));
    channel = fresh;
    streamId = 1;
    frames.clear();
    frames.settings(OutBuffer.SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20);
    frames.windowUpdate(0, ROOM_BYTES);
    room = answered;
    OutBuffer block = new OutBuffer();
    block.put(0x83);
    block.put(0x86);
    insert(block, ":path", PUT);
    insert(block, ":authority", "localhost:2379");
    insert(block, "content-type", "application/grpc");
    insert(block, "te", "trailers");
    call(java.util.Arrays.copyOf(block.array(), block.size()));
    turn();
  }

  private static void insert(OutBuffer block, String name, String value) {
    block.put(0x40);
    for (String text : new String[] {name, value}) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      block.put(bytes.length);
      block.put(bytes, 0, bytes.length);
    }
  }

  private void call(byte[] headers) {
    RawClient.frame(frames, OutBuffer.HEADERS, OutBuffer.END_HEADERS, streamId, headers);
    frames.frameHeader(5 + REQUEST.length, OutBuffer.DATA, OutBuffer.END_STREAM, streamId);
    frames.put(0);
    frames.putInt(REQUEST.length);
    frames.put(REQUEST, 0, REQUEST.length);
    streamId += 2;
  }

  private void turn() {
    ByteBuf in = channel.alloc().directBuffer(frames.size());
    in.writeBytes(frames.array(), 0, frames.size());
    frames.clear();
    channel.writeInbound(in);
    channel.runPendingTasks();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      answered += out.readableBytes();
      out.release();
    }
  }

  /** Calls that arrive together and are answered together. */
  @Benchmark
  @OperationsPerInvocation(CALLS)
  public long calls() {
    if (streamId > 1 << 30) {
      connect();
    }
    if (answered - room > ROOM_BYTES / 2) {
      room = answered;
      frames.windowUpdate(0, ROOM_BYTES / 2);
    }
    for (int i = 0; i < CALLS; i++) {
      call(REPEATED);
    }
    long before = answered;
    turn();
    if (answered - before < (long) CALLS * ANSWER.length()) {
      throw new IllegalStateException("not all calls were answered");
    }
    return answered;
  }
}
