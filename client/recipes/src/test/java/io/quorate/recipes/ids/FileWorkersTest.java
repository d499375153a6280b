package io.quorate.recipes.ids;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A generator without a cluster doesn't repeat itself either, as long as its file lives. */
class FileWorkersTest {
  private static final SnowflakeLayout LAYOUT = SnowflakeLayout.TWITTER;
  private static final long START = 1_800_000_000_000L;

  @TempDir private Path folder;

  private final TestClock clock = new TestClock(START);

  private SnowflakeIds open(Path file) {
    return SnowflakeIds.standalone(3, 7, file).clock(clock).open();
  }

  @Test
  void an_id_tells_where_it_was_made() {
    try (SnowflakeIds ids = open(folder.resolve("ids"))) {
      IdParts parts = LAYOUT.decode(ids.nextId());
      assertThat(parts.time()).isEqualTo(Instant.ofEpochMilli(START));
      assertThat(parts.datacenter()).isEqualTo(3);
      assertThat(parts.worker()).isEqualTo(7);
    }
  }

  @Test
  void a_restart_goes_on_behind_the_last_id_and_after_a_kill_behind_what_was_reserved()
      throws IOException {
    Path file = folder.resolve("ids");
    long first;
    try (SnowflakeIds ids = open(file)) {
      first = ids.nextId();
    }
    byte[] killed;
    try (SnowflakeIds ids = open(file)) {
      long second = ids.nextId();
      assertThat(second).isGreaterThan(first);
      assertThat(LAYOUT.decode(second).time()).isEqualTo(Instant.ofEpochMilli(START + 1));
      killed = Files.readAllBytes(file);
    }
    Files.write(file, killed);
    clock.step(-3_600_000);
    try (SnowflakeIds ids = open(file)) {
      assertThat(LAYOUT.decode(ids.nextId()).time())
          .isEqualTo(Instant.ofEpochMilli(START + 1 + 5_000 + 1));
    }
  }

  @Test
  void a_file_is_one_generators() {
    Path file = folder.resolve("ids");
    try (SnowflakeIds ids = open(file)) {
      ids.nextId();
      assertThatThrownBy(() -> open(file))
          .satisfies(e -> assertThat(ErrorCode.DIRECTORY_IN_USE.isOf(e)).isTrue())
          .hasMessageContaining("another generator here has it open");
    }
    try (SnowflakeIds ids = open(file)) {
      assertThat(ids.nextId()).isPositive();
    }
  }

  /** Two files know nothing of each other, and the ids would be the same. */
  @Test
  void a_worker_is_one_generators_in_a_process_whatever_the_file() {
    try (SnowflakeIds ids = open(folder.resolve("one"))) {
      ids.nextId();
      assertThatThrownBy(() -> open(folder.resolve("two")))
          .satisfies(e -> assertThat(ErrorCode.WORKERS_EXHAUSTED.isOf(e)).isTrue())
          .hasMessageContaining("worker 3-7 has a generator in this process already");
      try (SnowflakeIds other =
          SnowflakeIds.standalone(3, 8, folder.resolve("two")).clock(clock).open()) {
        assertThat(other.nextId()).isPositive();
      }
    }
    try (SnowflakeIds next = open(folder.resolve("three"))) {
      assertThat(next.nextId()).isPositive();
    }
  }

  /** No id was made before both lines were there. */
  @Test
  void a_crash_amid_the_first_writes_leaves_a_file_that_issued_nothing() throws IOException {
    Path file = folder.resolve("ids");
    try (SnowflakeIds ids = open(file)) {
      assertThat(ids.nextId()).isPositive();
    }
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {0, 1, 5, 20, 44, 45, 300, 4_096, 4_100, 4_140}) {
      byte[] cut = Arrays.copyOf(whole, length);
      Arrays.fill(cut, Math.min(length, 5), Math.min(length, 45), (byte) 0);
      Files.write(file, cut);
      try (SnowflakeIds ids = open(file)) {
        assertThat(LAYOUT.decode(ids.nextId()).time()).isEqualTo(Instant.ofEpochMilli(START));
      }
    }
    Files.writeString(file, "name: value"); // somebody else's
    assertThatThrownBy(() -> open(file))
        .satisfies(e -> assertThat(ErrorCode.DATA_DAMAGED.isOf(e)).isTrue());
    assertThat(file).hasContent("name: value");
  }

  /** A crash amid the write of one line leaves the other, whose time was confirmed before. */
  @Test
  void a_line_that_is_cut_short_is_passed_over() throws IOException {
    Path file = folder.resolve("ids");
    long last = 0;
    try (SnowflakeIds ids = open(file)) {
      for (int i = 0; i < 3; i++) {
        last = ids.nextId();
        clock.pass(6_000);
      }
    }
    byte[] whole = Files.readAllBytes(file);
    for (int block = 0; block < 2; block++) {
      byte[] cut = whole.clone();
      cut[block * 4_096 + 20] ^= 1;
      Files.write(file, cut);
      clock.step(-1_000_000);
      try (SnowflakeIds ids = open(file)) {
        assertThat(ids.nextId()).isGreaterThan(last);
      }
      clock.step(1_000_000);
    }
  }

  @Test
  void a_file_that_says_nothing_any_more_is_not_believed() throws IOException {
    Path file = folder.resolve("ids");
    Files.write(file, "something else".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> open(file))
        .satisfies(e -> assertThat(ErrorCode.DATA_DAMAGED.isOf(e)).isTrue())
        .hasMessageContaining("Delete it only if");
    Files.write(file, new byte[0]);
    try (SnowflakeIds ids = open(file)) {
      assertThat(ids.nextId()).isPositive();
    }
  }

  @Test
  void what_can_not_be_is_refused_with_what_may_be() {
    Path file = folder.resolve("ids");
    assertThatThrownBy(() -> SnowflakeIds.standalone(0, 32, file).open())
        .hasMessageContaining("worker=32 is not 0 to 31");
    assertThatThrownBy(() -> SnowflakeIds.standalone(32, 0, file).open())
        .hasMessageContaining("datacenter=32 is not 0 to 31");
    assertThatThrownBy(() -> SnowflakeIds.standalone(0, 0, file).stripes(2).open())
        .hasMessageContaining("stripes=2");
    assertThatThrownBy(() -> open(folder.resolve("missing").resolve("ids")))
        .satisfies(e -> assertThat(ErrorCode.FILE_FAILED.isOf(e)).isTrue());
  }
}
