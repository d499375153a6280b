package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.Append;
import io.quorate.events.Archive;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.RecordedEvent;
import io.quorate.events.StreamRead;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Events leave the store when they are in a file, and not before. */
@ParameterizedClass(name = "{0}")
@EnumSource(EventsOn.class)
@Timeout(60)
class ArchiveTest extends RecipeCase {
  private final EventStore store;
  @TempDir Path folder;

  ArchiveTest(EventsOn on) {
    super(on.store(), "archives");
    store = on.events(client, name + "/");
  }

  /** In appends of two. */
  private void fill(String stream, int count) {
    for (int version = 0; version < count; version += 2) {
      List<NewEvent> two = new ArrayList<>();
      for (int i = 1; i <= 2; i++) {
        two.add(
            NewEvent.of("E", Bytes.utf8("payload " + (version + i))).tagged("t").header("h", "v"));
      }
      store.append(
          Append.to(stream, ExpectedVersion.exactly(version), two).correlation("c").causation("d"));
    }
  }

  private List<RecordedEvent> all(String stream) {
    return store.read(StreamRead.of(stream).limit(10_000)).events();
  }

  private static List<RecordedEvent> read(Path file) {
    List<RecordedEvent> events = new ArrayList<>();
    Archive.read(file, events::add);
    return events;
  }

  @Test
  void what_is_taken_is_in_the_file_to_the_last_header_and_the_stream_goes_on() {
    fill("a", 2_500);
    List<RecordedEvent> before = all("a");
    Path file = folder.resolve("a.events");
    assertThat(Archive.take(store, "a", 2_200, file)).isEqualTo(2_199);
    assertThat(read(file)).isEqualTo(before.subList(0, 2_199));
    assertThat(all("a")).isEqualTo(before.subList(2_199, 2_500));
    assertThat(folder).isDirectoryNotContaining(each -> each.toString().endsWith(".part"));
    assertThat(Archive.take(store, "a", 2_501, folder.resolve("rest.events"))).isEqualTo(301);
    assertThat(store.append("a", ExpectedVersion.exactly(2_500), NewEvent.of("E", Bytes.EMPTY)))
        .isInstanceOf(io.quorate.events.AppendResult.Appended.class);
  }

  @Test
  void where_there_is_nothing_to_take_there_is_no_file() {
    fill("a", 4);
    Path file = folder.resolve("a.events");
    assertThat(Archive.take(store, "a", 1, file)).isZero();
    assertThat(Archive.take(store, "b", 9, file)).isZero();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void what_was_written_before_a_crash_is_only_dropped() {
    fill("a", 6);
    Path file = folder.resolve("a.events");
    List<RecordedEvent> before = all("a");
    assertThat(Archive.take(store, "a", 5, file)).isEqualTo(4);
    assertThat(Archive.take(store, "a", 5, file)).isEqualTo(4);
    assertThat(read(file)).isEqualTo(before.subList(0, 4));
    for (long other : new long[] {4, 6}) {
      assertThatThrownBy(() -> Archive.take(store, "a", other, file))
          .isInstanceOfSatisfying(
              QuorateException.Rejected.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
          .hasMessageContaining("name another file");
    }
    assertThat(all("a")).hasSize(2);
  }

  @Test
  void a_file_that_was_cut_or_damaged_is_refused_and_nothing_is_dropped() throws Exception {
    fill("a", 6);
    Path file = folder.resolve("a.events");
    assertThat(Archive.take(store, "a", 3, file)).isEqualTo(2);
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < whole.length; i++) {
      Path other = folder.resolve("other");
      byte[] damaged = whole.clone();
      damaged[i] ^= 1;
      Files.write(other, damaged);
      refused(other);
      Files.write(other, java.util.Arrays.copyOf(whole, i));
      refused(other);
    }
    assertThat(all("a")).hasSize(4);
  }

  private void refused(Path file) {
    assertThatThrownBy(() -> Archive.read(file, event -> {}))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("is no archive of a stream");
    assertThatThrownBy(() -> Archive.take(store, "a", 3, file))
        .isInstanceOf(QuorateException.Rejected.class);
  }
}
