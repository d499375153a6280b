package io.quorate.etcd;

import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.Authorizer;
import io.quorate.kv.Event;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Lease;
import io.quorate.kv.Principal;
import io.quorate.kv.StoreObserver;
import io.quorate.machine.Machine;
import io.quorate.node.Barrier;
import io.quorate.node.LeadershipMove;
import io.quorate.node.LeaseStanding;
import io.quorate.node.Loop;
import io.quorate.node.MemberInfo;
import io.quorate.node.Membership;
import io.quorate.node.MembershipChange;
import io.quorate.node.MembershipOutcome;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Reply;
import io.quorate.node.WatchHub;
import io.quorate.node.WatchedState;
import io.quorate.node.Watches;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A group of one member that agrees at once, over rows in memory, with a clock that is set. */
final class FakeReplica implements Replica {
  private final NavigableMap<byte[], byte[]> map = new TreeMap<>(Arrays::compareUnsigned);
  private final TreeRows rows = new TreeRows(map);
  private final Machine machine = Machine.open(rows);
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final FakeLoop loop = new FakeLoop();

  /** What every write and barrier is refused with; null to serve. */
  @Nullable Refusal refusal;

  /** What whoever waits for a compaction's space is told; null if it is released. */
  @Nullable Refusal spaceRefusal;

  long leader = 7;
  boolean learner;
  boolean readersFull;

  /** Whether what readers are given waits for {@link #read}. */
  boolean readersWait;

  /** Captured views that nobody has closed. */
  int openViews;

  /** What every read of a captured view fails with; null to read. */
  @Nullable RuntimeException readsFail;

  private final ArrayDeque<Runnable> reads = new ArrayDeque<>();

  /** Whether writes wait for {@link #agree}. */
  boolean writesWait;

  private final ArrayDeque<Runnable> waitingWrites = new ArrayDeque<>();

  /** Whose lease was renewed, each time. */
  final List<Long> renewed = new ArrayList<>();

  long bytesOnDisk = 20_480;
  int writes;
  int barriers;

  /** What this member hears of when it asks whether there is something. */
  Runnable beforeBarrier = () -> {};

  int reclaims;

  /** Who waits for the end of one. */
  final List<Barrier> reclaiming = new ArrayList<>();

  private long index;
  private Consumer<AuthenticateResponse> tokenObserver = _ -> {};
  private final WatchHub watches = new WatchHub(new Watched());

  /** What each revision did. */
  final NavigableMap<Long, List<Event>> history = new TreeMap<>();

  /** What leases' clocks say; the machine's leases all have their whole time. */
  final NavigableMap<Long, LeaseStanding> standings = new TreeMap<>();

  /** Questions about leases that are answered by {@link #answerLeases} only. */
  boolean leasesWait;

  private final ArrayDeque<Runnable> waitingLeases = new ArrayDeque<>();

  FakeReplica() {
    machine.observe(
        new StoreObserver() {
          @Override
          public boolean wantsEvents() {
            return true;
          }

          @Override
          public void changed(long revision, List<Event> events) {
            history.put(revision, events);
            if (watches.isWatched()) {
              watches.changed(revision, events);
            }
          }

          @Override
          public void leaseGranted(Lease lease) {
            standings.put(lease.id(), new LeaseStanding(lease.ttlSeconds(), lease.ttlSeconds()));
          }

          @Override
          public void leaseEnded(long id) {
            standings.remove(id);
          }
        });
  }

  /** Runs what waits on the loop. */
  void run() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** Lets readers do what waits. */
  void read() {
    for (Runnable task = reads.poll(); task != null; task = reads.poll()) {
      task.run();
      run();
    }
  }

  /** Lets a reader do one thing; what comes of it waits on the loop. */
  void readTheNext() {
    reads.remove().run();
  }

  int waitingReads() {
    return reads.size();
  }

  /** Whether some row holds these bytes. */
  boolean holds(byte[] bytes) {
    String wanted = new String(bytes, StandardCharsets.ISO_8859_1);
    return map.entrySet().stream()
        .flatMap(row -> Stream.of(row.getKey(), row.getValue()))
        .anyMatch(each -> new String(each, StandardCharsets.ISO_8859_1).contains(wanted));
  }

  /** Lets time pass, and the timers with it. */
  void pass(long nanos) {
    loop.advance(nanos);
    run();
  }

  boolean hasState = true;

  @Override
  public long group() {
    return 1;
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public void write(KvRequest request, Principal principal, Reply<? super KvResult> reply) {
    writes++;
    if (writesWait) {
      waitingWrites.add(() -> agree(request, principal, reply));
    } else {
      agree(request, principal, reply);
    }
  }

  /** Has what waits agreed on, or refused. */
  void agree() {
    while (!waitingWrites.isEmpty()) {
      agreeOnce();
    }
  }

  /** Has the first of what waits agreed on, or refused. */
  void agreeOnce() {
    Runnable task = waitingWrites.poll();
    if (task != null) {
      task.run();
      run();
    }
  }

  private void agree(KvRequest request, Principal principal, Reply<? super KvResult> reply) {
    if (refusal != null) {
      reply.refused(refusal);
      return;
    }
    reply.done(apply(request, principal));
  }

  /** Applies something that another member has proposed, for whoever may do everything. */
  void apply(KvRequest request) {
    var _ = apply(request, Principal.MEMBER);
  }

  private KvResult apply(KvRequest request, Principal principal) {
    KvResult result = machine.apply(++index, 1, principal, request, true);
    machine.finish(rows.sink());
    watches.turn();
    if (result instanceof AuthenticateResponse token) {
      tokenObserver.accept(token);
    }
    return result;
  }

  @Override
  public Authorizer authorizer() {
    return machine.authorizer();
  }

  @Override
  public void observeTokens(Consumer<AuthenticateResponse> observer) {
    tokenObserver = observer;
  }

  @Override
  public Watches watches() {
    return watches;
  }

  @Override
  public void renew(long lease, Reply<? super LeaseStanding> reply) {
    renewed.add(lease);
    leaseStanding(lease, reply);
  }

  @Override
  public void leaseStanding(long lease, Reply<? super LeaseStanding> reply) {
    Refusal refused = refusal;
    Runnable answer =
        () -> {
          if (refused != null) {
            reply.refused(refused);
          } else {
            reply.done(standings.getOrDefault(lease, LeaseStanding.NONE));
          }
        };
    if (leasesWait) {
      waitingLeases.addFirst(answer); // the last first, as it may happen
    } else {
      answer.run();
    }
  }

  /** Answers what was asked of leases, in another order than it was asked. */
  void answerLeases() {
    waitingLeases.forEach(Runnable::run);
    waitingLeases.clear();
  }

  @Override
  public Collection<Lease> leases() {
    return machine.leases();
  }

  @Override
  public Supplier<long[]> leasesByEnd() {
    long[] ids = machine.leases().stream().mapToLong(Lease::id).toArray();
    return () -> ids;
  }

  /** The machine's state, as what is watched. */
  private final class Watched implements WatchedState {
    @Override
    public long revision() {
      return machine.revision();
    }

    @Override
    public long compactedRevision() {
      return machine.compactedRevision();
    }

    @Override
    public View view() {
      return FakeReplica.this.view();
    }

    @Override
    public <T> void read(Supplier<T> work, Consumer<T> done, Runnable failed) {
      if (readersFull) {
        tasks.add(failed);
      } else {
        T result = work.get();
        tasks.add(() -> done.accept(result));
      }
    }

    @Override
    public void again() {
      tasks.add(watches::turn);
    }

    @Override
    public void later(long delayNanos, Runnable task) {
      loop.schedule(delayNanos, task);
    }
  }

  @Override
  public void readBarrier(Barrier barrier) {
    barriers++;
    beforeBarrier.run();
    if (refusal != null) {
      barrier.refused(refusal);
    } else {
      barrier.passed();
    }
  }

  @Override
  public boolean hasState() {
    return hasState;
  }

  @Override
  public KvReader latest() {
    return machine.latest();
  }

  @Override
  public View view() {
    NavigableMap<byte[], byte[]> copy = new TreeMap<>(Arrays::compareUnsigned);
    copy.putAll(map);
    TreeRows captured = new TreeRows(copy);
    KvReader reader = machine.reader(captured);
    openViews++;
    return new View() {
      @Override
      public KvReader reader() {
        if (readsFail != null) {
          throw readsFail;
        }
        return reader;
      }

      @Override
      public Rows rows() {
        if (readsFail != null) {
          throw readsFail;
        }
        return captured;
      }

      @Override
      public void close() {
        openViews--;
      }
    };
  }

  @Override
  public Executor readers() {
    return task -> {
      if (readersFull) {
        throw new RejectedExecutionException("full");
      }
      if (readersWait) {
        reads.add(task);
      } else {
        task.run();
      }
    };
  }

  @Override
  public void compacted(long revision, Barrier barrier) {
    Refusal refused = spaceRefusal;
    tasks.add(refused == null ? barrier::passed : () -> barrier.refused(refused));
  }

  @Override
  public void reclaim(Barrier ended) {
    reclaims++;
    reclaiming.add(ended);
  }

  @Override
  public ReplicaStatus status() {
    return new ReplicaStatus(
        7,
        leader,
        3,
        1,
        index,
        index,
        index,
        index,
        learner,
        List.of(7L),
        List.of(),
        machine.revision(),
        machine.compactedRevision(),
        bytesOnDisk,
        bytesOnDisk,
        0,
        0,
        0,
        "",
        "",
        "",
        List.copyOf(machine.alarms()));
  }

  @Override
  public long termAt(long index) {
    return term();
  }

  @Override
  public long term() {
    return status().term();
  }

  @Override
  public long leader() {
    return status().leader();
  }

  /** What was asked for last, and how it ends. */
  @Nullable MembershipChange change;

  MembershipOutcome outcome = new MembershipOutcome.Done(7);
  LeadershipMove move = LeadershipMove.MOVED;

  @Override
  public Membership membership() {
    return new Membership() {
      @Override
      public List<MemberInfo> members() {
        return List.of(
            new MemberInfo(7, "a", List.of("http://a:2380"), List.of("http://a:2379"), false),
            new MemberInfo(-7, "b", List.of("http://b:2380"), List.of(), false));
      }

      @Override
      public void change(MembershipChange asked, Reply<? super MembershipOutcome> reply) {
        change = asked;
        if (refusal != null) {
          reply.refused(refusal);
        } else {
          reply.done(outcome);
        }
      }

      @Override
      public void moveLeader(long target, Reply<? super LeadershipMove> reply) {
        reply.done(move);
      }

      @Override
      public boolean isLearner() {
        return status().learner();
      }

      @Override
      public boolean isSettled() {
        return true;
      }
    };
  }

  /** Rows in a tree. */
  private record TreeRows(NavigableMap<byte[], byte[]> map) implements Rows {
    RowSink sink() {
      return new RowSink() {
        @Override
        public void put(byte[] row, byte[] value) {
          map.put(row, value);
        }

        @Override
        public void delete(byte[] row) {
          map.remove(row);
        }
      };
    }

    @Override
    public byte @Nullable [] get(byte[] row) {
      return map.get(row);
    }

    @Override
    public RowCursor scan(byte[] from, byte @Nullable [] to) {
      NavigableMap<byte[], byte[]> part =
          to == null
              ? map.tailMap(from, true)
              : Arrays.compareUnsigned(from, to) >= 0
                  ? new TreeMap<>(Arrays::compareUnsigned)
                  : map.subMap(from, true, to, false);
      Iterator<Map.Entry<byte[], byte[]>> entries = part.entrySet().iterator();
      return new RowCursor() {
        private byte[] key = new byte[0];
        private byte[] value = new byte[0];

        @Override
        public boolean next() {
          if (!entries.hasNext()) {
            return false;
          }
          Map.Entry<byte[], byte[]> entry = entries.next();
          key = entry.getKey();
          value = entry.getValue();
          return true;
        }

        @Override
        public byte[] key() {
          return key;
        }

        @Override
        public byte[] value() {
          return value;
        }

        @Override
        public void close() {}
      };
    }
  }

  /** A loop whose time is set. */
  private final class FakeLoop implements Loop {
    private final PriorityQueue<Due> timers =
        new PriorityQueue<>((a, b) -> Long.compare(a.at, b.at));
    private long now;

    void advance(long nanos) {
      long until = now + nanos;
      while (!timers.isEmpty() && timers.peek().at <= until) {
        Due due = timers.remove();
        now = due.at;
        if (!due.cancelled) {
          due.task.run();
        }
      }
      now = until;
    }

    @Override
    public long now() {
      return now;
    }

    @Override
    public boolean inLoop() {
      return true;
    }

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
      Due due = new Due(now + delayNanos, task);
      timers.add(due);
      return () -> due.cancelled = true;
    }
  }

  private static final class Due {
    private final long at;
    private final Runnable task;
    private boolean cancelled;

    Due(long at, Runnable task) {
      this.at = at;
      this.task = task;
    }
  }
}
