package io.quorate.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.channel.Timer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of the leases while one of the clusters is away, or worse. */
@Timeout(120)
class LeaseMirrorTest {
  private static final long LEASE = 7;
  private static final long TTL = 3;

  private final Cluster source = new Cluster();
  private final Cluster target = new Cluster();
  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private final LeaseMirror mirror =
      new LeaseMirror(
          source.client.lease(),
          target.client.lease(),
          new Patience(new CompletableFuture<>(), this::tell),
          () -> 0);

  /** What is said throws what nobody expects. */
  private volatile boolean broken;

  private void tell(String what) {
    if (broken) {
      throw new IllegalStateException("out of order");
    }
    told.add(what);
  }

  /** Else they would end at the destination, and take their keys with them. */
  @Test
  void leases_are_renewed_while_somebody_waits_for_the_source() throws InterruptedException {
    mirror.begin();
    source.silent = true;
    Thread copying = Thread.startVirtualThread(() -> mirror.here(99));
    source.await("LeaseTimeToLive 99");
    target.renewals.clear();
    for (int i = 0; i < 6; i++) { // by the last of them a look has begun, too
      assertThat(target.renewals.poll(20, TimeUnit.SECONDS)).isEqualTo("LeaseKeepAlive " + LEASE);
    }
    assertThat(copying.isAlive()).isTrue();
    assertThat(mirror.count()).isEqualTo(1);
    mirror.close();
  }

  @Test
  void what_should_never_happen_ends_the_migration_and_is_said() {
    mirror.begin();
    broken = true;
    target.refusing = true;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    assertThatThrownBy(
            () -> {
              while (!mirror.takeLost() && System.nanoTime() - deadline < 0) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
              }
            })
        .isInstanceOf(Failure.class)
        .hasMessageContaining("the leases can't be kept equal any more")
        .hasMessageContaining("out of order");
    assertThatThrownBy(() -> mirror.here(99)).isInstanceOf(Failure.class);
    assertThatThrownBy(mirror::renewAll).isInstanceOf(Failure.class);
    mirror.close();
  }

  @Test
  void a_cluster_that_answers_with_an_error_is_told_and_asked_again() throws InterruptedException {
    mirror.begin();
    target.refusing = true;
    assertThat(told.poll(60, TimeUnit.SECONDS)).contains("the leases: ", "trying again");
    target.refusing = false;
    target.renewals.clear();
    assertThat(target.renewals.poll(20, TimeUnit.SECONDS)).isEqualTo("LeaseKeepAlive " + LEASE);
    assertThat(mirror.takeLost()).isFalse();
    mirror.close();
  }

  /** A cluster with one lease, which answers, is silent, or refuses. */
  private static final class Cluster implements Channel, Timer {
    private final QuorateClient client = QuorateClient.over(this, this, ClientOptions.DEFAULT);
    private final BlockingQueue<String> calls = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> renewals = new LinkedBlockingQueue<>();
    private volatile boolean silent;
    private volatile boolean refusing;

    void await(String call) throws InterruptedException {
      String next;
      do {
        next = calls.poll(60, TimeUnit.SECONDS);
        assertThat(next).as("waiting for " + call).isNotNull();
      } while (!call.equals(next));
    }

    @Override
    public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
      String name = method.substring(method.lastIndexOf('/') + 1);
      ProtoReader fields = new ProtoReader(request);
      String call = name + (fields.next() ? " " + fields.number() : "");
      calls.add(call);
      if (name.equals("LeaseKeepAlive")) {
        renewals.add(call);
      }
      if (silent) {
        return new CompletableFuture<>();
      }
      if (refusing) {
        return CompletableFuture.completedFuture(
            Answer.failed(StatusCode.PERMISSION_DENIED, "etcdserver: permission denied", "fake"));
      }
      ProtoWriter answer = new ProtoWriter(64);
      switch (name) {
        case "LeaseLeases" -> {
          int lease = answer.open(2);
          var _ = answer.number(1, LEASE).close(lease);
        }
        case "LeaseTimeToLive" -> {
          var _ = answer.number(2, LEASE).number(3, TTL).number(4, TTL);
        }
        case "LeaseGrant", "LeaseKeepAlive" -> {
          var _ = answer.number(2, LEASE).number(3, TTL);
        }
        default -> throw new AssertionError(call);
      }
      return CompletableFuture.completedFuture(Answer.ok(answer.toBytes(), "fake"));
    }

    @Override
    public StreamCall stream(
        String method, Metadata metadata, String avoid, StreamListener listener) {
      throw new AssertionError(method);
    }

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public void after(long delayNanos, Runnable task) {
      var _ =
          CompletableFuture.runAsync(
              task, CompletableFuture.delayedExecutor(delayNanos, TimeUnit.NANOSECONDS));
    }

    @Override
    public void close() {}
  }
}
