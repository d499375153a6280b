package io.quorate.simulator.recipes;

import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import io.quorate.client.SessionState;
import io.quorate.client.channel.Channel;
import io.quorate.simulator.Chance;
import io.quorate.simulator.Life;
import io.quorate.simulator.Timeline;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A user's process: a client, its clocks, and a session that is begun anew when it is lost. */
public final class ClientProcess {
  /** How long its calls take at most. */
  public static final Duration TIMEOUT = Duration.ofSeconds(2);

  private static final long LISTENER_NANOS = 20_000;

  private final Timeline timeline;
  private final Life life = new Life();
  private final ProcessClock clock;
  private final Wire wire;
  private final QuorateClient client;
  private final Duration ttl;
  private final Executor executor;
  private @Nullable CompletableFuture<Session> session;

  public ClientProcess(Timeline timeline, Store store, Chance chance, Duration ttl) {
    this(timeline, store, chance, ttl, wire -> wire);
  }

  /** One that has something between itself and its wire. */
  public ClientProcess(
      Timeline timeline, Store store, Chance chance, Duration ttl, UnaryOperator<Channel> between) {
    this.timeline = timeline;
    this.ttl = ttl;
    clock = new ProcessClock(timeline, chance, life);
    wire = new Wire(timeline, store, chance, life, clock);
    client = QuorateClient.over(between.apply(wire), clock, ClientOptions.DEFAULT.timeout(TIMEOUT));
    executor = task -> timeline.at(timeline.now() + 1 + chance.below(LISTENER_NANOS), life, task);
  }

  public Life life() {
    return life;
  }

  public ProcessClock clock() {
    return clock;
  }

  public Wire wire() {
    return wire;
  }

  public QuorateClient client() {
    return client;
  }

  /** Runs what listens. */
  public Executor executor() {
    return executor;
  }

  /** The session that is, or another if that is lost or never was. */
  CompletableFuture<Session> session() {
    CompletableFuture<Session> present = session;
    if (present == null
        || present.isCompletedExceptionally()
        || (present.isDone() && present.join().state() instanceof SessionState.Lost)) {
      present = client.sessionAsync(ttl);
      session = present;
    }
    return present;
  }

  /** Its lease's id; 0 if there is none. */
  long lease() {
    CompletableFuture<Session> present = session;
    return present == null || !present.isDone() || present.isCompletedExceptionally()
        ? 0
        : present.join().lease();
  }

  /** Runs something in the process, after so long by the world's time. */
  public void after(long nanos, Runnable task) {
    timeline.at(timeline.now() + nanos, life, task);
  }

  /** It is killed. */
  public void kill() {
    life.end();
    wire.close();
  }

  /** Ends the session as a program does that ends well. */
  void closeSession() {
    CompletableFuture<Session> present = session;
    if (present != null) {
      var _ = present.thenCompose(Session::closeAsync);
    }
  }

  /** Its program has ended. */
  public void end() {
    client.close();
    life.end();
  }
}
