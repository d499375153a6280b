package io.quorate.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.engine.MemoryEngines;
import io.quorate.raft.Configuration;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.EntryKind;
import io.quorate.wal.GroupState;
import io.quorate.wal.Hole;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a member concludes from a hole at its log's end. */
final class GroupRecoveryTest {
  private static final Hole HOLE = new Hole(3, 5, false, true, 8, 2);

  @Test
  void a_lone_members_hole_is_dropped_since_nobody_else_counted_on_it() {
    GroupRecovery recovery = recovery(HOLE, null);
    assertThat(recovery.hole()).isNull();
    assertThat(recovery.floorIndex()).isZero();
  }

  /** Its log reaches back to when it was alone. */
  @Test
  void a_hole_is_kept_by_a_member_that_is_no_longer_alone() {
    GroupRecovery recovery = recovery(HOLE, Configuration.of(1, 2, 3));
    assertThat(recovery.hole()).isEqualTo(HOLE);
    assertThat(recovery.floorIndex()).isEqualTo(5);
  }

  @Test
  void term_and_vote_come_from_the_remains_if_these_know_more() {
    GroupRecovery recovery = recovery(HOLE, Configuration.of(1, 2, 3));
    assertThat(recovery.hard.term).isEqualTo(8);
    assertThat(recovery.hard.vote).isEqualTo(2);
    GroupRecovery older = recovery(new Hole(3, 5, false, true, 6, 2), Configuration.of(1, 2, 3));
    assertThat(older.hard.term).isEqualTo(7);
    assertThat(older.hard.vote).isEqualTo(3);
  }

  private static GroupRecovery recovery(Hole hole, @Nullable Configuration grown) {
    FrameWriter out = new FrameWriter();
    Bytes alone = MessageCodec.blob(out, new ConfigurationAt(0, Configuration.of(1)));
    NodeSettings settings = NodeSettings.of(7, 1, List.of());
    GroupRecovery recovery =
        new GroupRecovery(
            settings,
            new GroupState(
                Node.KEYSPACE,
                7,
                3,
                new HardState().blob(),
                alone,
                0,
                0,
                0,
                0,
                grown == null ? 1 : 2,
                7,
                0,
                hole));
    recovery.entry(1, 1, Applier.kind(EntryKind.NOOP), Bytes.EMPTY, 11);
    if (grown != null) {
      recovery.entry(2, 7, Applier.kind(EntryKind.CONFIGURATION), grown.toBytes(), 12);
    }
    WorldDisk disk = new WorldDisk();
    recovery.open(disk, new MemoryEngines(disk, 1 << 20), 1);
    return recovery;
  }
}
