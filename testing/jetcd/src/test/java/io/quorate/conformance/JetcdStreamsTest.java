package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.KV;
import io.etcd.jetcd.Lease;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.lease.LeaseKeepAliveResponse;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.etcd.jetcd.watch.WatchEvent.EventType;
import io.etcd.jetcd.watch.WatchResponse;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** jetcd's watches and leases, with each of their options. */
@AgainstServers
class JetcdStreamsTest extends JetcdCase {
  private final KV kv = client.getKVClient();
  private final Watch watch = client.getWatchClient();
  private final Lease lease = client.getLeaseClient();
  private final BlockingQueue<WatchResponse> answers = new LinkedBlockingQueue<>();

  JetcdStreamsTest(Subject subject) {
    super(subject);
  }

  private WatchResponse next() throws InterruptedException {
    WatchResponse answer = answers.poll(30, TimeUnit.SECONDS);
    if (answer == null) {
      throw new AssertionError("no answer came");
    }
    return answer;
  }

  @Test
  void watchers_see_what_they_asked_for() throws Exception {
    long first = get(kv.put(key("a"), bytes("1"))).getHeader().getRevision();
    WatchOption option =
        WatchOption.builder()
            .isPrefix(true)
            .withRevision(first)
            .withPrevKV(true)
            .withProgressNotify(true)
            .withCreateNotify(true)
            .withRequireLeader(true)
            .build();
    try (Watch.Watcher _ = watch.watch(key(""), option, answers::add)) {
      assertThat(next().isCreatedNotify()).isTrue();
      assertThat(text(next().getEvents().get(0).getKeyValue().getValue())).isEqualTo("1");
      get(kv.put(key("a"), bytes("2")));
      WatchEvent put = next().getEvents().get(0);
      assertThat(put.getEventType()).isEqualTo(EventType.PUT);
      assertThat(text(put.getPrevKV().getValue())).isEqualTo("1");
      get(kv.delete(key(""), DeleteOption.builder().isPrefix(true).build()));
      WatchEvent gone = next().getEvents().get(0);
      assertThat(gone.getEventType()).isEqualTo(EventType.DELETE);
      assertThat(gone.getKeyValue().getModRevision()).isEqualTo(first + 2);
      watch.requestProgress();
      assertThat(next().isProgressNotify()).isTrue();
    }
  }

  @Test
  void watchers_leave_out_what_they_did_not_ask_for() throws Exception {
    long now = get(kv.put(key("x"), bytes("1"))).getHeader().getRevision();
    WatchOption deletes =
        WatchOption.builder().withRevision(now + 1).withRange(key("c")).withNoPut(true).build();
    try (Watch.Watcher _ = watch.watch(key("a"), deletes, answers::add)) {
      get(kv.put(key("a"), bytes("1")));
      get(kv.put(key("d"), bytes("1")));
      get(kv.delete(key("d")));
      get(kv.delete(key("a")));
      assertThat(next().getEvents().get(0).getKeyValue().getKey()).isEqualTo(key("a"));
    }
    WatchOption puts = WatchOption.builder().withRevision(now + 1).withNoDelete(true).build();
    try (Watch.Watcher _ = watch.watch(key("a"), puts, answers::add)) {
      assertThat(next().getEvents()).hasSize(1);
    }
  }

  @Test
  void a_compacted_watch_says_so() throws Exception {
    long first = get(kv.put(key("a"), bytes("1"))).getHeader().getRevision();
    get(kv.put(key("a"), bytes("2")));
    get(kv.compact(first + 1));
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    WatchOption old = WatchOption.builder().withRevision(first).build();
    try (Watch.Watcher _ =
        watch.watch(key("a"), old, _ -> {}, thrown -> failure.complete(thrown))) {
      assertThat(get(failure)).hasMessageContaining("compacted");
    }
  }

  @Test
  void leases_are_granted_kept_alive_and_revoked() throws Exception {
    long id = get(lease.grant(60)).getID();
    get(kv.put(key("a"), bytes("1"), PutOption.builder().withLeaseId(id).build()));
    assertThat(get(lease.keepAliveOnce(id)).getTTL()).isEqualTo(60);
    var left = get(lease.timeToLive(id, LeaseOption.builder().withAttachedKeys().build()));
    assertThat(left.getGrantedTTL()).isEqualTo(60);
    assertThat(left.getTTL()).isBetween(50L, 60L);
    assertThat(left.getKeys()).containsExactly(key("a"));
    assertThat(get(lease.grant(61, 10, TimeUnit.SECONDS)).getTTL()).isEqualTo(61);
    get(lease.revoke(id));
    assertThat(get(kv.get(key("a"))).getCount()).isZero();
  }

  /** Shows that a lease of 2 s lives as long as jetcd renews it, and not longer. */
  @Test
  void a_lease_is_kept_alive_until_nobody_does() throws Exception {
    long id = get(lease.grant(2)).getID();
    get(kv.put(key("kept"), bytes("1"), PutOption.builder().withLeaseId(id).build()));
    BlockingQueue<LeaseKeepAliveResponse> renewals = new LinkedBlockingQueue<>();
    StreamObserver<LeaseKeepAliveResponse> observer =
        new StreamObserver<>() {
          @Override
          public void onNext(LeaseKeepAliveResponse value) {
            renewals.add(value);
          }

          @Override
          public void onError(Throwable t) {}

          @Override
          public void onCompleted() {}
        };
    try (var _ = watch.watch(key("kept"), answers::add)) {
      try (var _ = lease.keepAlive(id, observer)) {
        for (int i = 0; i < 5; i++) {
          assertThat(renewals.poll(30, TimeUnit.SECONDS)).isNotNull();
        }
        assertThat(answers).isEmpty();
      }
      assertThat(next().getEvents().get(0).getEventType()).isEqualTo(EventType.DELETE);
    }
  }
}
