package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.node.ReplicaStatus;
import io.quorate.raft.Configuration;
import io.quorate.raft.Role;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whoever watches the members is told what must never be, and says so. */
class ObserverTest {
  private final List<String> violations = new ArrayList<>();
  private final List<Long> led = new ArrayList<>();

  private final Observer observer =
      new Observer(
          Configuration.of(1, 2, 3),
          new Truth(),
          new Roll(Configuration.of(1, 2, 3), List.of()),
          new Rights(),
          new Milestones(new Coverage(), new Timeline(0)),
          new Observer.Alarm() {
            @Override
            public void violation(String what) {
              violations.add(what);
            }

            @Override
            public void begins(long member) {}

            @Override
            public void leads(long member, long applied, long appliedTerm) {
              led.addAll(List.of(member, applied, appliedTerm));
            }
          });

  private static ReplicaStatus status(long last, long durable, long commit, long applied) {
    return new ReplicaStatus(
        1,
        1,
        5,
        1,
        last,
        durable,
        commit,
        applied,
        false,
        List.of(1L, 2L, 3L),
        List.of(),
        1,
        -1,
        0,
        0,
        0,
        0,
        0,
        "",
        "",
        "",
        List.of());
  }

  private void expect(String... parts) {
    assertThat(violations).hasSize(parts.length);
    for (int i = 0; i < parts.length; i++) {
      assertThat(violations.get(i)).contains(parts[i]);
    }
  }

  @Test
  void one_vote_a_term_the_candidates_own_included() {
    observer.gave(1, 2, new Frames.Vote(1, 7));
    observer.gave(1, 2, new Frames.Vote(1, 7));
    observer.gave(1, 1, new Frames.Vote(1, 8));
    expect();
    observer.gave(1, 3, new Frames.Vote(1, 8));
    expect("gave its vote of term 8");
  }

  @Test
  void one_leader_a_term_who_is_asked_for_the_last_that_was_applied() {
    Observer.Run first = observer.new Run(1);
    first.restored(0);
    first.applied(1, 4, (byte) 1, Bytes.EMPTY, 99);
    first.roleChanged(Role.LEADER, 5, 1);
    assertThat(led).containsExactly(1L, 1L, 4L);
    observer.new Run(2).roleChanged(Role.LEADER, 5, 2);
    expect("both led term 5");
  }

  @Test
  void one_entry_and_one_state_an_index() {
    Observer.Run first = observer.new Run(1);
    first.applied(1, 4, (byte) 1, Bytes.EMPTY, 99);
    first.settled(1, 1, 1234);
    Observer.Run second = observer.new Run(2);
    second.applied(1, 4, (byte) 1, Bytes.EMPTY, 98);
    second.settled(1, 1, 4321);
    expect("applied at 1 an entry of term 4, hash 62", "another state at 1");
  }

  @Test
  void nothing_is_taken_back() {
    Observer.Run run = observer.new Run(1);
    run.committed(9);
    run.committed(8);
    run.roleChanged(Role.FOLLOWER, 5, 0);
    run.roleChanged(Role.FOLLOWER, 4, 0);
    expect("took back what was committed", "from term 5 to 4");
  }

  @Test
  void nothing_is_applied_that_is_not_committed_and_durable() {
    Life life = new Life();
    observer.stands(life, status(10, 9, 8, 8));
    expect();
    observer.stands(life, status(10, 9, 8, 9));
    observer.stands(life, status(10, 7, 9, 9));
    expect("impossibly", "impossibly");
  }

  @Test
  void a_leader_takes_no_entry_back() {
    Life life = new Life();
    observer.stands(life, status(10, 9, 8, 8));
    observer.stands(life, status(9, 9, 8, 8));
    expect("taken entries back");
    observer.stands(new Life(), status(8, 8, 8, 8));
    expect("taken entries back");
  }

  @Test
  void voters_change_by_joint_configurations_only() {
    observer.configured(4, Configuration.of(new long[] {1, 2, 3}, new long[] {4}));
    expect();
    observer.configured(5, Configuration.of(1, 2));
    expect("the configuration becomes");
  }
}
