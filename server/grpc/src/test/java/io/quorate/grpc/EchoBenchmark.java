package io.quorate.grpc;

import io.netty.channel.IoEventLoopGroup;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of a core one unary call costs the server: closed loops of calls over at most eight
 * connections, from a client that knows just enough of HTTP/2 to count answers. Prints one line for
 * each number of outstanding calls: calls a second, and CPU time of the server's loop per call.
 *
 * <p>Run as a main class: {@code EchoBenchmark [seconds] [timeouts]}.
 */
public final class EchoBenchmark {
  private static final int CONNECTIONS_MAX = 8;
  private static final int MESSAGE_BYTES = 32 + 256 + 8;

  private EchoBenchmark() {}

  /** Runs the benchmark. */
  public static void main(String[] args) throws Exception {
    int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 4;
    boolean timeouts = args.length > 1 && args[1].equals("timeouts");
    IoEventLoopGroup loops = EventLoops.start(1, "grpc-bench");
    AtomicLong loopThread = new AtomicLong();
    ServiceRegistry registry =
        new ServiceRegistry()
            .unary(
                "/etcdserverpb.KV/Put",
                (call, request) -> {
                  if (loopThread.get() == 0) {
                    loopThread.set(Thread.currentThread().threadId());
                  }
                  call.reply(request);
                });
    try (GrpcServer server = GrpcServer.builder(loops, registry).build()) {
      InetSocketAddress address =
          server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      for (int outstanding : new int[] {128, 1, 16, 128, 512}) {
        new Load(address, outstanding, timeouts).run(2, seconds, loopThread);
      }
    }
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** One client thread that drives all connections. */
  private static final class Load {
    private final int outstanding;
    private final boolean timeouts;
    private final Connection[] connections;
    private final Selector selector = Selector.open();
    private long calls;

    Load(InetSocketAddress address, int outstanding, boolean timeouts) throws Exception {
      this.outstanding = outstanding;
      this.timeouts = timeouts;
      this.connections = new Connection[Math.min(CONNECTIONS_MAX, outstanding)];
      for (int i = 0; i < connections.length; i++) {
        connections[i] = new Connection(address);
      }
    }

    void run(int warmUpSeconds, int seconds, AtomicLong loopThread) throws Exception {
      for (Connection connection : connections) {
        connection.start(outstanding / connections.length);
      }
      drive(warmUpSeconds);
      calls = 0;
      var threads = ManagementFactory.getThreadMXBean();
      long cpuBefore = threads.getThreadCpuTime(loopThread.get());
      long clientBefore = threads.getCurrentThreadCpuTime();
      long before = System.nanoTime();
      drive(seconds);
      long elapsed = System.nanoTime() - before;
      long cpu = threads.getThreadCpuTime(loopThread.get()) - cpuBefore;
      long clientCpu = threads.getCurrentThreadCpuTime() - clientBefore;
      System.out.printf(
          "outstanding %4d: %,9.0f calls/s, server %5.2f us CPU per call, client %5.2f%n",
          outstanding, calls * 1e9 / elapsed, cpu / 1e3 / calls, clientCpu / 1e3 / calls);
      for (Connection connection : connections) {
        connection.channel.close();
      }
      selector.close();
    }

    private void drive(int seconds) throws Exception {
      long until = System.nanoTime() + seconds * 1_000_000_000L;
      while (System.nanoTime() - until < 0) {
        selector.select(
            key -> {
              try {
                ((Connection) key.attachment()).read();
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            },
            100);
      }
    }

    /** One connection, counting trailers and sending a call for each. */
    private final class Connection {
      private final SocketChannel channel;
      private final ByteBuffer in = ByteBuffer.allocateDirect(256 * 1024);
      private final OutBuffer out = new OutBuffer();
      private final ByteBuffer direct = ByteBuffer.allocateDirect(512 * 1024);
      private final byte[] message = new byte[MESSAGE_BYTES];
      private byte[] block = RawClientBlocks.indexed("/etcdserverpb.KV/Put");
      private int streamId = 1;
      private int received;

      Connection(InetSocketAddress address) throws Exception {
        channel = SocketChannel.open(address);
        channel.setOption(java.net.StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, this);
      }

      void start(int calls) throws java.io.IOException {
        byte[] preface = RawClient.PREFACE.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        out.put(preface, 0, preface.length);
        out.settings(OutBuffer.SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20);
        out.windowUpdate(0, 1 << 30);
        for (int i = 0; i < calls; i++) {
          call();
        }
        flush();
      }

      private void call() {
        RawClient.frame(out, OutBuffer.HEADERS, OutBuffer.END_HEADERS, streamId, block);
        block = timeouts ? RawClientBlocks.WITH_TIMEOUT : RawClientBlocks.REPEATED;
        out.frameHeader(5 + MESSAGE_BYTES, OutBuffer.DATA, OutBuffer.END_STREAM, streamId);
        out.put(0);
        out.putInt(MESSAGE_BYTES);
        out.put(message, 0, MESSAGE_BYTES);
        streamId += 2;
      }

      void read() throws java.io.IOException {
        if (channel.read(in) < 0) {
          throw new java.io.IOException("closed by the server");
        }
        in.flip();
        while (in.remaining() >= 9) {
          int at = in.position();
          int length = in.getInt(at) >>> 8;
          if (in.remaining() < 9 + length) {
            break;
          }
          int type = in.get(at + 3);
          int flags = in.get(at + 4);
          if (type == OutBuffer.GOAWAY || type == OutBuffer.RST_STREAM) {
            throw new java.io.IOException("server ended it: " + type);
          }
          if (type == OutBuffer.DATA) {
            received += length;
          }
          in.position(at + 9 + length);
          if (type == OutBuffer.HEADERS && (flags & OutBuffer.END_STREAM) != 0) {
            calls++;
            call();
          }
        }
        in.compact();
        if (received > 1 << 28) {
          out.windowUpdate(0, received);
          received = 0;
        }
        flush();
      }

      private void flush() throws java.io.IOException {
        direct.clear();
        direct.put(out.array(), 0, out.size());
        direct.flip();
        out.clear();
        while (direct.hasRemaining()) {
          channel.write(direct);
        }
      }
    }
  }

  /** The header blocks of a client that indexes what it repeats. */
  private static final class RawClientBlocks {
    /** Six references to the table that {@link #indexed} fills. */
    static final byte[] REPEATED = {
      (byte) 0x83, (byte) 0x86, (byte) 0xc1, (byte) 0xc0, (byte) 0xbf, (byte) 0xbe
    };

    /** The same, and a timeout that is spelt out: what a client with deadlines sends. */
    static final byte[] WITH_TIMEOUT = withTimeout();

    private static byte[] withTimeout() {
      OutBuffer block = new OutBuffer();
      block.put(REPEATED, 0, REPEATED.length);
      RawClient.literal(block, "grpc-timeout", "6999123u");
      return Arrays.copyOf(block.array(), block.size());
    }

    static byte[] indexed(String path) {
      OutBuffer block = new OutBuffer();
      block.put(0x83);
      block.put(0x86);
      insert(block, ":path", path);
      insert(block, ":authority", "localhost:2379");
      insert(block, "content-type", "application/grpc");
      insert(block, "te", "trailers");
      return Arrays.copyOf(block.array(), block.size());
    }

    private static void insert(OutBuffer block, String name, String value) {
      block.put(0x40);
      RawClient.string(block, name);
      RawClient.string(block, value);
    }
  }
}
