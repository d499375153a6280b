package io.quorate.transport;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.quorate.base.Bytes;
import io.quorate.node.ClusterView;
import io.quorate.node.MemberInfo;
import io.quorate.node.PeerHandshake;
import io.quorate.node.Transport;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A member whose node only writes down what the transport tells it. */
final class TestMember implements AutoCloseable {
  static final long CLUSTER = 0xC1;

  /** What the transport told. */
  sealed interface Event {}

  record Up(long member) implements Event {}

  record Down(long member, String why) implements Event {}

  record Room(long member) implements Event {}

  record Disowned(long by, String reason) implements Event {}

  record Frame(long from, Transport.Lane lane, Bytes bytes) {}

  final long id;
  final NettyTransport transport;
  final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();
  final LinkedBlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
  final AtomicInteger admissions = new AtomicInteger();
  private final Semaphore admitted = new Semaphore(0);
  final AtomicReference<Function<PeerHandshake, @Nullable String>> gate =
      new AtomicReference<>(peer -> peer.clusterId() == CLUSTER ? null : "another cluster");

  /** Whether it refuses for what the other's directory is. */
  volatile boolean disowning;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final NettyLoop loop = new NettyLoop(group.next());
  private final long clusterId;

  TestMember(long id) throws Exception {
    this(id, CLUSTER, settings(0));
  }

  TestMember(long id, long clusterId, TransportSettings settings) throws Exception {
    this.id = id;
    this.clusterId = clusterId;
    transport = new NettyTransport(loop, settings);
    try {
      onLoop(() -> {
        transport.start(new Recorder());
        return true;
      });
    } catch (Exception e) {
      group.shutdownGracefully(0, 0, SECONDS).syncUninterruptibly();
      throw e;
    }
  }

  static TransportSettings settings(int port) {
    return TransportSettings.plaintext(
        List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
  }

  InetSocketAddress address() {
    return transport.listening().getFirst();
  }

  void connect(long member, InetSocketAddress address) throws Exception {
    onLoop(() -> {
      transport.connect(member, List.of(address));
      return true;
    });
  }

  /** Asks a member what cluster it is in. */
  ClusterView ask(long self, InetSocketAddress address) throws Exception {
    return onLoop(() -> ClusterQuestion.ask(loop, settings(0), self, address)).get(20, SECONDS);
  }

  void disconnect(long member) throws Exception {
    onLoop(() -> {
      transport.disconnect(member);
      return true;
    });
  }

  boolean send(long member, Transport.Lane lane, String text) throws Exception {
    return send(member, lane, Bytes.utf8(text));
  }

  boolean send(long member, Transport.Lane lane, Bytes body) throws Exception {
    return onLoop(() -> transport.send(member, lane, Bytes.EMPTY, body));
  }

  <T> T onLoop(Callable<T> task) throws Exception {
    try {
      return group.submit(task).get(20, SECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  Event nextEvent() throws InterruptedException {
    Event event = events.poll(20, SECONDS);
    assertThat(event).as("an event at member %d", id).isNotNull();
    return event;
  }

  /** The next event that is of a kind; others before it are dropped. */
  <T extends Event> T next(Class<T> kind) throws InterruptedException {
    while (true) {
      Event event = nextEvent();
      if (kind.isInstance(event)) {
        return kind.cast(event);
      }
    }
  }

  /** Waits until so many more introductions were judged. */
  void awaitAdmissions(int more) throws InterruptedException {
    assertThat(admitted.tryAcquire(more, 20, SECONDS)).isTrue();
  }

  Frame nextFrame() throws InterruptedException {
    Frame frame = frames.poll(20, SECONDS);
    assertThat(frame).as("a frame at member %d", id).isNotNull();
    return frame;
  }

  /** Ends every connection, as the system does when a process is killed. */
  @Override
  public void close() {
    group.submit(transport::close).syncUninterruptibly();
    group.shutdownGracefully(0, 5, SECONDS).syncUninterruptibly();
  }

  private final class Recorder implements Transport.Handler {
    @Override
    public PeerHandshake introduce(long to) {
      return new PeerHandshake(clusterId, id, to, 1, 0x1000 + id, Bytes.utf8("ext"));
    }

    @Override
    public Transport.@Nullable Rejection admit(PeerHandshake peer) {
      admissions.incrementAndGet();
      admitted.release();
      String reason = gate.get().apply(peer);
      return reason == null
          ? null
          : new Transport.Rejection(
              reason,
              disowning
                  ? Transport.Rejection.Ground.NOT_THIS_MEMBER
                  : Transport.Rejection.Ground.INTRODUCTION);
    }

    @Override
    public Bytes describe(long asker) {
      return new ClusterView(
              clusterId,
              List.of(new MemberInfo(id, "m", List.of("http://m:1"), List.of(), false)),
              asker == 99)
          .encode();
    }

    @Override
    public void disowned(long by, Transport.Rejection why) {
      events.add(new Disowned(by, why.reason()));
    }

    @Override
    public void up(PeerHandshake peer) {
      assertThat(peer.extension()).isEqualTo(Bytes.utf8("ext"));
      events.add(new Up(peer.from()));
    }

    @Override
    public void down(long member, String why) {
      events.add(new Down(member, why));
    }

    @Override
    public void frame(long from, Transport.Lane lane, Bytes frame) {
      frames.add(new Frame(from, lane, frame));
    }

    @Override
    public void roomAgain(long member) {
      events.add(new Room(member));
    }
  }
}
