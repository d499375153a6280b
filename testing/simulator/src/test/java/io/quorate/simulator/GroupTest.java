package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.simulator.Group.Doing;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When a group that can't be mended does right: what is left works, and the rest says why not. */
class GroupTest {
  private static final Doing WORKS = new Doing(true, true, "");
  private static final Doing LACKS = new Doing(true, true, "entry 7 of the log is damaged");
  private static final Doing REFUSES = new Doing(true, false, "the log is damaged");
  private static final Doing SILENT = new Doing(true, false, "");

  @Test
  void too_few_are_left_and_the_others_say_why() {
    assertThat(Group.isSaidWhy(List.of(WORKS, LACKS, REFUSES), false)).isTrue();
    assertThat(Group.isSaidWhy(List.of(LACKS, LACKS, LACKS), false)).isTrue();
  }

  @Test
  void one_that_says_nothing_is_one_too_many() {
    assertThat(Group.isSaidWhy(List.of(WORKS, LACKS, SILENT), false)).isFalse();
    assertThat(Group.isSaidWhy(List.of(WORKS, WORKS, SILENT), true)).isFalse();
  }

  @Test
  void as_long_as_most_work_they_must_serve() {
    assertThat(Group.isSaidWhy(List.of(WORKS, WORKS, REFUSES), false)).isFalse();
    assertThat(Group.isSaidWhy(List.of(WORKS, WORKS, REFUSES), true)).isTrue();
  }

  @Test
  void learners_make_no_majority() {
    Doing learner = new Doing(false, true, "");
    assertThat(Group.isSaidWhy(List.of(WORKS, LACKS, learner, learner), false)).isTrue();
  }
}
