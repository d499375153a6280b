package io.quorate.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlarmsTest {
  private static final KvRequest PUT = PutRequest.of(Bytes.utf8("k"), Bytes.utf8("v"));
  private static final KvRequest DELETE = DeleteRangeRequest.one(Bytes.utf8("k"));
  private static final KvRequest GRANT = new LeaseGrantRequest(7, 60);

  private final MemoryRows rows = new MemoryRows();
  private KvStore store = KvStore.open(rows);

  @Test
  void without_space_nothing_is_added_and_everything_else_goes_on() {
    apply(PUT);
    apply(new AlarmRaiseRequest(1, AlarmKind.NO_SPACE, false));
    assertThat(apply(PUT)).isEqualTo(new KvFailure(KvError.NO_SPACE));
    assertThat(apply(GRANT)).isEqualTo(new KvFailure(KvError.NO_SPACE));
    KvRequest hidden =
        new TxnRequest(
            List.of(),
            List.of((KvOp) DELETE),
            List.of(new TxnRequest(List.of(), List.of(), List.of((KvOp) PUT))));
    assertThat(apply(hidden)).isEqualTo(new KvFailure(KvError.NO_SPACE));
    assertThat(apply(new TxnRequest(List.of(), List.of((KvOp) DELETE), List.of())))
        .isInstanceOf(TxnResponse.class);
    assertThat(apply(DELETE)).isInstanceOf(DeleteRangeResponse.class);
    assertThat(apply(new CompactRequest(2, false))).isInstanceOf(CompactResponse.class);
    apply(new AlarmClearRequest(1, AlarmKind.NO_SPACE, false));
    assertThat(apply(PUT)).isInstanceOf(PutResponse.class);
  }

  @Test
  void with_a_corrupt_member_nothing_is_changed() {
    apply(PUT);
    apply(GRANT);
    apply(new AlarmRaiseRequest(1, AlarmKind.CORRUPT, false));
    for (KvRequest refused :
        List.of(
            PUT,
            DELETE,
            new LeaseGrantRequest(8, 60),
            new LeaseRevokeRequest(7),
            new CompactRequest(1, false))) {
      assertThat(apply(refused)).isEqualTo(new KvFailure(KvError.CORRUPT));
    }
    assertThat(store.reader(rows).get(Bytes.utf8("k"))).isNotNull();
    apply(new AlarmClearRequest(1, AlarmKind.CORRUPT, false));
    assertThat(apply(DELETE)).isInstanceOf(DeleteRangeResponse.class);
  }

  /** A member that has room again can't take back what a client said. */
  @Test
  void what_a_client_raised_only_a_client_takes_back() {
    apply(new AlarmRaiseRequest(-1, AlarmKind.NO_SPACE, true));
    apply(new AlarmRaiseRequest(-1, AlarmKind.NO_SPACE, false));
    assertThat(apply(new AlarmClearRequest(-1, AlarmKind.NO_SPACE, true)))
        .isEqualTo(new AlarmResponse(1, List.of()));
    assertThat(store.alarms()).containsExactly(new Alarm(-1, AlarmKind.NO_SPACE, true, false));
    assertThat(apply(new AlarmClearRequest(-1, AlarmKind.NO_SPACE, false)))
        .isEqualTo(new AlarmResponse(1, List.of(new Alarm(-1, AlarmKind.NO_SPACE, true, false))));
    assertThat(store.alarms()).isEmpty();
    assertThat(apply(new AlarmClearRequest(-1, AlarmKind.NO_SPACE, false)))
        .isEqualTo(new AlarmResponse(1, List.of()));
  }

  @Test
  void alarms_outlive_a_restart_and_count_in_the_state_hash() {
    long before = store.stateHash();
    apply(new AlarmRaiseRequest(2, AlarmKind.CORRUPT, false));
    apply(new AlarmRaiseRequest(-2, AlarmKind.NO_SPACE, true));
    assertThat(store.stateHash()).isNotEqualTo(before).isEqualTo(store.recomputedStateHash());
    store = KvStore.open(rows);
    assertThat(store.alarms())
        .containsExactly(
            new Alarm(-2, AlarmKind.NO_SPACE, false, true),
            new Alarm(2, AlarmKind.CORRUPT, true, false));
  }

  private KvResult apply(KvRequest request) {
    KvResult result = store.apply(request, Principal.NOBODY, true);
    store.finish(rows);
    return result;
  }
}
