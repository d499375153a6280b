package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.FakeWorld.FakeStream;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Shows what observers hear of a client, in which order, and that they can't harm it. */
class ObserverTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long COUNTED_CALLS = 2_000;
  private static final Answer GOOD = Answer.ok(new ProtoWriter(16).toBytes(), "b");
  private static final Answer LOST =
      Answer.lost(StatusCode.UNAVAILABLE, "the connection ended", "a");
  private static final Answer REFUSED =
      Answer.failed(StatusCode.NOT_FOUND, "etcdserver: requested lease not found", "a");

  private static final Rpc<RangeResponse> RANGE =
      new Rpc<>("etcdserverpb.KV/Range", Decode::rangeResponse);

  private final FakeWorld world = new FakeWorld();
  private final List<String> heard = new ArrayList<>();
  private final QuorateClient client = observedBy(new Noting());

  /** Writes down all that it hears, and the thread of each call. */
  private class Noting implements ClientObserver {
    @Override
    public CallObserver call(String method) {
      heard.add("call " + method);
      Thread caller = Thread.currentThread();
      return new CallObserver() {
        @Override
        public Metadata metadata(Metadata beside) {
          return beside.with("caller", caller.getName());
        }

        @Override
        public void attempted(int number, Answer answer) {
          heard.add("attempt " + number + " " + answer.status() + " " + answer.endpoint());
        }

        @Override
        public void ended(CallEnd end) {
          heard.add("ended " + end.outcome() + " " + end.attempts() + " " + end.member());
        }
      };
    }

    @Override
    public void watchOpened() {
      heard.add("watch opened");
    }

    @Override
    public void watchInterrupted(ErrorCode why) {
      heard.add("watch interrupted " + why);
    }

    @Override
    public void watchResumed() {
      heard.add("watch resumed");
    }

    @Override
    public void watchDelivered(int events) {
      heard.add("watch delivered " + events);
    }

    @Override
    public void watchGap() {
      heard.add("watch gap");
    }

    @Override
    public void watchEnded(ErrorCode why) {
      heard.add("watch ended " + why);
    }

    @Override
    public void leaseRenewed(Duration duration) {
      heard.add("lease renewed in " + duration.toMillis() + " ms");
    }

    @Override
    public void leaseLost(ErrorCode why) {
      heard.add("lease lost " + why);
    }

    @Override
    public void sessionBegan() {
      heard.add("session began");
    }

    @Override
    public void sessionChanged(SessionState before, SessionState now) {
      heard.add(before.getClass().getSimpleName() + " became " + now.getClass().getSimpleName());
    }
  }

  /** Throws whatever it can, at each step that it is asked to throw at. */
  private static class Throwing implements ClientObserver {
    @Override
    public CallObserver call(String method) {
      return new CallObserver() {
        @Override
        public Metadata metadata(Metadata beside) {
          throw new LinkageError("no propagator");
        }

        @Override
        public void attempted(int number, Answer answer) {
          throw new IllegalStateException("no attempts");
        }

        @Override
        public void ended(CallEnd end) {
          throw new AssertionError("no end");
        }
      };
    }

    @Override
    public void watchOpened() {
      throw new IllegalStateException("no watches");
    }

    @Override
    public void watchDelivered(int events) {
      throw new IllegalStateException("no events");
    }

    @Override
    public void sessionBegan() {
      throw new IllegalStateException("no sessions");
    }

    @Override
    public void leaseRenewed(Duration duration) {
      throw new IllegalStateException("no leases");
    }
  }

  private QuorateClient observedBy(ClientObserver... observers) {
    ClientOptions options = ClientOptions.DEFAULT;
    for (ClientObserver each : observers) {
      options = options.observer(each);
    }
    return QuorateClient.over(world, world, options);
  }

  @Test
  void a_call_is_told_from_its_beginning_by_its_attempts_to_its_end() {
    world.then(LOST).then(GOOD);
    CompletableFuture<RangeResponse> read = client.kv().rangeAsync(Range.key("k"));
    assertThat(heard).containsExactly("call etcdserverpb.KV/Range", "attempt 1 UNAVAILABLE a");
    world.pass(SECOND);
    assertThat(read).isCompleted();
    assertThat(heard).endsWith("attempt 2 OK b", "ended OK 2 b").hasSize(4);
  }

  @Test
  void a_failure_is_told_by_its_code_and_a_call_that_was_given_up_by_that() {
    world.then(LOST).then(REFUSED);
    assertThat(client.kv().putAsync(Put.of("k", "v"))).isCompletedExceptionally();
    assertThat(client.kv().putAsync(Put.of("k", "v").lease(1))).isCompletedExceptionally();
    CompletableFuture<PutResponse> cancelled = client.kv().putAsync(Put.of("k", "v"));
    assertThat(cancelled.cancel(false)).isTrue();
    assertThat(cancelled.cancel(false)).isTrue();
    client.kv().putAsync(Put.of("k", "v")).completeExceptionally(new TimeoutException());
    assertThat(heard)
        .filteredOn(line -> line.startsWith("ended"))
        .containsExactly(
            "ended OUTCOME_UNKNOWN 1 a",
            "ended NOT_FOUND 1 a",
            "ended CANCELLED 1 ",
            "ended CANCELLED 1 ");
  }

  /** Whoever reads a figure after a call finds the call in it. */
  @Test
  void a_calls_end_is_told_once_and_before_its_caller_hears_of_it() {
    CompletableFuture<RangeResponse> read = client.kv().rangeAsync(Range.key("k"));
    var unused = read.whenComplete((response, failure) -> heard.add("caller"));
    world.open.get(0).complete(GOOD);
    assertThat(read.cancel(false)).isFalse();
    assertThat(heard).endsWith("ended OK 1 b", "caller");
  }

  @Test
  void a_calls_duration_has_the_pauses_between_its_attempts_in_it() {
    List<CallEnd> ends = new ArrayList<>();
    QuorateClient timed =
        observedBy(
            new ClientObserver() {
              @Override
              public CallObserver call(String method) {
                return new CallObserver() {
                  @Override
                  public void ended(CallEnd end) {
                    ends.add(end);
                  }
                };
              }
            });
    world.then(LOST);
    CompletableFuture<RangeResponse> read = timed.kv().rangeAsync(Range.key("k"));
    world.pass(SECOND);
    world.open.get(0).complete(GOOD);
    assertThat(read).isCompleted();
    assertThat(ends)
        .singleElement()
        .satisfies(end -> assertThat(end.duration()).isEqualTo(Duration.ofSeconds(1)));
  }

  @Test
  void what_an_observer_adds_travels_beside_each_attempt_and_with_what_others_add() {
    ClientOptions options =
        ClientOptions.DEFAULT.metadata(Metadata.EMPTY.with("tenant", "a")).observer(new Noting());
    world.then(LOST).then(GOOD);
    CompletableFuture<RangeResponse> read =
        QuorateClient.over(world, world, options.observer(new Noting()))
            .kv()
            .rangeAsync(Range.key("k"));
    world.pass(SECOND);
    assertThat(read).isCompleted();
    String thread = Thread.currentThread().getName();
    assertThat(world.attempts)
        .hasSize(2)
        .allSatisfy(attempt ->
            assertThat(attempt.options().metadata().entries())
                .containsExactly(
                    new Metadata.Entry("tenant", "a"),
                    new Metadata.Entry("caller", thread),
                    new Metadata.Entry("caller", thread)));
  }

  @Test
  void the_call_that_gets_a_token_is_told_as_well() {
    world.then(Answer.ok(new ProtoWriter(16).text(2, "token").toBytes(), "a")).then(GOOD);
    ClientOptions options =
        ClientOptions.DEFAULT.credentials(new Credentials("root", "x")).observer(new Noting());
    assertThat(QuorateClient.over(world, world, options).kv().rangeAsync(Range.key("k")))
        .isCompleted();
    assertThat(heard)
        .containsExactly(
            "call etcdserverpb.KV/Range",
            "call etcdserverpb.Auth/Authenticate",
            "attempt 1 OK a",
            "ended OK 1 a",
            "attempt 1 OK b",
            "ended OK 1 b");
  }

  @Test
  void a_namespaces_calls_are_told_as_the_clients_own() {
    world.then(GOOD);
    assertThat(client.namespace("team-a/").kv().rangeAsync(Range.key("k"))).isCompleted();
    assertThat(heard).startsWith("call etcdserverpb.KV/Range").hasSize(3);
  }

  @Test
  void a_watch_is_told_from_its_opening_through_interruptions_to_its_gap() {
    List<String> listened = new ArrayList<>();
    WatchListener listener =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            listened.add("events");
          }

          @Override
          public void ended(WatchEnd end) {
            listened.add("ended");
          }
        };
    var unused = client.watch().start(WatchRequest.key("k").from(3), listener);
    stream().message(WatcherTest.created(7));
    stream().message(WatcherTest.events(9, 8, 9));
    stream().listener.ended(LOST);
    world.pass(SECOND);
    stream().message(WatcherTest.created(20));
    stream().message(WatcherTest.response(20, 15, true, false));
    assertThat(heard)
        .containsExactly(
            "watch opened",
            "watch delivered 2",
            "watch interrupted UNREACHABLE",
            "watch resumed",
            "watch gap",
            "watch ended REVISION_COMPACTED");
    assertThat(listened).containsExactly("events", "ended");
  }

  @Test
  void a_watch_that_is_closed_is_told_no_more() {
    Watcher watcher = client.watch().start(WatchRequest.key("k").from(3), new Deaf());
    stream().message(WatcherTest.created(7));
    watcher.close();
    assertThat(heard).containsExactly("watch opened");
  }

  @Test
  void a_sessions_states_and_its_leases_renewals_are_told() {
    Session session = begin(client);
    world.pass(SECOND / 10);
    stream().message(lease(8));
    world.pass(7 * SECOND + SECOND / 2);
    assertThat(session.state()).isInstanceOf(SessionState.Suspect.class);
    stream().message(lease(8));
    assertThat(session.closeAsync()).isNotDone();
    assertThat(heard)
        .containsSubsequence(
            "call etcdserverpb.Lease/LeaseGrant",
            "ended OK 1 a",
            "session began",
            "lease renewed in 100 ms",
            "Active became Suspect",
            "Suspect became Active",
            "Active became Lost",
            "call etcdserverpb.Lease/LeaseRevoke");
    assertThat(heard).filteredOn(line -> line.startsWith("lease")).hasSize(2);
  }

  @Test
  void a_lease_that_a_member_says_is_gone_is_told_once() {
    begin(client);
    stream().message(lease(0));
    world.pass(60 * SECOND);
    assertThat(heard)
        .filteredOn(line -> line.startsWith("lease") || line.contains("became"))
        .containsExactly("lease lost NOT_FOUND", "Active became Lost");
  }

  /** Neither a call, a watch nor a session is worse for it, and another observer hears all. */
  @Test
  void an_observer_that_throws_breaks_nothing_and_is_logged_once() {
    List<LogRecord> logged = new ArrayList<>();
    Logger logger = Logger.getLogger(ClientObserver.class.getName());
    Handler handler = collecting(logged);
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try {
      QuorateClient observed = observedBy(new Throwing(), new Noting());
      world.then(LOST).then(GOOD);
      CompletableFuture<RangeResponse> read = observed.kv().rangeAsync(Range.key("k"));
      world.pass(SECOND);
      assertThat(read).isCompleted();
      Session session = begin(observed);
      stream().message(lease(8));
      assertThat(session.state()).isInstanceOf(SessionState.Active.class);
      List<Integer> told = new ArrayList<>();
      var unused =
          observed
              .watch()
              .start(
                  WatchRequest.key("k").from(3),
                  new Deaf() {
                    @Override
                    public void events(WatchResponse response) {
                      told.add(response.events().size());
                    }
                  });
      stream().message(WatcherTest.created(7));
      stream().message(WatcherTest.events(9, 8, 9));
      assertThat(told).containsExactly(2);
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertThat(heard)
        .contains("ended OK 2 b", "session began", "watch opened", "watch delivered 2");
    assertThat(logged)
        .singleElement()
        .satisfies(record -> assertThat(record.getThrown()).isInstanceOf(LinkageError.class));
  }

  @Test
  void an_observer_that_gives_null_breaks_nothing() {
    ClientObserver careless =
        new ClientObserver() {
          @Override
          @SuppressWarnings("NullAway") // on purpose
          public CallObserver call(String method) {
            return null;
          }
        };
    ClientObserver carelessLater =
        new ClientObserver() {
          @Override
          public CallObserver call(String method) {
            return new CallObserver() {
              @Override
              @SuppressWarnings("NullAway") // on purpose
              public Metadata metadata(Metadata beside) {
                return null;
              }
            };
          }
        };
    world.then(GOOD);
    assertThat(observedBy(careless, carelessLater).kv().rangeAsync(Range.key("k"))).isCompleted();
  }

  @Test
  void observers_of_a_kind_hear_what_is_built_on_the_client() {
    interface Shouts extends ClientObserver {
      void shouted(String what);
    }
    Shouts shouts = what -> heard.add(what);
    observedBy(new Noting(), shouts).tell(Shouts.class, each -> each.shouted("hey"));
    client.tell(Shouts.class, each -> each.shouted("nobody is here"));
    assertThat(heard).containsExactly("hey");
  }

  /** What is counted is each byte that the thread allocates, so it doesn't depend on speed. */
  @Test
  void a_call_that_nobody_observes_allocates_nothing_for_it() {
    Calls plain = calls(Observers.NONE);
    Calls observed = calls(Observers.of(List.of(new ClientObserver() {})));
    allocatedBy(observed); // the first loads classes
    assertThat(allocatedBy(observed)).isGreaterThan(allocatedBy(plain) + COUNTED_CALLS * 100);
    assertThat(plain.read(RANGE, Bytes.EMPTY).getClass().getDeclaredFields())
        .extracting(field -> field.getType().getSimpleName())
        .contains("Rpc")
        .noneMatch(type -> type.startsWith("Observe"));
  }

  private Calls calls(Observers observers) {
    return new Calls(world, world, ClientOptions.DEFAULT, world::mustNotBlock, observers);
  }

  private long allocatedBy(Calls calls) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < COUNTED_CALLS; i++) {
      world.then(GOOD);
      calls.read(RANGE, Bytes.EMPTY).join();
      world.attempts.clear();
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static class Deaf implements WatchListener {
    @Override
    public void events(WatchResponse response) {}

    @Override
    public void ended(WatchEnd end) {}
  }

  private static Handler collecting(List<LogRecord> records) {
    return new Handler() {
      @Override
      public void publish(LogRecord record) {
        records.add(record);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  private Session begin(QuorateClient of) {
    CompletableFuture<Session> begun = of.sessionAsync(Duration.ofSeconds(8));
    world.open.remove(0).complete(Answer.ok(lease(8), "a"));
    return begun.join();
  }

  private static Bytes lease(long ttlSeconds) {
    return new ProtoWriter(16).number(2, 7).number(3, ttlSeconds).toBytes();
  }

  private FakeStream stream() {
    return world.streams.get(world.streams.size() - 1);
  }
}
