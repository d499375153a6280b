package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A log that is shorter, or another, than it was on the disk is noticed when it begins again. */
class DurableLogsTest {
  private final DurableLogs logs = new DurableLogs();

  @Test
  void a_log_that_begins_again_as_it_was_or_longer_is_right() {
    logs.ending(1, 1, 10, 3);
    assertThat(logs.begun(1, 1, 1, 10, at -> 3)).isEmpty();
    logs.ending(1, 1, 10, 3);
    assertThat(logs.begun(1, 1, 1, 12, at -> at <= 10 ? 3 : 4)).isEmpty();
  }

  @Test
  void a_log_that_has_lost_its_last_durable_entry_is_not() {
    logs.ending(1, 1, 10, 3);
    assertThat(logs.begun(1, 1, 1, 9, at -> 3))
        .contains("member 1")
        .contains("index=10")
        .contains("begins again with 1 to 9");
  }

  @Test
  void a_log_that_has_another_entry_there_is_not() {
    logs.ending(1, 1, 10, 3);
    assertThat(logs.begun(1, 1, 1, 11, at -> 2)).isNotEmpty();
  }

  @Test
  void a_log_that_a_later_leader_has_overridden_while_it_was_mended_is_right() {
    logs.ending(1, 1, 10, 3);
    assertThat(logs.begun(1, 1, 1, 10, at -> at < 9 ? 3 : 4)).isEmpty();
    logs.ending(1, 1, 10, 3);
    assertThat(logs.begun(1, 1, 1, 9, at -> at < 9 ? 3 : 4)).isEmpty();
  }

  @Test
  void what_a_state_has_instead_of_the_log_is_there() {
    logs.ending(1, 1, 10, 3);
    assertThat(logs.begun(1, 1, 21, 20, at -> -1)).isEmpty();
  }

  @Test
  void a_log_that_a_state_was_replacing_need_only_be_as_long() {
    logs.ending(1, 1, 10, -1);
    assertThat(logs.begun(1, 1, 1, 10, at -> 7)).isEmpty();
    logs.ending(1, 1, 10, -1);
    assertThat(logs.begun(1, 1, 1, 9, at -> 7)).isNotEmpty();
  }

  /** One that ends in its recovery, before it had read its log, has shown less. */
  @Test
  void of_several_ends_without_a_beginning_the_furthest_counts() {
    logs.ending(1, 1, 10, 3);
    logs.ending(1, 1, 4, 2);
    assertThat(logs.begun(1, 1, 1, 9, at -> 3)).isNotEmpty();
  }

  @Test
  void members_and_groups_are_told_apart_and_each_beginning_is_judged_once() {
    logs.ending(1, 1, 10, 3);
    assertThat(logs.begun(2, 1, 1, 0, at -> 0)).isEmpty();
    assertThat(logs.begun(1, 2, 1, 0, at -> 0)).isEmpty();
    assertThat(logs.begun(1, 1, 1, 0, at -> 0)).isNotEmpty();
    assertThat(logs.begun(1, 1, 1, 0, at -> 0)).isEmpty();
  }
}
