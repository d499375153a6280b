package io.quorate.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.InvariantViolation;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.CompactionJob;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvValidator;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.PutResponse;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MachineTest {
  private final MemoryRows rows = new MemoryRows();
  private final Machine machine = Machine.open(rows);

  private static Bytes b(String text) {
    return Bytes.utf8(text);
  }

  private static Bytes put(String key, String value) {
    return CommandCodec.encode(1, 1, 1, PutRequest.of(b(key), b(value)));
  }

  @Test
  void a_new_group_has_applied_nothing() {
    assertThat(machine.appliedIndex()).isZero();
    assertThat(machine.appliedTerm()).isZero();
    assertThat(machine.configuration().isEmpty()).isTrue();
    assertThat(machine.revision()).isEqualTo(1);
    assertThat(machine.finish(rows)).isFalse();
    assertThat(rows.dump()).isEmpty();
  }

  @Test
  void what_was_applied_is_there_again_after_opening() {
    machine.applyNothing(1, 4);
    machine.applyConfiguration(2, 4, b("three members"));
    PutResponse response = (PutResponse) machine.apply(3, 5, put("a", "1"), true);
    assertThat(response.revision()).isEqualTo(2);
    assertThat(machine.finish(rows)).isTrue();
    Machine again = Machine.open(rows);
    assertThat(again.appliedIndex()).isEqualTo(3);
    assertThat(again.appliedTerm()).isEqualTo(5);
    assertThat(again.configuration()).isEqualTo(b("three members"));
    assertThat(again.revision()).isEqualTo(2);
    assertThat(again.stateHash()).isEqualTo(machine.stateHash());
    assertThat(again.recomputedStateHash()).isEqualTo(machine.stateHash());
    assertThat(again.latest().get(b("a"))).isEqualTo(new KeyValue(b("a"), 2, 2, 1, b("1"), 0));
  }

  /** Whatever batches reached the engine before a crash, the rest of the log gives the same. */
  @Test
  void a_crash_between_any_two_batches_is_made_good_by_the_log() {
    List<Bytes> log = log(400, 7);
    MemoryRows straight = new MemoryRows();
    Machine reference = Machine.open(straight);
    for (int i = 0; i < log.size(); i++) {
      reference.apply(i + 1, 1, log.get(i), true);
    }
    reference.finish(straight);
    Random random = new Random(8);
    for (int round = 0; round < 30; round++) {
      MemoryRows disk = new MemoryRows();
      Machine live = Machine.open(disk);
      while (live.appliedIndex() < log.size()) {
        live.apply(
            live.appliedIndex() + 1, 1, log.get((int) live.appliedIndex()), random.nextBoolean());
        int dice = random.nextInt(20);
        if (dice == 0) {
          live = Machine.open(disk);
        } else if (dice < 5) {
          live.finish(disk);
        }
      }
      live.finish(disk);
      assertThat(live.stateHash()).isEqualTo(reference.stateHash());
      assertThat(disk.dump()).as("round " + round).isEqualTo(straight.dump());
    }
  }

  private static List<Bytes> log(int length, long seed) {
    Commands commands = new Commands(seed);
    List<Bytes> log = new ArrayList<>();
    while (log.size() < length) {
      KvRequest request = commands.request();
      if (KvValidator.validate(request, Limits.TXN_OPS_DEFAULT) == null) {
        log.add(CommandCodec.encode(1, 1, log.size(), request));
      }
    }
    return log;
  }

  @Test
  void an_entry_out_of_order_or_twice_stops_the_group() {
    machine.apply(1, 1, put("a", "1"), true);
    assertThatThrownBy(() -> machine.apply(1, 1, put("a", "1"), true))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("entry 1 after 1");
    assertThatThrownBy(() -> machine.applyNothing(3, 1)).isInstanceOf(InvariantViolation.class);
    machine.applyNothing(2, 5);
    assertThatThrownBy(() -> machine.applyNothing(3, 4))
        .isInstanceOf(InvariantViolation.class)
        .hasMessageContaining("term 4 after 5");
  }

  @Test
  void a_command_that_cannot_be_read_stops_the_group_and_moves_nothing() {
    byte[] newer = put("a", "1").toArray();
    newer[0] = 9;
    assertThatThrownBy(() -> machine.apply(1, 1, Bytes.wrap(newer), true))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("format 9");
    assertThat(machine.appliedIndex()).isZero();
    assertThat(machine.finish(rows)).isFalse();
  }

  @Test
  void a_read_within_a_batch_is_a_mistake_that_is_found() {
    machine.apply(1, 1, put("a", "1"), true);
    assertThatThrownBy(machine::latest).isInstanceOf(InvariantViolation.class);
    machine.finish(rows);
    assertThat(machine.latest().get(b("a"))).isNotNull();
  }

  @Test
  void a_reader_of_a_view_stays_at_its_revision_while_the_group_goes_on() {
    machine.apply(1, 1, put("a", "1"), true);
    machine.finish(rows);
    KvReader reader = machine.reader(rows.view());
    machine.apply(2, 1, put("a", "2"), true);
    machine.apply(3, 1, Principal.NOBODY, new CompactRequest(3, false), true);
    machine.finish(rows);
    CompactionJob job = machine.compaction(rows.view());
    assertThat(job).isNotNull();
    if (job != null) {
      assertThat(job.step(100, rows)).isTrue();
    }
    RangeResponse response = (RangeResponse) reader.range(RangeRequest.one(b("a")));
    assertThat(response.revision()).isEqualTo(2);
    assertThat(response.kvs()).containsExactly(new KeyValue(b("a"), 2, 2, 1, b("1"), 0));
    assertThat(machine.latest().get(b("a"))).isEqualTo(new KeyValue(b("a"), 2, 3, 2, b("2"), 0));
  }

  @Test
  void a_refused_command_still_counts_as_applied() {
    KvRequest unknownLease = new PutRequest(b("a"), b("1"), 99, false, false, false);
    assertThat(machine.apply(1, 1, Principal.NOBODY, unknownLease, true))
        .isEqualTo(new KvFailure(KvError.LEASE_NOT_FOUND));
    assertThat(machine.finish(rows)).isTrue();
    assertThat(Machine.open(rows).appliedIndex()).isEqualTo(1);
    assertThat(Machine.open(rows).revision()).isEqualTo(1);
  }

  @Test
  void damaged_rows_of_its_own_are_named() {
    for (String name : List.of("a", "c")) {
      for (byte[] bad : List.of(new byte[0], new byte[] {2}, new byte[17])) {
        MemoryRows damaged = new MemoryRows();
        damaged.put(new byte[] {1, (byte) name.charAt(0)}, bad);
        assertThatThrownBy(() -> Machine.open(damaged))
            .isInstanceOf(QuorateException.Corrupt.class)
            .hasMessageContaining("machine's row");
      }
    }
  }

  @Test
  void the_applied_row_is_these_bytes() {
    machine.applyConfiguration(1, 2, b("C"));
    machine.finish(rows);
    assertThat(rows.dump())
        .containsExactly("0161 = 0100000000000000010000000000000002", "0163 = 0143");
  }
}
