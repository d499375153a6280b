package io.quorate.simulator.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.simulator.Chance;
import io.quorate.simulator.Life;
import io.quorate.simulator.Timeline;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One process's way to the store: a connection to one member, as TCP keeps it, and another when it
 * breaks. What goes over it keeps its order and takes its time; when it breaks, what was under way
 * to the member may have arrived, or arrives yet, and what was under way to the process is lost.
 */
public final class Wire implements Channel {
  private static final long MILLIS = 1_000_000L;
  private static final long DELAY_NANOS = MILLIS / 5;

  /** A side that hears nothing for so long gives the connection up. */
  private static final long SILENT_NANOS = 3_000 * MILLIS;

  /** One in so many requests that are under way when a connection breaks arrives late. */
  private static final int LATE = 2;

  private static final long LATE_NANOS = 1_000 * MILLIS;

  /** More than a stream brings in a schedule. */
  private static final int MESSAGES_MAX = 1 << 20;

  private static final String WATCH = "etcdserverpb.Watch/Watch";
  private static final int EVENTS_FIELD = 11;
  private static final int TYPE_FIELD = 1;

  private final Timeline timeline;
  private final Store store;
  private final Chance chance;
  private final Life life;
  private final ProcessClock clock;
  private final IntConsumer ender = this::memberEnded;

  private Connection connection;
  private int member;
  private long cutUntil;
  private long cutThereUntil;
  private long slowUntil;
  private long slowNanos;
  private int deletesToDrop;
  private boolean closed;

  /** What there is while a connection lasts. */
  private final class Connection {
    final int to;
    final Set<Open> open = new LinkedHashSet<>();
    long lastThere;
    long lastHere;
    boolean broken;

    Connection(int to) {
      this.to = to;
    }

    /** When what is sent now arrives at the member. */
    long there() {
      lastThere = Math.max(lastThere + 1, Math.max(cutThereUntil, arrival()));
      return lastThere;
    }

    /** When what a member sends now arrives here. */
    long here() {
      long slow = timeline.now() < slowUntil ? chance.below(slowNanos + 1) : 0;
      lastHere = Math.max(lastHere + 1, arrival() + slow);
      return lastHere;
    }

    private long arrival() {
      return Math.max(timeline.now(), cutUntil) + 1 + chance.exponential(DELAY_NANOS);
    }
  }

  /** A call under way. */
  private interface Open {
    void end(Answer answer);
  }

  Wire(Timeline timeline, Store store, Chance chance, Life life, ProcessClock clock) {
    this.timeline = timeline;
    this.store = store;
    this.chance = chance;
    this.life = life;
    this.clock = clock;
    member = chance.below(store.size());
    connection = new Connection(member);
    store.onEnd(ender);
  }

  // ---- what goes wrong -------------------------------------------------------------------------

  /** Nothing passes for so long. */
  void cut(long nanos) {
    cutUntil = Math.max(cutUntil, timeline.now() + nanos);
    if (nanos > SILENT_NANOS) {
      Connection silent = connection;
      timeline.at(timeline.now() + SILENT_NANOS, life, () -> lose(silent));
    }
  }

  /** Nothing gets to a member for so long; what it has sent arrives. */
  void cutThere(long nanos) {
    cutThereUntil = timeline.now() + nanos;
  }

  /** For so long, what members send takes up to so much longer. */
  void slow(long nanos, long extraNanos) {
    slowUntil = timeline.now() + nanos;
    slowNanos = extraNanos;
  }

  /** The connection breaks. */
  void lose() {
    lose(connection);
  }

  /** So many of the next messages that tell of a deletion don't arrive. */
  void dropDeletes(int count) {
    deletesToDrop = count;
  }

  private void memberEnded(int ended) {
    Connection present = connection;
    if (present.to == ended) {
      timeline.at(present.here(), life, () -> lose(present));
    }
  }

  private void lose(Connection lost) {
    if (lost.broken) {
      return;
    }
    lost.broken = true;
    if (lost == connection) {
      connection = new Connection(member);
    }
    List<Open> all = new ArrayList<>(lost.open);
    lost.open.clear();
    all.forEach(each ->
        each.end(
            Answer.lost(StatusCode.UNAVAILABLE, "the connection broke", Store.endpoint(lost.to))));
  }

  /**
   * What arrives at a member over a connection, unless it broke before, and perhaps then. It goes
   * with the member's process, whose end breaks the connection.
   */
  private void toMember(Connection by, Runnable arrives) {
    Life there = store.life(by.to);
    long at = by.there();
    boolean late = chance.oneIn(LATE);
    timeline.at(
        at,
        there,
        () -> {
          if (!by.broken) {
            arrives.run();
          } else if (late) {
            timeline.at(timeline.now() + chance.exponential(LATE_NANOS), there, arrives);
          }
        });
  }

  /** Whether nobody is there to take what is sent; then that is told. */
  private boolean isRefused(Connection by, Open call) {
    if (!store.life(by.to).isOver()) {
      return false;
    }
    timeline.at(by.here(), life, () -> call.end(refused(by)));
    return true;
  }

  private static Answer refused(Connection by) {
    return Answer.notProcessed(StatusCode.UNAVAILABLE, "refused", Store.endpoint(by.to));
  }

  private void toProcess(Connection by, Runnable arrives) {
    timeline.at(
        by.here(),
        life,
        () -> {
          if (!by.broken) {
            arrives.run();
          }
        });
  }

  // ---- calls -----------------------------------------------------------------------------------

  private Connection choose(String avoid) {
    if (store.size() > 1 && avoid.equals(Store.endpoint(member))) {
      Connection left = connection;
      member = (member + 1) % store.size();
      connection = new Connection(member);
      timeline.at(timeline.now(), life, () -> lose(left));
    }
    return connection;
  }

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    Connection by = choose(options.avoid());
    String endpoint = Store.endpoint(by.to);
    if (closed) {
      answer.complete(Answer.notProcessed(StatusCode.CANCELLED, "closed", endpoint));
      return answer;
    }
    Open call = answer::complete;
    by.open.add(call);
    ProcessClock.Waiting deadline =
        clock.unlessCancelled(
            options.timeoutNanos(),
            () ->
                answer.complete(
                    Answer.lost(StatusCode.DEADLINE_EXCEEDED, "no answer in time", endpoint)));
    var _ =
        answer.whenComplete((end, failure) -> {
          by.open.remove(call);
          deadline.cancel();
        });
    if (!isRefused(by, call)) {
      toMember(
          by,
          () -> {
            Channel services = store.services(by.to);
            if (services == null) {
              toProcess(by, () -> call.end(refused(by)));
            } else {
              var _ =
                  services
                      .unary(method, request, options)
                      .thenAccept(end -> toProcess(by, () -> call.end(end)));
            }
          });
    }
    return answer;
  }

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    Connection by = choose(avoid);
    Stream stream = new Stream(by, method, metadata, listener);
    if (closed) {
      Answer end = Answer.notProcessed(StatusCode.CANCELLED, "closed", Store.endpoint(by.to));
      timeline.at(timeline.now(), life, () -> stream.end(end));
    } else {
      stream.open();
    }
    return stream;
  }

  /** A stream, on the process's side; and what is known of it on the member's. */
  private final class Stream implements StreamCall, Open {
    private final Connection by;
    private final String method;
    private final Metadata metadata;
    private final StreamListener listener;
    private final ArrayDeque<Bytes> untaken = new ArrayDeque<>();
    private @Nullable StreamCall there;
    private long wanted;
    private @Nullable Answer ending;
    private boolean over;

    Stream(Connection by, String method, Metadata metadata, StreamListener listener) {
      this.by = by;
      this.method = method;
      this.metadata = metadata;
      this.listener = listener;
    }

    void open() {
      by.open.add(this);
      if (!isRefused(by, this)) {
        toMember(
            by,
            () -> {
              Channel services = store.services(by.to);
              if (by.broken) {
                return; // it comes too late for anybody
              }
              if (services == null) {
                toProcess(by, () -> end(refused(by)));
              } else {
                StreamCall opened = services.stream(method, metadata, "", new Back(this));
                opened.request(MESSAGES_MAX); // what isn't taken waits on this side
                there = opened;
              }
            });
      }
    }

    private void onStream(Consumer<StreamCall> step) {
      toMember(
          by,
          () -> {
            StreamCall present = there;
            if (present != null) {
              step.accept(present);
            }
          });
    }

    @Override
    public void send(Bytes message) {
      if (!over) {
        onStream(call -> call.send(message));
      }
    }

    @Override
    public void halfClose() {
      if (!over) {
        onStream(StreamCall::halfClose);
      }
    }

    @Override
    public void request(int messages) {
      boolean delivers = wanted == 0 && (!untaken.isEmpty() || ending != null);
      wanted += messages;
      if (delivers) {
        timeline.at(timeline.now(), life, this::deliver); // never within the caller
      }
    }

    private void deliver() {
      while (!over && wanted > 0 && !untaken.isEmpty()) {
        wanted--;
        listener.message(untaken.remove());
      }
      Answer last = ending;
      if (last != null && untaken.isEmpty()) {
        end(last);
      }
    }

    @Override
    public void cancel() {
      if (!over) {
        onStream(StreamCall::cancel);
        Answer end =
            Answer.lost(StatusCode.CANCELLED, "the call was cancelled", Store.endpoint(by.to));
        timeline.at(timeline.now(), life, () -> end(end));
      }
    }

    void message(Bytes message) {
      untaken.add(message);
      deliver();
    }

    /** The member has ended it; what came before is told first. */
    void ended(Answer answer) {
      ending = answer;
      deliver();
    }

    @Override
    public void end(Answer answer) {
      if (!over) {
        over = true;
        by.open.remove(this);
        listener.ended(answer);
        StreamCall left = there;
        if (by.broken && left != null) {
          // the member finds out, too
          timeline.at(
              timeline.now() + chance.exponential(LATE_NANOS), store.life(by.to), left::cancel);
        }
      }
    }
  }

  /** What a member sends on a stream. */
  private final class Back implements StreamListener {
    private final Stream stream;

    Back(Stream stream) {
      this.stream = stream;
    }

    @Override
    public void message(Bytes message) {
      if (deletesToDrop > 0 && stream.method.equals(WATCH) && tellsOfDeletion(message)) {
        deletesToDrop--;
        return;
      }
      toProcess(stream.by, () -> stream.message(message));
    }

    @Override
    public void ended(Answer end) {
      toProcess(stream.by, () -> stream.ended(end));
    }
  }

  private static boolean tellsOfDeletion(Bytes message) {
    ProtoReader response = new ProtoReader(message);
    while (response.next()) {
      if (response.field() == EVENTS_FIELD) {
        ProtoReader event = response.message();
        while (event.next()) {
          if (event.field() == TYPE_FIELD && event.number() == 1) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** The one thread that there is completes calls. */
  @Override
  public boolean mustNotBlock() {
    return true;
  }

  @Override
  public void close() {
    closed = true;
    store.forget(ender);
    lose(connection);
  }
}
