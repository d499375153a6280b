package io.quorate;

import io.quorate.node.Barrier;
import io.quorate.node.Node;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Waits for a replica to serve, by asking it to read through the cluster until it can, and until
 * the cluster knows where clients reach the member: whoever hears that it is ready may ask for
 * that.
 */
final class Readiness implements Barrier {
  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Node node;
  private final Replica replica;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();

  Readiness(Node node, Replica replica) {
    this.node = node;
    this.replica = replica;
  }

  /** Completes when a read passed, or exceptionally when the replica has stopped. */
  CompletableFuture<Void> future() {
    replica.loop().execute(this::ask);
    return ready;
  }

  private void ask() {
    if (!ready.isDone()) {
      replica.readBarrier(this);
    }
  }

  @Override
  public void passed() {
    if (node.isPublished() && replica.membership().isSettled()) {
      ready.complete(null);
    } else {
      askAgain();
    }
  }

  private void askAgain() {
    var _ = replica.loop().schedule(AGAIN_NANOS, this::ask);
  }

  @Override
  public void refused(Refusal why) {
    switch (why) {
      case STOPPED, NOT_SERVING ->
          ready.completeExceptionally(new IllegalStateException("the member has stopped"));
      case LEARNER -> ready.complete(null);
      default -> askAgain();
    }
  }
}
