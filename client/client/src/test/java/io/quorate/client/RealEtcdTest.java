package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shows the whole client, network and all, against a real etcd. */
class RealEtcdTest {
  @TempDir static Path folder;

  private static EtcdProcess etcd;
  private static QuorateClient client;

  @BeforeAll
  static void start() throws Exception {
    etcd = EtcdProcess.start(folder);
    client = QuorateClient.connect(etcd.endpoint());
  }

  @AfterAll
  static void stop() {
    client.close();
    etcd.close();
  }

  @Test
  void what_is_put_is_read_with_its_revisions_and_told_when_overwritten() {
    PutResponse first = client.kv().put("basic", "1");
    PutResponse second = client.kv().put(Put.of("basic", "2").withPrevKv());
    assertThat(second.header().revision()).isGreaterThan(first.header().revision());
    assertThat(second.prevKv())
        .isEqualTo(
            new KeyValue(
                Bytes.utf8("basic"),
                Bytes.utf8("1"),
                first.header().revision(),
                first.header().revision(),
                1,
                0));
    assertThat(client.kv().get("basic")).map(KeyValue::version).contains(2L);
    assertThat(client.kv().get("no such key")).isEmpty();
  }

  @Test
  void every_option_of_a_range_means_what_etcd_means_by_it() {
    for (String name : List.of("c", "a", "b", "d")) {
      client.kv().put("range/" + name, "value of " + name);
    }
    Range all = Range.prefix("range/");
    assertThat(keys(all)).containsExactly("range/a", "range/b", "range/c", "range/d");
    assertThat(keys(all.sort(Range.Target.CREATE, Range.Order.DESCEND)))
        .containsExactly("range/d", "range/b", "range/a", "range/c");
    RangeResponse limited = client.kv().range(all.limit(2));
    assertThat(limited.more()).isTrue();
    assertThat(limited.count()).isEqualTo(4);
    assertThat(limited.kvs()).hasSize(2);
    assertThat(client.kv().range(all.withCountOnly()).count()).isEqualTo(4);
    assertThat(client.kv().range(all.withKeysOnly()).kvs().get(0).value()).isEqualTo(Bytes.EMPTY);
    assertThat(keys(Range.between(Bytes.utf8("range/b"), Bytes.utf8("range/d"))))
        .containsExactly("range/b", "range/c");
    assertThat(keys(Range.from(Bytes.utf8("range/c")).limit(2).asSerializable()))
        .containsExactly("range/c", "range/d");
    long middle = client.kv().get("range/a").orElseThrow().modRevision();
    assertThat(keys(all.revision(middle))).containsExactly("range/a", "range/c");
    assertThat(keys(all.modRevisions(middle, middle))).containsExactly("range/a");
    assertThat(keys(all.createRevisions(middle + 1, 0))).containsExactly("range/b", "range/d");
  }

  @Test
  void a_transaction_takes_one_branch_and_brings_what_each_operation_did() {
    client.kv().put("txn/k", "old");
    client.kv().put("txn/gone", "1");
    TxnResponse taken =
        client
            .kv()
            .txn(
                Txn.when(
                        Compare.value("txn/k").is("old"),
                        Compare.version("txn/k").greaterThan(0),
                        Compare.absent(Bytes.utf8("txn/none")),
                        Compare.exists(Bytes.utf8("txn/k")),
                        Compare.modRevision("txn/").greaterThan(0).forPrefix())
                    .then(
                        Put.of("txn/k", "new").withPrevKv(),
                        Range.key("txn/k"),
                        Delete.key("txn/gone").withPrevKv(),
                        Txn.when(Compare.exists(Bytes.utf8("txn/k")))
                            .then(Put.of("txn/inner", "1")))
                    .otherwise(Put.of("txn/wrong", "")));
    assertThat(taken.succeeded()).isTrue();
    assertThat(taken.responses())
        .satisfiesExactly(
            put ->
                assertThat(((PutResponse) put).prevKv())
                    .extracting(KeyValue::value)
                    .isEqualTo(Bytes.utf8("old")),
            range ->
                assertThat(((RangeResponse) range).first().orElseThrow().value())
                    .isEqualTo(Bytes.utf8("new")),
            delete -> assertThat(((DeleteResponse) delete).prevKvs()).hasSize(1),
            inner -> assertThat(((TxnResponse) inner).responses()).hasSize(1));

    TxnResponse other =
        client
            .kv()
            .txn(
                Txn.when(Compare.value("txn/inner").isNot(Bytes.utf8("1")))
                    .then(Put.of("txn/wrong", ""))
                    .otherwise(Range.key("txn/inner")));
    assertThat(other.succeeded()).isFalse();
    assertThat(client.kv().get("txn/wrong")).isEmpty();
  }

  @Test
  void refusals_come_as_typed_exceptions_in_etcds_words() {
    assertThatThrownBy(() -> client.kv().range(Range.key("k").revision(1_000_000)))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessage("etcdserver: mvcc: required revision is a future revision");
    assertThatThrownBy(() -> client.kv().put("", "v"))
        .hasMessage("etcdserver: key is not provided");
    assertThatThrownBy(() -> client.kv().put(Put.of("k", "v").lease(99)))
        .isInstanceOfSatisfying(
            QuorateException.class,
            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.NOT_FOUND));
    Bytes huge = Bytes.wrap(new byte[3 << 20]);
    assertThatThrownBy(() -> client.kv().put(Put.of(Bytes.utf8("k"), huge)))
        .isInstanceOfSatisfying(
            QuorateException.class,
            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_REQUEST));
  }

  @Test
  void history_below_a_compaction_is_gone() {
    client.kv().put("compact", "1");
    long revision = client.kv().put("compact", "2").header().revision();
    var unused = client.kv().compact(revision, true);
    assertThat(client.kv().range(Range.key("compact").revision(revision)).count()).isEqualTo(1);
    assertThatThrownBy(() -> client.kv().range(Range.key("compact").revision(revision - 1)))
        .isInstanceOfSatisfying(
            QuorateException.class,
            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.REVISION_COMPACTED));
  }

  @Test
  void messages_larger_than_any_window_go_both_ways() {
    byte[] large = new byte[1_400_000];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 31 + (i >> 8));
    }
    List<CompletableFuture<PutResponse>> puts = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      puts.add(client.kv().putAsync(Put.of(Bytes.utf8("large/" + i), Bytes.wrap(large))));
    }
    puts.forEach(CompletableFuture::join);
    RangeResponse all = client.kv().range(Range.prefix("large/"));
    assertThat(all.kvs()).hasSize(8);
    for (KeyValue kv : all.kvs()) {
      assertThat(kv.value()).isEqualTo(Bytes.wrap(large));
    }
    assertThat(client.kv().delete(Delete.prefix("large/")).deleted()).isEqualTo(8);
  }

  @Test
  void a_thousand_calls_at_once_all_come_back() {
    List<CompletableFuture<PutResponse>> puts = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      puts.add(client.kv().putAsync(Put.of("many/" + i, "v" + i)));
    }
    assertThat(puts.stream().map(put -> put.join().header().revision()).distinct()).hasSize(1_000);
    assertThat(client.kv().delete(Delete.prefix("many/").withPrevKv()).prevKvs()).hasSize(1_000);
  }

  @Test
  void members_and_status_tell_the_same_member() {
    MemberListResponse members = client.cluster().memberList();
    StatusResponse status = client.maintenance().status();
    assertThat(members.members()).hasSize(1);
    Member member = members.members().get(0);
    assertThat(member.id()).isEqualTo(status.leader()).isEqualTo(status.header().memberId());
    assertThat(member.clientUrls()).containsExactly("http://" + etcd.endpoint());
    assertThat(status.version()).startsWith("3.");
    assertThat(status.dbSize()).isPositive();
    assertThat(status.raftTerm()).isPositive();
  }

  @Test
  void an_endpoint_that_is_down_is_passed_over() throws Exception {
    try (QuorateClient several =
        QuorateClient.connect(
            "127.0.0.1:" + EtcdProcess.freePort(), "http://localhost:" + port())) {
      assertThat(several.kv().put("failover", "1").header().revision()).isPositive();
      assertThat(several.kv().get("failover")).isPresent();
    }
  }

  @Test
  @SuppressWarnings("try") // The process only has to be there.
  void a_client_finds_its_member_again_after_a_restart(@TempDir Path own) throws Exception {
    int port = EtcdProcess.freePort();
    try (QuorateClient lasting = QuorateClient.connect("127.0.0.1:" + port)) {
      try (EtcdProcess unused = EtcdProcess.start(own, port)) {
        lasting.kv().put("restart", "1");
      }
      CompletableFuture<RangeResponse> during = lasting.kv().rangeAsync(Range.key("restart"));
      try (EtcdProcess unused = EtcdProcess.start(own, port)) {
        assertThat(during.join().count()).isEqualTo(1);
        assertThat(lasting.kv().get("restart")).isPresent();
      }
    }
  }

  private static String port() {
    return etcd.endpoint().substring(etcd.endpoint().indexOf(':') + 1);
  }

  private static List<String> keys(Range range) {
    return client.kv().range(range).kvs().stream().map(kv -> kv.key().toUtf8()).toList();
  }
}
