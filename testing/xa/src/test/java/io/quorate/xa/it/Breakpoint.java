package io.quorate.xa.it;

import io.quorate.client.CallEnd;
import io.quorate.client.CallObserver;
import io.quorate.client.ClientObserver;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.ConnectionBranch;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.OnePhase;
import io.quorate.xa.branch.Resource;
import java.sql.Connection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stops a process at one step of a commit, once: it says so, and waits until it is told to go on,
 * if it ever is. So what is done to it, or to anything else, is done right there.
 */
final class Breakpoint implements ClientObserver {
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final AtomicInteger prepared = new AtomicInteger();
  private final AtomicInteger committed = new AtomicInteger();

  // Guarded by this.
  private @Nullable Step armed;
  private boolean decides;

  synchronized void arm(Step step) {
    armed = step;
    prepared.set(0);
    committed.set(0);
  }

  void goOn() {
    goOn.countDown();
  }

  /** Says that it is there, if that is where it shall stop. */
  void at(Step step) {
    synchronized (this) {
      if (armed != step) {
        return;
      }
      armed = null;
    }
    System.out.println("AT " + step);
    if (!step.goesOn()) {
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  // ---- the decision ----------------------------------------------------------------------------

  private synchronized void decides(boolean next) {
    decides = next;
  }

  @Override
  public CallObserver call(String method) {
    synchronized (this) {
      if (!decides || !method.endsWith("/Txn")) {
        return CallObserver.NONE;
      }
      decides = false;
    }
    at(Step.BEFORE_DECISION);
    at(Step.IN_DECISION);
    return new CallObserver() {
      @Override
      public void ended(CallEnd end) {
        at(Step.AFTER_DECISION);
      }
    };
  }

  // ---- branches --------------------------------------------------------------------------------

  /** The same resource, whose branches stop at steps. */
  <B extends ConnectionBranch> Resource<ConnectionBranch> at(Resource<B> resource) {
    return new Resource<>() {
      @Override
      public String name() {
        return resource.name();
      }

      @Override
      public CompletableFuture<String> check() {
        return resource.check();
      }

      @Override
      public ConnectionBranch begin(BranchId id) throws Exception {
        return new Stopping(resource.begin(id));
      }

      @Override
      public CompletableFuture<List<BranchId>> prepared(long domain) {
        return resource.prepared(domain);
      }

      @Override
      public CompletableFuture<Finish> commit(BranchId id, String evidence) {
        return finishing(() -> resource.commit(id, evidence));
      }

      @Override
      public CompletableFuture<Finish> abort(BranchId id) {
        return finishing(() -> resource.abort(id));
      }
    };
  }

  private interface Order<T> {
    CompletableFuture<T> give();
  }

  private CompletableFuture<Finish> finishing(Order<Finish> order) {
    return elsewhere(
            () -> {
              if (committed.get() == 0) {
                at(Step.BEFORE_COMMIT);
                at(Step.IN_COMMIT);
              }
            })
        .thenCompose(_ -> order.give())
        .thenApply(finish -> {
          at(committed.incrementAndGet() == 1 ? Step.AFTER_COMMIT : Step.BEFORE_FORGET);
          return finish;
        });
  }

  private static CompletableFuture<Void> elsewhere(Runnable step) {
    return CompletableFuture.runAsync(step, ForkJoinPool.commonPool());
  }

  private final class Stopping implements ConnectionBranch {
    private final ConnectionBranch branch;

    Stopping(ConnectionBranch branch) {
      this.branch = branch;
    }

    @Override
    public Connection connection() {
      return branch.connection();
    }

    @Override
    public BranchId id() {
      return branch.id();
    }

    @Override
    public CompletableFuture<Ballot> prepare() {
      return elsewhere(
              () -> {
                if (prepared.get() == 0) {
                  at(Step.BEFORE_PREPARE);
                  at(Step.IN_PREPARE);
                }
              })
          .thenCompose(_ -> branch.prepare())
          .thenApply(ballot -> {
            if (prepared.incrementAndGet() == 1) {
              at(Step.AFTER_PREPARE);
            } else {
              decides(true);
            }
            return ballot;
          });
    }

    @Override
    public CompletableFuture<OnePhase> commitOnePhase() {
      return branch.commitOnePhase();
    }

    @Override
    public CompletableFuture<Finish> commit() {
      return finishing(branch::commit);
    }

    @Override
    public CompletableFuture<Finish> abort() {
      return branch.abort();
    }

    @Override
    public void doom(String reason) {
      branch.doom(reason);
    }

    @Override
    public void leave() {
      branch.leave();
    }
  }
}
