package io.quorate.testkit;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A process's way to the members: the client's own calls, carried to their services, with all that
 * can come in between. Like the channel over the network it stays with one member as long as that
 * answers usefully, keeps what is sent in its order, and learns of a silent member by a sign of
 * life that doesn't come: after half a second here, since tests wait for it.
 *
 * <p>Requests and answers pass through the world's thread; what is said of the members' side is
 * said there, and the client is told on its process's thread.
 */
final class ProcessChannel implements Channel {
  private static final System.Logger LOG = System.getLogger(ProcessChannel.class.getName());

  /** After how long a process gives up a connection on which a member is silent. */
  private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** More than it takes for a call, a watch or a session to notice that its client is closed. */
  private static final int STEPS_MAX = 100;

  /** What is under way may be on its way from one thread to the other, so that neither has it. */
  private static final int STEPS_MIN = 5;

  private final ClientProcess process;
  private final Cluster cluster;
  private final World world;

  // The world's.
  private final TreeMap<Integer, Connection> connections = new TreeMap<>();
  private final List<Meddling> meddlings = new ArrayList<>();
  private int preferred;

  private volatile boolean closed;

  /**
   * @param preferred the number of the member that it connects to first
   */
  ProcessChannel(ClientProcess process, Cluster cluster, int preferred) {
    this.process = process;
    this.cluster = cluster;
    this.preferred = preferred;
    world = cluster.world();
  }

  /** What ends with its connection. */
  interface Open {
    void lost(Answer end);
  }

  /** What happens to a request on its way. */
  enum Mishap {
    /** It doesn't arrive, and the process only learns that the connection broke. */
    REQUEST_LOST,
    /** The same for its answer: it has been carried out. */
    REPLY_LOST,
    /** The process is told that the connection broke, and later it arrives all the same. */
    REQUEST_LATE,
    /** It takes its time to arrive. */
    REQUEST_DELAYED,
    /** Its answer takes its time. */
    REPLY_DELAYED
  }

  /** Something that happens to some requests. */
  private static final class Meddling {
    final Requests which;
    final Mishap mishap;
    final long nanos;
    final Fault fault;
    int left;

    Meddling(Requests which, Mishap mishap, long nanos, Fault fault) {
      this.which = which;
      this.mishap = mishap;
      this.nanos = nanos;
      this.fault = fault;
      left = which.count();
    }
  }

  // ---- what goes wrong -------------------------------------------------------------------------

  /**
   * From now on this happens to these requests.
   *
   * @param nanos how late they or their answers are, where that matters
   * @return ends it
   */
  Runnable meddle(Requests which, Mishap mishap, long nanos, Fault fault) {
    Meddling meddling = new Meddling(which, mishap, nanos, fault);
    meddlings.add(meddling);
    return () -> meddlings.remove(meddling);
  }

  /** What is to happen to a request, of all that was asked for. */
  private List<Meddling> meddlings(String method, Bytes request) {
    List<Meddling> meant = new ArrayList<>();
    for (Meddling each : List.copyOf(meddlings)) {
      if (each.which.contain(method, request)) {
        meant.add(each);
        each.fault.hit();
        each.left--;
        if (each.left == 0) {
          each.fault.endNow();
        }
      }
    }
    return meant;
  }

  private static boolean has(List<Meddling> meant, Mishap mishap) {
    return meant.stream().anyMatch(each -> each.mishap == mishap);
  }

  private static long nanos(List<Meddling> meant, Mishap mishap) {
    return meant.stream().filter(each -> each.mishap == mishap).mapToLong(each -> each.nanos).sum();
  }

  /** Members may have become silent, or not be so any more. */
  void silenced() {
    List.copyOf(connections.values()).forEach(Connection::silenced);
  }

  /** A run of a member is over, which breaks connections to it. */
  void memberEnded(MemberRun run) {
    for (Connection each : List.copyOf(connections.values())) {
      if (each.run.equals(run)) {
        each.lose(StatusCode.UNAVAILABLE, "the connection broke");
      }
    }
  }

  /** All connections break. */
  void dropConnections() {
    List.copyOf(connections.values())
        .forEach(each -> each.lose(StatusCode.UNAVAILABLE, "the connection broke"));
  }

  // ---- connections -----------------------------------------------------------------------------

  /** What there is to a run of a member, as long as it lasts. */
  final class Connection {
    private final ClusterMember to;
    private final MemberRun run;
    private final Set<Open> open = new LinkedHashSet<>();
    private final ArrayDeque<Runnable> held = new ArrayDeque<>();
    private World.@Nullable Alarm silence;
    private boolean broken;

    private Connection(ClusterMember to, MemberRun run) {
      this.to = to;
      this.run = run;
    }

    String endpoint() {
      return to.name();
    }

    /** The services at its other end. */
    Channel services() {
      return run.channel();
    }

    void opened(Open call) {
      open.add(call);
    }

    void ended(Open call) {
      open.remove(call);
    }

    /** Something goes over it, in either direction: when the way is open, unless it breaks. */
    void pass(Runnable arrives) {
      if (broken) {
        return;
      }
      if (isCut()) {
        held.add(arrives);
      } else {
        arrives.run();
      }
    }

    private boolean isCut() {
      return cluster.areApart(process, to);
    }

    private void silenced() {
      World.Alarm waits = silence;
      boolean silent = isCut() || run.activity().isPaused();
      if (silent && waits == null) {
        silence =
            world.after(SILENCE_NANOS, () -> lose(StatusCode.UNAVAILABLE, "the member is silent"));
      } else if (!silent && waits != null) {
        waits.cancel();
        silence = null;
      }
      while (!broken && !isCut() && !held.isEmpty()) {
        held.remove().run();
      }
    }

    private void lose(StatusCode code, String why) {
      if (broken) {
        return;
      }
      broken = true;
      if (silence != null) {
        silence.cancel();
      }
      held.clear();
      connections.remove(to.number(), this);
      List<Open> all = List.copyOf(open);
      open.clear();
      all.forEach(each -> each.lost(Answer.lost(code, why, endpoint())));
    }
  }

  /** The connection that a call goes over; null if no member can be reached. */
  @Nullable Connection choose(String avoid) {
    int count = cluster.members().size();
    if (avoid.equals(cluster.member(preferred).name())) {
      preferred = preferred % count + 1;
    }
    for (int tries = 0; tries < count; tries++) {
      Connection there = connection(cluster.member(preferred));
      if (there != null) {
        return there;
      }
      preferred = preferred % count + 1;
    }
    return null;
  }

  private @Nullable Connection connection(ClusterMember to) {
    Connection present = connections.get(to.number());
    if (present != null) {
      return present;
    }
    MemberRun run = to.run();
    if (run == null || run.activity().isPaused() || cluster.areApart(process, to)) {
      return null;
    }
    Connection opened = new Connection(to, run);
    connections.put(to.number(), opened);
    return opened;
  }

  static Answer unreachable() {
    return Answer.notProcessed(StatusCode.UNAVAILABLE, "no member can be reached", "");
  }

  static Answer stopped() {
    return Answer.notProcessed(StatusCode.CANCELLED, "the client is closed", "");
  }

  boolean isClosed() {
    return closed;
  }

  /** On the process's thread, when the process goes on. */
  void tell(Runnable task) {
    process.activity().act(() -> process.thread().execute(task));
  }

  /** On the world's thread, when the process goes on. */
  void act(Runnable step) {
    try {
      world.execute(() -> process.activity().act(step));
    } catch (RejectedExecutionException e) {
      process.thread().execute(step); // there is nobody else's state left to touch
    }
  }

  // ---- the client's side -----------------------------------------------------------------------

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    Unary call = new Unary(method, request, options);
    act(call::begin);
    var _ =
        call.answer.whenComplete((_, _) -> {
          if (call.answer.isCancelled()) {
            act(call::giveUp);
          }
        });
    return call.answer;
  }

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    ProcessStream stream = new ProcessStream(this, method, metadata, listener);
    act(() -> stream.begin(avoid));
    return stream;
  }

  @Override
  public boolean mustNotBlock() {
    return process.thread().isCurrent() || world.inside();
  }

  @Override
  public void close() {
    if (!closed && !world.isClosed()) {
      world.perform(() -> {
        if (!closed) {
          closed = true;
          process.activity().resumeForGood(); // what it would have done finds it closed
          List.copyOf(connections.values())
              .forEach(each -> each.lose(StatusCode.CANCELLED, "the client is closed"));
          process.clock().close();
          cluster.ended(process);
        }
      });
      settle();
    }
    process.thread().end();
  }

  /** Lets what was begun come to its end, step by step, while there are threads for it. */
  private void settle() {
    ProcessThread thread = process.thread();
    boolean mayWait = !world.inside() && !thread.isCurrent();
    for (int i = 0; i < STEPS_MAX && mayWait && (i < STEPS_MIN || !thread.isIdle()); i++) {
      if (!thread.awaitTurn()) {
        LOG.log(
            System.Logger.Level.WARNING,
            "a callback keeps the thread of "
                + process.name()
                + ", which ends now:"
                + thread.stack());
        return;
      }
      world.perform(() -> {});
    }
  }

  /** One request and its answer. */
  private final class Unary implements Open {
    private final String method;
    private final Bytes request;
    private final CallOptions options;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();

    // The world's.
    private ProcessClock.@Nullable Waiting deadline;
    private @Nullable Connection by;
    private @Nullable CompletableFuture<Answer> sent;
    private boolean over;

    Unary(String method, Bytes request, CallOptions options) {
      this.method = method;
      this.request = request;
      this.options = options;
    }

    void begin() {
      if (over) {
        return;
      }
      Connection chosen = closed ? null : choose(options.avoid());
      if (chosen == null) {
        finish(closed ? stopped() : unreachable());
        return;
      }
      by = chosen;
      chosen.opened(this);
      deadline =
          process
              .clock()
              .arrange(
                  options.timeoutNanos(),
                  () -> lost(without(StatusCode.DEADLINE_EXCEEDED, "no answer in time")));
      List<Meddling> meant = meddlings(method, request);
      long there = nanos(meant, Mishap.REQUEST_DELAYED);
      if (has(meant, Mishap.REQUEST_LOST)) {
        finish(broke());
      } else if (has(meant, Mishap.REQUEST_LATE)) {
        finish(broke());
        later(nanos(meant, Mishap.REQUEST_LATE) + there, () -> sendAlone(chosen));
      } else {
        boolean lost = has(meant, Mishap.REPLY_LOST);
        long back = nanos(meant, Mishap.REPLY_DELAYED);
        later(there, () -> send(chosen, end -> later(back, () -> finish(lost ? broke() : end))));
      }
    }

    private void later(long nanos, Runnable step) {
      if (nanos == 0) {
        step.run();
      } else {
        world.after(nanos, step);
      }
    }

    private void send(Connection way, Consumer<Answer> then) {
      way.pass(() -> {
        if (!over) {
          CompletableFuture<Answer> there = way.services().unary(method, request, options);
          sent = there;
          var _ = there.thenAccept(end -> way.pass(() -> then.accept(end)));
        }
      });
    }

    /** Its process has given it up, and it goes its way. */
    private void sendAlone(Connection way) {
      if (!way.run.activity().isOver() && !cluster.areApart(process, way.to)) {
        var _ = way.services().unary(method, request, options);
      }
    }

    private Answer broke() {
      return without(StatusCode.UNAVAILABLE, "the connection broke");
    }

    /** An end without an answer of the member's. */
    private Answer without(StatusCode code, String why) {
      Connection way = by;
      return Answer.lost(code, why, way == null ? "" : way.endpoint());
    }

    void giveUp() {
      lost(without(StatusCode.CANCELLED, "the call was cancelled"));
    }

    @Override
    public void lost(Answer end) {
      CompletableFuture<Answer> there = sent;
      finish(end);
      if (there != null) {
        there.cancel(false); // the member learns that nobody waits
      }
    }

    void finish(Answer end) {
      if (over) {
        return;
      }
      over = true;
      if (deadline != null) {
        deadline.cancel();
      }
      if (by != null) {
        by.ended(this);
      }
      tell(() -> answer.complete(end));
    }
  }
}
