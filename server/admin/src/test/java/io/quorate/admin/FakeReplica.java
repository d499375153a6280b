package io.quorate.admin;

import io.quorate.base.RowCursor;
import io.quorate.base.Rows;
import io.quorate.kv.Alarm;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.Authorizer;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Lease;
import io.quorate.kv.Principal;
import io.quorate.node.Barrier;
import io.quorate.node.LeaseStanding;
import io.quorate.node.Loop;
import io.quorate.node.Membership;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Reply;
import io.quorate.node.WatchSink;
import io.quorate.node.WatchStream;
import io.quorate.node.Watches;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A replica of nothing, whose health is set. */
final class FakeReplica implements Replica {
  long leader = 7;
  boolean learner;
  String failure = "";
  String refused = "";
  String heldBack = "";
  List<Alarm> alarms = List.of();
  @Nullable Refusal refusal;

  /** What waits for its time to come. */
  final List<Runnable> timers = new ArrayList<>();

  @Override
  public long group() {
    return 1;
  }

  @Override
  public Loop loop() {
    return new Loop() {
      @Override
      public long now() {
        return 0;
      }

      @Override
      public boolean inLoop() {
        return true;
      }

      @Override
      public void execute(Runnable task) {
        task.run();
      }

      @Override
      public Timer schedule(long delayNanos, Runnable task) {
        timers.add(task);
        return () -> timers.remove(task);
      }
    };
  }

  @Override
  public void write(KvRequest request, Principal principal, Reply<? super KvResult> reply) {
    throw new AssertionError("a page never writes");
  }

  @Override
  public Authorizer authorizer() {
    throw new AssertionError("a page never asks who may do what");
  }

  @Override
  public void observeTokens(Consumer<AuthenticateResponse> observer) {
    throw new AssertionError("a page never hears of tokens");
  }

  @Override
  public void readBarrier(Barrier barrier) {
    if (refusal == null) {
      barrier.passed();
    } else {
      barrier.refused(refusal);
    }
  }

  @Override
  public boolean hasState() {
    return true;
  }

  @Override
  public KvReader latest() {
    return new KvReader(new NoRows(), 5, -1);
  }

  @Override
  public View view() {
    throw new AssertionError("no view is needed");
  }

  @Override
  public Executor readers() {
    return Runnable::run;
  }

  @Override
  public Watches watches() {
    return new Watches() {
      @Override
      public WatchStream open(WatchSink sink) {
        throw new UnsupportedOperationException();
      }

      @Override
      public int watchers() {
        return 3;
      }

      @Override
      public int laggingWatchers() {
        return 2;
      }

      @Override
      public int streams() {
        return 1;
      }

      @Override
      public long eventsSent() {
        return 9;
      }
    };
  }

  @Override
  public void renew(long lease, Reply<? super LeaseStanding> reply) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void leaseStanding(long lease, Reply<? super LeaseStanding> reply) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Collection<Lease> leases() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Supplier<long[]> leasesByEnd() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void compacted(long revision, Barrier barrier) {
    throw new AssertionError("a page never compacts");
  }

  @Override
  public void reclaim(Barrier ended) {}

  @Override
  public ReplicaStatus status() {
    return new ReplicaStatus(
        7,
        leader,
        3,
        1,
        12,
        11,
        10,
        9,
        learner,
        List.of(7L),
        List.of(),
        5,
        -1,
        1_000,
        500,
        3,
        0,
        0,
        failure,
        refused,
        heldBack,
        alarms);
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

  @Override
  public Membership membership() {
    throw new AssertionError("nobody asks for it");
  }

  private record NoRows() implements Rows {
    @Override
    public byte @Nullable [] get(byte[] row) {
      return null;
    }

    @Override
    public RowCursor scan(byte[] from, byte @Nullable [] to) {
      throw new AssertionError("nothing is scanned");
    }
  }
}
