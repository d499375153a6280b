package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.KV;
import io.etcd.jetcd.KeyValue;
import io.etcd.jetcd.kv.GetResponse;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.CompactOption;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.GetOption.SortOrder;
import io.etcd.jetcd.options.GetOption.SortTarget;
import io.etcd.jetcd.options.PutOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** jetcd's keyspace, with each of its options; and what it asks of members and status. */
@AgainstServers
class JetcdKvTest extends JetcdCase {
  private final KV kv = client.getKVClient();

  JetcdKvTest(Subject subject) {
    super(subject);
  }

  private List<String> values(GetOption.Builder option) throws Exception {
    return get(kv.get(key(""), option.isPrefix(true).build())).getKvs().stream()
        .map(each -> text(each.getValue()))
        .toList();
  }

  @Test
  void keys_are_put_read_and_deleted_with_every_option() throws Exception {
    long first = get(kv.put(key("a"), bytes("1"))).getHeader().getRevision();
    get(kv.put(key("b"), bytes("3")));
    get(kv.put(key("c"), bytes("2"), PutOption.builder().withAutoRetry().build()));
    assertThat(
            text(
                get(kv.put(key("a"), bytes("4"), PutOption.builder().withPrevKV().build()))
                    .getPrevKv()
                    .getValue()))
        .isEqualTo("1");

    assertThat(values(GetOption.builder())).containsExactly("4", "3", "2");
    assertThat(
            values(
                GetOption.builder()
                    .withSortField(SortTarget.VALUE)
                    .withSortOrder(SortOrder.DESCEND)
                    .withLimit(2)))
        .containsExactly("4", "3");
    assertThat(values(GetOption.builder().withSerializable(true).withMinModRevision(first + 2)))
        .containsExactly("4", "2");
    assertThat(values(GetOption.builder().withMaxModRevision(first + 1))).containsExactly("3");
    assertThat(values(GetOption.builder().withMinCreateRevision(first + 1)))
        .containsExactly("3", "2");
    assertThat(values(GetOption.builder().withMaxCreateRevision(first))).containsExactly("4");
    assertThat(values(GetOption.builder().withKeysOnly(true))).containsExactly("", "", "");
    assertThat(values(GetOption.builder().withRevision(first))).containsExactly("1");
    GetResponse range =
        get(kv.get(key("a"), GetOption.builder().withRange(key("c")).withLimit(1).build()));
    assertThat(range.isMore()).isTrue();
    assertThat(range.getCount()).isEqualTo(2);
    assertThat(
            get(kv.get(key(""), GetOption.builder().isPrefix(true).withCountOnly(true).build()))
                .getCount())
        .isEqualTo(3);

    assertThat(
            get(kv.delete(key("a"), DeleteOption.builder().withPrevKV(true).build())).getPrevKvs())
        .extracting(each -> text(each.getValue()))
        .containsExactly("4");
    assertThat(
            get(kv.delete(key("b"), DeleteOption.builder().withRange(key("c")).build()))
                .getDeleted())
        .isEqualTo(1);
    assertThat(get(kv.delete(key(""), DeleteOption.builder().isPrefix(true).build())).getDeleted())
        .isEqualTo(1);
    assertThat(get(kv.delete(key("a"))).getDeleted()).isZero();
  }

  @Test
  void a_txn_compares_runs_and_nests() throws Exception {
    long mod = get(kv.put(key("a"), bytes("1"))).getHeader().getRevision();
    Op put = Op.put(key("b"), bytes("2"), PutOption.DEFAULT);
    TxnResponse answer =
        get(
            kv.txn()
                .If(
                    new Cmp(key("a"), Cmp.Op.EQUAL, CmpTarget.modRevision(mod)),
                    new Cmp(key("a"), Cmp.Op.EQUAL, CmpTarget.createRevision(mod)),
                    new Cmp(key("a"), Cmp.Op.LESS, CmpTarget.version(2)),
                    new Cmp(key("a"), Cmp.Op.GREATER, CmpTarget.value(bytes("0"))))
                .Then(
                    put,
                    Op.get(key("b"), GetOption.DEFAULT),
                    Op.txn(
                        new Cmp[0],
                        new Op[] {Op.delete(key("a"), DeleteOption.DEFAULT)},
                        new Op[0]))
                .Else(Op.get(key("a"), GetOption.DEFAULT))
                .commit());
    assertThat(answer.isSucceeded()).isTrue();
    assertThat(answer.getPutResponses()).hasSize(1);
    KeyValue read = answer.getGetResponses().get(0).getKvs().get(0);
    assertThat(read.getModRevision()).isEqualTo(mod + 1);
    assertThat(answer.getTxnResponses().get(0).getDeleteResponses().get(0).getDeleted())
        .isEqualTo(1);
    assertThat(
            get(kv.txn()
                    .If(new Cmp(key("a"), Cmp.Op.GREATER, CmpTarget.version(0)))
                    .Then(put)
                    .commit())
                .isSucceeded())
        .isFalse();
  }

  @Test
  void history_is_compacted() throws Exception {
    get(kv.put(key("a"), bytes("1")));
    long revision = get(kv.put(key("a"), bytes("2"))).getHeader().getRevision();
    get(kv.compact(revision, CompactOption.builder().withCompactPhysical(true).build()));
    assertThatThrownBy(() -> get(kv.compact(revision)))
        .hasMessageContaining("mvcc: required revision has been compacted");
    assertThatThrownBy(
            () -> get(kv.get(key("a"), GetOption.builder().withRevision(revision - 1).build())))
        .hasMessageContaining("mvcc: required revision has been compacted");
    assertThatThrownBy(() -> get(kv.get(ByteSequence.EMPTY)))
        .hasMessageContaining("key is not provided");
  }

  @Test
  void members_and_their_state_are_told() throws Exception {
    assertThat(get(client.getClusterClient().listMember()).getMembers())
        .hasSize(1)
        .allMatch(member -> member.getClientURIs().get(0).toString().equals(url));
    var status = get(client.getMaintenanceClient().statusMember(url));
    assertThat(status.getVersion()).startsWith("3.");
    assertThat(status.getLeader()).isNotZero();
    assertThat(get(client.getMaintenanceClient().listAlarms()).getAlarms()).isEmpty();
    get(client.getMaintenanceClient().defragmentMember(url));
  }
}
