package io.quorate.testkit;

import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.testkit.ProcessChannel.Mishap;
import java.time.Duration;

/**
 * A process of the application under test, as far as Quorate is concerned: a client of its own,
 * with its connections, its thread and its clocks, and what can be done to them. Two processes that
 * contend for a lock are two of these in one JVM.
 *
 * <p>What a fault can't do is stop the test's own threads. They stand in for the process's: in one
 * that is paused, the calls that they make wait until it goes on.
 *
 * <p>The client's callbacks and the renewals of its sessions share one thread here, where a client
 * that connects over the network has another for the latter: a callback that blocks costs a
 * session.
 *
 * <p>Safe for use by many threads.
 */
public final class ClientProcess implements Host {
  private final Cluster cluster;
  private final String name;
  private final Activity activity = new Activity();
  private final ProcessThread thread;
  private final ProcessClock clock;
  private final ProcessChannel channel;
  private final QuorateClient client;

  ClientProcess(
      Cluster cluster, String name, ClientOptions options, long epochNanos, int firstMember) {
    this.cluster = cluster;
    this.name = name;
    thread = new ProcessThread(cluster.world().name() + "-" + name);
    clock = new ProcessClock(cluster.world(), activity, thread, epochNanos);
    channel = new ProcessChannel(this, cluster, firstMember);
    client = QuorateClient.over(channel, clock, options);
  }

  @Override
  public String name() {
    return name;
  }

  /** Its client. Closing it ends the process, as {@link #kill} does. */
  public QuorateClient client() {
    return client;
  }

  /** Its clocks, for whatever else of it asks what time it is. */
  public ProcessClock clock() {
    return clock;
  }

  /** Whether it hasn't been killed, nor its client closed. */
  public boolean isRunning() {
    return !channel.isClosed();
  }

  // ---- the process -----------------------------------------------------------------------------

  /**
   * It stands still, as in a long collection of garbage or after SIGSTOP: it sends nothing, and
   * what is sent to it waits. Its clocks go on.
   *
   * @return ends the pause
   */
  public Fault pause() {
    return cluster.begin(
        name + " is paused",
        () -> {
          activity.pause();
          return activity::resume;
        });
  }

  /**
   * It stands still while so much of the cluster's time passes, and goes on then. Takes
   * milliseconds, however long the pause is: see {@link Cluster#advance}.
   */
  public void pauseFor(Duration time) {
    try (Fault _ = pause()) {
      cluster.advance(time);
    }
  }

  /**
   * Its machine is suspended: it stands still, and so does its monotonic clock; the wall's goes on.
   *
   * @return wakes it
   */
  public Fault suspend() {
    return cluster.begin(
        name + " is suspended",
        () -> {
          clock.stand();
          activity.pause();
          return () -> {
            clock.goOn();
            activity.resume();
          };
        });
  }

  /**
   * It is killed: what it waits for comes to nothing, and what it holds is held until its sessions'
   * leases end. There is no way back; a process that is started again is another one.
   */
  public void kill() {
    client.close();
  }

  /**
   * The wall's clock is set, ahead or back.
   *
   * @param by negative for back
   * @return sets it right
   */
  public Fault jumpClock(Duration by) {
    return cluster.begin(
        "the clock of " + name + " is off by " + by,
        () -> {
          clock.setAhead(by.toNanos());
          return () -> clock.setAhead(-by.toNanos());
        });
  }

  // ---- its ways to the members -----------------------------------------------------------------

  /**
   * Its connections break, once. Calls under way lose their answers; watches and sessions connect
   * anew.
   */
  public void dropConnections() {
    cluster.world().perform(channel::dropConnections);
  }

  /**
   * Members carry out these requests, and their answers are lost: of a write the process can't know
   * whether it took effect, and it did.
   *
   * @return ends it
   */
  public Fault loseReplies(Requests which) {
    return meddle("the answer is lost", which, Mishap.REPLY_LOST, Duration.ZERO);
  }

  /**
   * These requests are lost on their way. The process can't tell that from a lost answer: of a
   * write it can't know whether it took effect, and it didn't.
   *
   * @return ends it
   */
  public Fault loseRequests(Requests which) {
    return meddle("the request is lost", which, Mishap.REQUEST_LOST, Duration.ZERO);
  }

  /**
   * The connection breaks under these requests, and they arrive all the same, so much later: a
   * write takes effect when its process has been told long since that nobody knows.
   *
   * @return ends it, but for requests that are under way
   */
  public Fault deliverLate(Requests which, Duration delay) {
    return meddle("the request arrives late", which, Mishap.REQUEST_LATE, delay);
  }

  /**
   * These requests take so much longer to arrive.
   *
   * @return ends it, but for requests that are under way
   */
  public Fault delayRequests(Requests which, Duration delay) {
    return meddle("the request is delayed", which, Mishap.REQUEST_DELAYED, delay);
  }

  /**
   * The answers to these requests take so much longer.
   *
   * @return ends it, but for answers that are under way
   */
  public Fault delayReplies(Requests which, Duration delay) {
    return meddle("the answer is delayed", which, Mishap.REPLY_DELAYED, delay);
  }

  private Fault meddle(String what, Requests which, Mishap mishap, Duration delay) {
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay=" + delay);
    }
    String late = delay.isZero() ? "" : " by " + delay;
    return cluster.begin(
        "%s: %s of %s%s".formatted(name, what, which, late),
        fault -> channel.meddle(which, mishap, delay.toNanos(), fault));
  }

  // ---- the world's side ------------------------------------------------------------------------

  boolean isOf(Cluster one) {
    return cluster.equals(one);
  }

  Activity activity() {
    return activity;
  }

  ProcessThread thread() {
    return thread;
  }

  ProcessChannel channel() {
    return channel;
  }

  @Override
  public String toString() {
    return name;
  }
}
