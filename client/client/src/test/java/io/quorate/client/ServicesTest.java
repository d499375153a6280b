package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.http.HttpChannel;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Shows each service of the API against a real etcd. */
@Timeout(60)
@SuppressWarnings("try") // what is closed in the midst of a test is closed on purpose
class ServicesTest {
  @TempDir Path folder;

  private EtcdProcess etcd;
  private int port;
  private QuorateClient client;

  @BeforeEach
  void start() throws Exception {
    port = EtcdProcess.freePort();
    etcd = EtcdProcess.start(folder, port);
    client = QuorateClient.connect(etcd.endpoint());
  }

  @AfterEach
  void stop() {
    client.close();
    etcd.close();
  }

  @Test
  void a_watch_tells_every_event_once_though_its_member_is_killed_and_started_again()
      throws Exception {
    BlockingQueue<String> told = new LinkedBlockingQueue<>();
    WatchListener listener =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            response.events().forEach(event -> told.add(event.kv().value().toUtf8()));
          }

          @Override
          public void ended(WatchEnd end) {
            told.add(end.toString());
          }
        };
    try (Watcher watcher = client.watch().start(WatchRequest.prefix("k").from(1), listener)) {
      int written = 0;
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 50; i++) {
          client.kv().put("k" + written, "v" + written);
          written++;
        }
        if (round < 2) {
          etcd.close();
          etcd = EtcdProcess.start(folder, port);
        }
      }
      for (int i = 0; i < written; i++) {
        assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("v" + i);
      }
      watcher.requestProgress();
    }
    assertThat(told).isEmpty();
  }

  @Test
  void a_large_revision_comes_whole_out_of_its_fragments() throws Exception {
    for (int i = 0; i < 10; i++) {
      client.kv().put("f" + i, "x".repeat(1_000_000));
    }
    CompletableFuture<WatchResponse> deleted = new CompletableFuture<>();
    WatchListener listener =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            deleted.complete(response);
          }

          @Override
          public void ended(WatchEnd end) {
            deleted.completeExceptionally(new AssertionError(end));
          }
        };
    long revision = client.kv().delete(Delete.prefix("f")).header().revision();
    try (Watcher watcher =
        client.watch().start(WatchRequest.prefix("f").from(revision).withPrevKv(), listener)) {
      WatchResponse whole = deleted.get(30, TimeUnit.SECONDS);
      assertThat(whole.events()).hasSize(10);
      assertThat(whole.events()).allMatch(event -> event.kind() == Event.Kind.DELETE);
      watcher.close();
    }
  }

  @Test
  void a_lease_is_granted_kept_asked_about_and_revoked() throws Exception {
    LeaseGrantResponse granted = client.lease().grant(2);
    long id = granted.id();
    client.kv().put(new Put(Bytes.utf8("a"), Bytes.utf8("1"), id, false, false, false));
    assertThat(client.lease().timeToLive(id, true).keys()).containsExactly(Bytes.utf8("a"));
    assertThat(client.lease().leases().ids()).containsExactly(id);
    assertThat(client.lease().keepAliveOnce(id).ttlSeconds()).isEqualTo(2);
    assertThat(client.lease().keepAliveOnce(1).ttlSeconds()).isZero();
    BlockingQueue<String> fate = new LinkedBlockingQueue<>();
    LeaseListener listener =
        new LeaseListener() {
          @Override
          public void kept(LeaseKeepAliveResponse response) {
            fate.add("kept");
          }

          @Override
          public void lost(ErrorCode code, String reason) {
            fate.add("lost " + code);
          }
        };
    try (LeaseKeeper keeper = client.lease().keepAlive(id, listener)) {
      for (int i = 0; i < 5; i++) { // three times its life
        assertThat(fate.poll(30, TimeUnit.SECONDS)).isEqualTo("kept");
      }
      assertThat(client.kv().get("a")).isPresent();
      client.lease().revoke(id);
      String next = fate.poll(30, TimeUnit.SECONDS);
      while ("kept".equals(next)) {
        next = fate.poll(30, TimeUnit.SECONDS);
      }
      assertThat(next).isEqualTo("lost NOT_FOUND");
      keeper.close();
    }
    assertThat(client.kv().get("a")).isEmpty();
    assertThat(client.lease().timeToLive(id, false).ttlSeconds()).isEqualTo(-1);
    assertThatThrownBy(() -> client.lease().revoke(id))
        .hasMessage("etcdserver: requested lease not found")
        .matches(ErrorCode.NOT_FOUND::isOf);
  }

  @Test
  void a_token_is_got_and_got_anew_when_the_member_has_forgotten_it() throws Exception {
    client.auth().userAdd("root", "secret");
    client.auth().roleAdd("root");
    client.auth().userGrantRole("root", "root");
    client.auth().userAdd("u", "pw");
    client.auth().roleAdd("r");
    Permission permission =
        new Permission(
            Permission.Type.READWRITE, Bytes.utf8("p/"), Keys.prefixEnd(Bytes.utf8("p/")));
    client.auth().roleGrantPermission("r", permission);
    client.auth().userGrantRole("u", "r");
    assertThat(client.auth().roleGet("r").permissions()).containsExactly(permission);
    assertThat(client.auth().userGet("u").names()).containsExactly("r");
    assertThat(client.auth().userList().names()).containsExactly("root", "u");
    try (QuorateClient user = as("u", "pw");
        QuorateClient root = as("root", "secret")) {
      user.kv().put("q", "authentication is off");
      client.auth().enable();
      user.kv().put("p/1", "x");
      assertThatThrownBy(() -> user.kv().put("q", "x"))
          .hasMessage("etcdserver: permission denied")
          .matches(ErrorCode.PERMISSION_DENIED::isOf);
      assertThatThrownBy(() -> client.kv().put("p/1", "x"))
          .hasMessage("etcdserver: user name is empty")
          .matches(ErrorCode.INVALID_REQUEST::isOf);
      BlockingQueue<String> told = new LinkedBlockingQueue<>();
      WatchListener listener =
          new WatchListener() {
            @Override
            public void events(WatchResponse response) {
              response.events().forEach(event -> told.add(event.kv().value().toUtf8()));
            }

            @Override
            public void ended(WatchEnd end) {
              told.add(end.toString());
            }
          };
      try (Watcher watcher = user.watch().start(WatchRequest.prefix("p/").from(1), listener)) {
        assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("x");
        etcd.close();
        etcd = EtcdProcess.start(folder, port); // tokens live in its memory
        user.kv().put("p/1", "y");
        assertThat(told.poll(30, TimeUnit.SECONDS)).isEqualTo("y");
        watcher.close();
      }
      root.auth().disable();
      user.kv().put("q", "authentication is off again");
    }
    try (QuorateClient wrong = as("u", "other")) {
      wrong.kv().put("q", "nobody asks");
      client.auth().enable();
      assertThatThrownBy(() -> wrong.kv().put("q", "x"))
          .hasMessage("etcdserver: authentication failed, invalid user ID or password")
          .matches(ErrorCode.PERMISSION_DENIED::isOf);
    }
  }

  @Test
  void members_and_their_maintenance_answer() throws Exception {
    Member self = client.cluster().memberList().members().get(0);
    assertThat(client.cluster().memberUpdate(self.id(), self.peerUrls()).members())
        .containsExactly(self);
    assertThatThrownBy(() -> client.cluster().memberRemove(1))
        .hasMessage("etcdserver: member not found")
        .matches(ErrorCode.NOT_FOUND::isOf);
    assertThatThrownBy(() -> client.cluster().memberPromote(self.id()))
        .matches(ErrorCode.STATE_MOVED::isOf);
    client.kv().put("k", "v");
    HashResponse hash = client.maintenance().hashKv(0);
    assertThat(client.maintenance().hashKv(hash.header().revision()).hash()).isEqualTo(hash.hash());
    client.maintenance().defragment();
    client.maintenance().moveLeader(self.id());
    AlarmMember alarm = new AlarmMember(self.id(), AlarmMember.Type.NOSPACE);
    assertThat(client.maintenance().alarmActivate(alarm).alarms()).containsExactly(alarm);
    assertThatThrownBy(() -> client.kv().put("k", "v")).matches(ErrorCode.SPACE_EXCEEDED::isOf);
    assertThat(client.maintenance().alarms().alarms()).containsExactly(alarm);
    assertThat(client.maintenance().alarmDeactivate(alarm).alarms()).containsExactly(alarm);
    client.kv().put("k", "v");
    MemberAddResponse added = client.cluster().memberAddAsLearner(List.of("http://127.0.0.1:1"));
    assertThat(added.member().learner()).isTrue();
    assertThat(added.members()).hasSize(2);
    assertThat(client.cluster().memberRemove(added.member().id()).members()).containsExactly(self);
  }

  @Test
  void a_snapshot_comes_whole_with_its_sum_behind_it() throws Exception {
    for (int i = 0; i < 20; i++) {
      client.kv().put("k" + i, "x".repeat(200_000));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    client
        .maintenance()
        .snapshot(part -> bytes.writeBytes(part.blob().toArray()), Runnable::run)
        .get(30, TimeUnit.SECONDS);
    byte[] all = bytes.toByteArray();
    assertThat(all.length % 512).isEqualTo(32);
    byte[] data = Arrays.copyOf(all, all.length - 32);
    assertThat(MessageDigest.getInstance("SHA-256").digest(data))
        .isEqualTo(Arrays.copyOfRange(all, data.length, all.length));
  }

  @Test
  void locks_and_elections_that_members_keep_are_passed_on() throws Exception {
    Bytes name = Bytes.utf8("l");
    long one = client.lease().grant(60).id();
    long two = client.lease().grant(60).id();
    Duration patience = Duration.ofSeconds(30);
    Bytes first = client.lock().lock(name, one, patience).key();
    assertThat(first.toUtf8()).isEqualTo("l/" + Long.toHexString(one));
    CompletableFuture<LockResponse> second = client.lock().lockAsync(name, two, patience);
    assertThatThrownBy(() -> client.lock().lock(name, two, Duration.ofMillis(200)))
        .isInstanceOf(io.quorate.base.QuorateException.class);
    client.lock().unlock(first);
    assertThat(second.get(30, TimeUnit.SECONDS).key().toUtf8()).endsWith(Long.toHexString(two));

    Bytes election = Bytes.utf8("e");
    assertThatThrownBy(() -> client.election().leader(election)).matches(ErrorCode.NOT_FOUND::isOf);
    LeaderKey leader =
        client.election().campaign(election, one, Bytes.utf8("a"), patience).leader();
    assertThat(client.election().leader(election).kv().value().toUtf8()).isEqualTo("a");
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    CompletableFuture<Void> observing =
        client
            .election()
            .observe(election, now -> seen.add(now.kv().value().toUtf8()), Runnable::run);
    assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("a");
    client.election().proclaim(leader, Bytes.utf8("b"));
    assertThat(seen.poll(30, TimeUnit.SECONDS)).isEqualTo("b");
    observing.cancel(false);
    client.election().resign(leader);
  }

  private QuorateClient as(String user, String password) {
    HttpChannel channel = HttpChannel.open(List.of(etcd.endpoint()));
    return QuorateClient.over(
        channel,
        channel.timer(),
        ClientOptions.DEFAULT.credentials(new Credentials(user, password)));
  }
}
