package io.quorate.grpc;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the connections of one server on one event loop share: the end of the turn, the deadlines of
 * their calls, and a slow tick on which each looks after itself. Timers run only while there is
 * something to time. Owned by its loop.
 */
final class ServerLoop {
  private static final long HOUSEKEEPING_MILLIS = 250;

  private final EventLoop loop;
  private final ServerSettings settings;
  private final AtomicLong heldBytes;
  private final LoopTurn turn;
  private final DeadlineWheel deadlines;
  private final List<GrpcConnection> connections = new ArrayList<>();
  private final Runnable deadlineTick = this::deadlineTick;
  private final Runnable housekeeping = this::housekeeping;
  private boolean deadlineTickScheduled;
  private boolean housekeepingScheduled;
  private volatile boolean busy;

  /**
   * @param heldBytes what all connections of the server hold, over all its loops
   */
  ServerLoop(EventLoop loop, ServerSettings settings, AtomicLong heldBytes) {
    this.loop = loop;
    this.settings = settings;
    this.heldBytes = heldBytes;
    this.turn = LoopTurn.of(loop);
    this.deadlines = new DeadlineWheel(settings.nanoClock().getAsLong());
  }

  EventLoop loop() {
    return loop;
  }

  LoopTurn turn() {
    return turn;
  }

  ServerSettings settings() {
    return settings;
  }

  long now() {
    return settings.nanoClock().getAsLong();
  }

  /** Counts bytes that a peer makes us hold; false, and not counted, if there are too many. */
  boolean hold(long bytes) {
    if (heldBytes.addAndGet(bytes) > settings.heldBytesMax() && bytes > 0) {
      heldBytes.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  /** Counts bytes that are held whether or not there is room for them; negative when let go. */
  void holdAnyway(long bytes) {
    heldBytes.addAndGet(bytes);
  }

  void addDeadline(DeadlineWheel.Entry call, long atNanos) {
    if (deadlines.size() == 0) {
      deadlines.advance(now());
    }
    deadlines.add(call, atNanos);
    if (!deadlineTickScheduled) {
      deadlineTickScheduled = true;
      schedule(deadlineTick, DeadlineWheel.TICK_NANOS);
    }
  }

  void removeDeadline(DeadlineWheel.Entry call) {
    deadlines.remove(call);
  }

  void add(GrpcConnection connection) {
    connections.add(connection);
    busy = true;
    if (!housekeepingScheduled) {
      housekeepingScheduled = true;
      schedule(housekeeping, TimeUnit.MILLISECONDS.toNanos(HOUSEKEEPING_MILLIS));
    }
  }

  void remove(GrpcConnection connection) {
    connections.remove(connection);
    busy = !connections.isEmpty();
  }

  /** Whether any connection is here; may be asked from any thread. */
  boolean isBusy() {
    return busy;
  }

  /** All connections here, as they are now. */
  List<GrpcConnection> connections() {
    return List.copyOf(connections);
  }

  private void deadlineTick() {
    deadlineTickScheduled = false;
    deadlines.advance(now());
    if (deadlines.size() > 0 && !deadlineTickScheduled) {
      deadlineTickScheduled = true;
      schedule(deadlineTick, DeadlineWheel.TICK_NANOS);
    }
  }

  private void housekeeping() {
    housekeepingScheduled = false;
    long now = now();
    for (GrpcConnection connection : connections()) {
      connection.lookAfter(now);
    }
    if (!connections.isEmpty() && !housekeepingScheduled) {
      housekeepingScheduled = true;
      schedule(housekeeping, TimeUnit.MILLISECONDS.toNanos(HOUSEKEEPING_MILLIS));
    }
  }

  private void schedule(Runnable task, long delayNanos) {
    if (!loop.isShuttingDown()) {
      var _ = loop.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    }
  }
}
