package io.quorate.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Limits;
import io.quorate.kv.Lease;
import io.quorate.kv.LeaseCheckpointRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The leader's clocks of leases, with a time that is set. */
class LessorTest implements Lessor.Proposals {
  private static final long SECOND = 1_000_000_000L;
  private static final long START = 77 * SECOND;

  private final List<List<Long>> expiries = new ArrayList<>();
  private final List<LeaseCheckpointRequest.Remaining> checkpoints = new ArrayList<>();
  private final Lessor lessor = new Lessor(this, true);
  private long now = START;
  private long proposedIn;

  @Override
  public void expire(long term, List<Long> ids) {
    proposedIn = term;
    expiries.add(ids);
  }

  @Override
  public void checkpoint(long term, List<LeaseCheckpointRequest.Remaining> remaining) {
    proposedIn = term;
    checkpoints.addAll(remaining);
  }

  /** Time passes as on a loop that is never late. */
  private void pass(long nanos) {
    long until = now + nanos;
    while (lessor.nextDeadline() <= until) {
      now = Math.max(now, lessor.nextDeadline());
      lessor.tick(now);
    }
    now = until;
    lessor.tick(now);
  }

  private void lead(Lease... leases) {
    lessor.lead(now, lessor.term() + 1, List.of(leases));
  }

  private void agreed() {
    List<Long> ids = expiries.removeFirst();
    ids.forEach(lessor::ended);
    lessor.expiryDone(now, proposedIn);
  }

  @Test
  void a_lease_ends_when_its_time_has_passed_and_not_before() {
    lead();
    lessor.granted(now, new Lease(1, 5, 0));
    pass(5 * SECOND - 1);
    assertThat(expiries).isEmpty();
    assertThat(lessor.standing(now, 1)).isEqualTo(new LeaseStanding(5, 0));
    pass(1);
    assertThat(expiries).containsExactly(List.of(1L));
    assertThat(proposedIn).isEqualTo(1);
    agreed();
    assertThat(lessor.standing(now, 1)).isEqualTo(LeaseStanding.NONE);
    assertThat(lessor.renew(now, 1)).isTrue();
  }

  @Test
  void leases_stand_in_the_order_of_their_ends_where_they_are_counted() {
    List<Lease> all = List.of(new Lease(1, 9, 0), new Lease(2, 5, 0), new Lease(3, 7, 0));
    assertThat(lessor.byEnd(all).get()).containsExactly(1, 2, 3);
    lead(all.toArray(Lease[]::new));
    assertThat(lessor.byEnd(all).get()).containsExactly(2, 3, 1);
    pass(3 * SECOND);
    lessor.renew(now, 2);
    assertThat(lessor.byEnd(all).get()).containsExactly(3, 2, 1);
  }

  @Test
  void a_renewed_lease_has_all_its_time_again() {
    lead();
    lessor.granted(now, new Lease(1, 5, 0));
    for (int i = 0; i < 10; i++) {
      pass(4 * SECOND);
      assertThat(lessor.renew(now, 1)).isTrue();
    }
    pass(5 * SECOND - 1);
    assertThat(expiries).isEmpty();
    pass(1);
    assertThat(expiries).hasSize(1);
  }

  /** While its end is being agreed on nobody knows what a renewal would be worth. */
  @Test
  void an_ending_lease_is_not_renewed() {
    lead(new Lease(1, 5, 0));
    pass(5 * SECOND);
    assertThat(lessor.renew(now, 1)).isFalse();
    lessor.expiryDone(now, 1); // it was lost: it is proposed once more
    assertThat(expiries).containsExactly(List.of(1L), List.of(1L));
  }

  @Test
  void a_new_leader_begins_to_count_anew() {
    lead(new Lease(1, 5, 0), new Lease(2, 600, 20));
    pass(4 * SECOND);
    lessor.follow();
    pass(4 * SECOND);
    assertThat(expiries).isEmpty();
    assertThat(lessor.standing(now, 1)).isEqualTo(LeaseStanding.NONE);
    lead(new Lease(1, 5, 0), new Lease(2, 600, 20));
    assertThat(lessor.standing(now, 1)).isEqualTo(new LeaseStanding(5, 5));
    assertThat(lessor.standing(now, 2)).isEqualTo(new LeaseStanding(600, 20));
    pass(5 * SECOND);
    assertThat(expiries).containsExactly(List.of(1L));
  }

  /** Otherwise the loop would turn for nothing, again and again, until there is a lease. */
  @Test
  void where_no_lease_is_left_nothing_is_due() {
    lead();
    lessor.granted(now, new Lease(1, 5, 0));
    lessor.granted(now, new Lease(2, 5, 0));
    lessor.ended(1);
    pass(4 * SECOND);
    lessor.ended(2);
    assertThat(lessor.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    pass(60 * SECOND);
    lessor.granted(now, new Lease(3, 5, 0));
    pass(5 * SECOND - 1);
    assertThat(expiries).isEmpty();
    pass(1);
    assertThat(expiries).containsExactly(List.of(3L));
    lessor.ended(3);
    assertThat(lessor.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  /** Who stood still has renewed nobody meanwhile: that time doesn't count. */
  @Test
  void time_in_which_the_member_stood_still_does_not_count() {
    lead(new Lease(1, 10, 0));
    pass(2 * SECOND);
    now += 60 * SECOND;
    lessor.tick(now);
    assertThat(expiries).isEmpty();
    assertThat(lessor.standing(now, 1).remainingSeconds()).isEqualTo(7);
    pass(7 * SECOND);
    assertThat(expiries).isEmpty();
    pass(SECOND);
    assertThat(expiries).hasSize(1);
  }

  /** Many ends at once: a bounded number under way, and the next as soon as these are agreed on. */
  @Test
  void many_leases_end_in_batches_one_after_the_other() {
    lead();
    int count = 10_000;
    for (int id = 1; id <= count; id++) {
      lessor.granted(now, new Lease(id, 5, 0));
    }
    pass(5 * SECOND);
    int ended = 0;
    while (!expiries.isEmpty()) {
      assertThat(expiries).hasSize(1);
      assertThat(expiries.getFirst()).hasSizeLessThanOrEqualTo(Limits.EXPIRED_LEASES_MAX);
      ended += expiries.getFirst().size();
      agreed();
    }
    assertThat(ended).isEqualTo(count);
    assertThat(lessor.size()).isZero();
    assertThat(lessor.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  /** What became of an end that an earlier term proposed is no matter of this one. */
  @Test
  void an_answer_of_another_term_is_nobodys() {
    lead(new Lease(1, 5, 0));
    pass(5 * SECOND);
    lead(new Lease(1, 5, 0));
    lessor.expiryDone(now, 1);
    assertThat(lessor.renew(now, 1)).isTrue();
    pass(5 * SECOND);
    assertThat(expiries).hasSize(2);
    assertThat(proposedIn).isEqualTo(2);
  }

  @Test
  void what_is_left_of_long_leases_is_told_to_all() {
    lead(new Lease(1, 3_600, 0), new Lease(2, 60, 0));
    pass(59 * SECOND);
    lessor.renew(now, 2);
    pass(60 * SECOND);
    agreed();
    pass(181 * SECOND);
    assertThat(checkpoints).containsExactly(new LeaseCheckpointRequest.Remaining(1, 3_300));
  }

  /** A leader that came meanwhile would end it by what it was told last. */
  @Test
  void a_renewal_is_told_when_all_have_heard_that_all_of_the_lease_is_left() {
    lead(new Lease(1, 3_600, 0), new Lease(2, 3_600, 0));
    pass(300 * SECOND);
    checkpoints.clear();
    for (boolean agreed : new boolean[] {false, true}) {
      assertThat(lessor.renew(now, 1)).isFalse();
      lessor.takeBackCheckpoints();
      assertThat(lessor.renew(now, 1)).as("what was proposed isn't agreed on yet").isFalse();
      lessor.takeBackCheckpoints();
      assertThat(checkpoints).containsExactly(new LeaseCheckpointRequest.Remaining(1, 0));
      lessor.checkpointDone(proposedIn, List.copyOf(checkpoints), agreed);
      checkpoints.clear();
    }
    assertThat(lessor.renew(now, 1)).isTrue();
    assertThat(lessor.standing(now, 1).remainingSeconds()).isEqualTo(3_600);
    assertThat(lessor.renew(now, 2)).as("of the other the others believe what they did").isFalse();
  }

  /** Leases that are granted and revoked in great number leave nothing behind. */
  @Test
  void revoked_leases_cost_nothing() {
    lead();
    for (int id = 1; id <= 100_000; id++) {
      lessor.granted(now, new Lease(id, 9_000_000_000L, 0));
      lessor.ended(id);
    }
    assertThat(lessor.size()).isZero();
    assertThat(lessor.waiting()).isLessThan(2_000);
  }
}
