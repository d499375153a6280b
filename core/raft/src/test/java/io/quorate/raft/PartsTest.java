package io.quorate.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The core's parts, each against a naive model of itself. {@code -Dseed=N} repeats a run. */
final class PartsTest {
  private static final long SEED = Long.getLong("seed", 20_261_123L);
  private final Random random = new Random(SEED);

  /** openraft#1802: an optimised quorum index must equal the naive one, joint or not. */
  @Test
  void the_quorum_index_equals_the_naive_one_under_random_updates_and_joint_configurations() {
    for (int round = 0; round < 2_000; round++) {
      long[] all = random.longs(1 + random.nextInt(7), 1, 10).distinct().sorted().toArray();
      long[] next = random.longs(1 + random.nextInt(7), 1, 10).distinct().sorted().toArray();
      Configuration before = Configuration.of(all);
      Configuration after = Configuration.of(next);
      boolean joint = random.nextBoolean() && !before.sameVoters(after);
      Configuration configuration = joint ? before.joint(after) : before;
      long self = 1L + random.nextInt(10);
      Peers peers = new Peers(self, SafetyRules.RAFT);
      peers.configure(configuration, 0, 100);
      long own = random.nextInt(20);
      long[] match = new long[11];
      match[(int) self] = own;
      for (int update = 0; update < 10; update++) {
        for (int i = 0; i < peers.count(); i++) {
          peers.at(i).match = random.nextInt(20);
          match[(int) peers.at(i).id] = peers.at(i).match;
        }
        long naive = naive(configuration.voters(), match);
        if (joint) {
          naive = Math.min(naive, naive(configuration.outgoing(), match));
        }
        assertThat(peers.agreedMatch(own)).as("seed %d", SEED).isEqualTo(naive);
      }
    }
  }

  private static long naive(long[] voters, long[] match) {
    long best = 0;
    for (long candidate = 0; candidate <= 20; candidate++) {
      int have = 0;
      for (long voter : voters) {
        have += match[(int) voter] >= candidate ? 1 : 0;
      }
      if (2 * have > voters.length) {
        best = candidate;
      }
    }
    return best;
  }

  @Test
  void the_log_equals_a_plain_list_under_random_appends_truncations_and_trims() {
    RaftLog log = new RaftLog();
    List<long[]> model = new ArrayList<>(List.of(new long[] {0, 0}));
    long base = 0;
    long term = 1;
    for (int step = 0; step < 20_000; step++) {
      switch (random.nextInt(8)) {
        case 0 -> {
          long to = base + random.nextInt(model.size());
          log.truncate(to);
          while (base + model.size() - 1 > to) {
            model.removeLast();
          }
          term = Math.max(term, model.getLast()[0]);
        }
        case 1 -> {
          long to = base + random.nextInt(model.size());
          if (random.nextInt(4) == 0) {
            log.trim(to);
            model.subList(0, (int) (to - base)).clear();
            base = to;
          }
        }
        case 2 -> term++;
        default -> {
          int bytes = random.nextInt(100);
          log.append(term, bytes);
          model.add(new long[] {term, bytes + RaftSettings.ENTRY_OVERHEAD_BYTES});
        }
      }
      check(log, model, base);
    }
  }

  private void check(RaftLog log, List<long[]> model, long base) {
    long last = base + model.size() - 1;
    assertThat(log.baseIndex()).as("seed %d", SEED).isEqualTo(base);
    assertThat(log.lastIndex()).isEqualTo(last);
    assertThat(log.lastTerm()).isEqualTo(model.getLast()[0]);
    assertThat(log.term(last + 1)).isEqualTo(-1);
    assertThat(log.term(base - 1)).isEqualTo(-1);
    long at = base + random.nextInt(model.size());
    assertThat(log.term(at)).isEqualTo(model.get((int) (at - base))[0]);
    long bytes = 0;
    for (long i = at + 1; i <= last; i++) {
      bytes += model.get((int) (i - base))[1];
    }
    assertThat(log.bytes(at, last)).isEqualTo(bytes);
    long wanted = random.nextInt(30);
    long expected = at;
    while (expected > base && model.get((int) (expected - base))[0] > wanted) {
      expected--;
    }
    assertThat(log.lastAtMost(at, wanted)).isEqualTo(expected);
    if (at > base) {
      long runEnd = at;
      while (runEnd < last && log.term(runEnd + 1) == log.term(at)) {
        runEnd++;
      }
      assertThat(log.runLast(at)).isEqualTo(runEnd);
      long within = at;
      while (within < last && log.bytes(at - 1, within + 1) <= 150) {
        within++;
      }
      assertThat(log.lastWithin(at, last, 150)).isEqualTo(within);
    }
  }

  /** The rule, word for word: stable = min(end as of s, lowest first of later writes − 1). */
  @Test
  void the_stable_end_equals_the_rule_under_random_writes_and_completions() {
    for (int round = 0; round < 300; round++) {
      Stability stability = new Stability(SafetyRules.RAFT, 0);
      List<long[]> writes = new ArrayList<>();
      long end = 0;
      long durable = 0;
      for (int step = 0; step < 100; step++) {
        if (random.nextInt(3) > 0) {
          long first = Math.max(1, end + 1 - random.nextInt(4));
          long last = first + random.nextInt(3);
          if (random.nextInt(5) == 0) {
            stability.issueOther();
            writes.add(new long[] {Long.MAX_VALUE, end});
          } else {
            stability.issueEntries(first, last);
            writes.add(new long[] {first, last});
            end = last;
          }
        } else {
          durable = Math.max(durable, random.nextInt(writes.size() + 1));
          stability.durable(durable);
        }
        long asOf = durable == 0 ? 0 : writes.get((int) durable - 1)[1];
        long lowest = Long.MAX_VALUE;
        for (int i = (int) durable; i < writes.size(); i++) {
          lowest = Math.min(lowest, writes.get(i)[0]);
        }
        assertThat(stability.stable()).as("seed %d", SEED).isEqualTo(Math.min(asOf, lowest - 1));
      }
    }
  }

  @Test
  void a_joint_configuration_knows_both_sets_and_ends_in_the_new_one() {
    Configuration before = Configuration.of(new long[] {1, 2, 3}, new long[] {4});
    Configuration joint = before.joint(Configuration.of(new long[] {2, 4, 5}, new long[] {1}));
    assertThat(joint).hasToString("{2 4 5}&{1 2 3} to learn {1}");
    assertThat(joint.members()).containsExactly(1, 2, 3, 4, 5);
    assertThat(joint.isVoter(1)).isTrue();
    assertThat(joint.isLearner(1)).isFalse();
    assertThat(joint.left()).isEqualTo(Configuration.of(new long[] {2, 4, 5}, new long[] {1}));
    assertThat(Configuration.fromBytes(joint.toBytes())).isEqualTo(joint);
  }

  @Test
  void a_damaged_configuration_is_refused_and_never_misread() {
    byte[] whole = Configuration.of(new long[] {1, 2, 3}, new long[] {9}).toBytes().toArray();
    for (int length = 0; length < whole.length; length++) {
      Bytes cut = Bytes.wrap(Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Configuration.fromBytes(cut))
          .isInstanceOf(IllegalArgumentException.class);
    }
    byte[] longer = Arrays.copyOf(whole, whole.length + 1);
    assertThatThrownBy(() -> Configuration.fromBytes(Bytes.wrap(longer)))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] newer = whole.clone();
    newer[0] = 2;
    assertThatThrownBy(() -> Configuration.fromBytes(Bytes.wrap(newer)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_directory_is_welcome_only_if_it_follows_from_the_one_that_was_known() {
    Incarnation known = new Incarnation(4, 77, 9, 120);
    assertThat(verdict(known, 4, 77, 9, 120)).isEqualTo(IncarnationRule.Verdict.WELCOME);
    assertThat(verdict(known, 5, 78, 9, 120)).isEqualTo(IncarnationRule.Verdict.WELCOME);
    assertThat(verdict(known, 5, 78, 10, 100)).isEqualTo(IncarnationRule.Verdict.WELCOME);
    assertThat(verdict(known, 1, 80, 0, 0)).isEqualTo(IncarnationRule.Verdict.OLDER_BOOT);
    assertThat(verdict(known, 3, 77, 9, 120)).isEqualTo(IncarnationRule.Verdict.OLDER_BOOT);
    assertThat(verdict(known, 4, 78, 9, 120)).isEqualTo(IncarnationRule.Verdict.COPY);
    assertThat(verdict(known, 5, 78, 9, 119)).isEqualTo(IncarnationRule.Verdict.LOST_DATA);
    assertThat(verdict(known, 5, 78, 8, 500)).isEqualTo(IncarnationRule.Verdict.LOST_DATA);
    assertThat(verdict(known, 4, 77, 9, 0))
        .as("the same run, while a snapshot takes the place of its log")
        .isEqualTo(IncarnationRule.Verdict.WELCOME);
    assertThat(verdict(Incarnation.NONE, 1, 5, 0, 0)).isEqualTo(IncarnationRule.Verdict.WELCOME);
  }

  private static IncarnationRule.Verdict verdict(
      Incarnation known, long boot, long nonce, long term, long index) {
    return IncarnationRule.judge(known, new Incarnation(boot, nonce, term, index));
  }
}
