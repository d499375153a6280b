package io.quorate.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A change of membership and what became of it. */
final class Change implements Reply<MembershipOutcome> {
  private static final long SECOND = 1_000_000_000L;

  @Nullable MembershipOutcome outcome;
  @Nullable Refusal refusal;

  static Change ask(World world, long member, MembershipChange change) {
    Change asked = new Change();
    world.place(member).replica().membership().change(change, asked);
    return asked;
  }

  static MembershipChange add(String url) {
    return new MembershipChange.Add(List.of(url), false);
  }

  static MembershipChange learner(String url) {
    return new MembershipChange.Add(List.of(url), true);
  }

  /** Has it done, by way of a member; the id of whom it concerns. */
  static long done(World world, long member, MembershipChange change) {
    Change asked = ask(world, member, change);
    world.runUntil(change.toString(), 8 * SECOND, asked::isAnswered);
    assertThat(asked.outcome)
        .as("not %s", asked.refusal)
        .isInstanceOf(MembershipOutcome.Done.class);
    return ((MembershipOutcome.Done) asked.outcome).member();
  }

  /** Has it refused, by way of a member. */
  static MembershipRefusal rejected(World world, long member, MembershipChange change) {
    Change asked = ask(world, member, change);
    world.runUntil(change.toString(), 8 * SECOND, asked::isAnswered);
    assertThat(asked.outcome)
        .as("not %s", asked.refusal)
        .isInstanceOf(MembershipOutcome.Rejected.class);
    return ((MembershipOutcome.Rejected) asked.outcome).why();
  }

  @Override
  public void done(MembershipOutcome result) {
    assertThat(isAnswered()).as("answered once").isFalse();
    outcome = result;
  }

  @Override
  public void refused(Refusal why) {
    assertThat(isAnswered()).as("answered once").isFalse();
    refusal = why;
  }

  boolean isAnswered() {
    return outcome != null || refusal != null;
  }
}
