package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.Append;
import io.quorate.events.AppendResult;
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
import java.util.concurrent.CompletableFuture;
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
  private final EventsOn on;
  private final EventStore store;
  @TempDir Path folder;

  ArchiveTest(EventsOn on) {
    super(on.store(), "archives");
    this.on = on;
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
        .isInstanceOf(AppendResult.Appended.class);
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
  void what_is_appended_while_a_stream_is_archived_stays() {
    fill("a", 50);
    List<RecordedEvent> before = all("a");
    TroubledWay way = way();
    EventStore over = over(way);
    for (int i = 0; i < 20; i++) { // a writer that is faster than each look at the stream
      way.next(ArchiveTest::isRead, sends -> appendOne().thenCompose(done -> sends.get()));
    }
    Path file = folder.resolve("a.events");
    long count = Archive.take(over, "a", 1_000, file);
    way.forgetPlans();
    List<RecordedEvent> taken = read(file);
    assertThat(taken).hasSize((int) count).startsWith(before.toArray(RecordedEvent[]::new));
    List<RecordedEvent> rest = all("a");
    assertThat(rest).isNotEmpty();
    assertThat(rest.get(0).version()).isEqualTo(count + 1);
    assertThat(rest.get(rest.size() - 1).version()).isEqualTo(store.version("a"));
    assertThat(count + rest.size()).isEqualTo(store.version("a"));
  }

  private EventStore over(TroubledWay way) {
    return on.events(client(way), name + "/");
  }

  private static boolean isRead(TroubledWay.Call call) {
    return call.method().endsWith("/Range");
  }

  private CompletableFuture<AppendResult> appendOne() {
    return store.appendAsync(
        Append.to("a", ExpectedVersion.any(), NewEvent.of("Late", Bytes.EMPTY)));
  }

  @Test
  void a_long_stream_is_taken_though_history_is_compacted_between_pages() {
    fill("a", 2_500);
    List<RecordedEvent> before = all("a");
    TroubledWay way = way();
    EventStore over = over(way);
    for (int version : new int[] {1_001, 2_001, 1_001, 2_001}) { // pages written, pages compared
      way.next(
          call -> isReadFrom(call, "a", version),
          sends ->
              appendOne()
                  .thenCompose(done -> compactAsync(done.orThrow().revision()))
                  .thenCompose(done -> sends.get()));
    }
    Path file = folder.resolve("a.events");
    long count = Archive.take(over, "a", 2_401, file);
    assertThat(way.plans()).isZero();
    assertThat(count).isEqualTo(2_400);
    assertThat(read(file)).isEqualTo(before.subList(0, 2_400));
    assertThat(all("a")).hasSize(104).startsWith(before.get(2_400));
  }

  private static boolean isReadFrom(TroubledWay.Call call, String stream, long version) {
    return isRead(call)
        && call.request().toUtf8().contains("/s/%s#%016x".formatted(stream, version));
  }

  @Test
  void what_somebody_else_drops_between_pages_leaves_no_file_with_a_gap() {
    fill("a", 2_500);
    List<RecordedEvent> before = all("a");
    TroubledWay way = way();
    EventStore over = over(way);
    way.next(
        call -> isReadFrom(call, "a", 1_001),
        sends -> store.truncateAsync("a", 1_500).thenCompose(done -> sends.get()));
    Path file = folder.resolve("a.events");
    assertThatThrownBy(() -> Archive.take(over, "a", 2_401, file))
        .isInstanceOfSatisfying(
            QuorateException.Conflict.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.STATE_MOVED));
    assertThat(file).doesNotExist();
    assertThat(Archive.take(over, "a", 2_401, file)).isEqualTo(901);
    assertThat(read(file)).isEqualTo(before.subList(1_499, 2_400));
  }

  @Test
  void what_was_appended_after_a_crash_stays_and_what_is_in_the_file_is_dropped() {
    fill("a", 6);
    TroubledWay way = way();
    EventStore over = over(way);
    way.next(call -> call.isTxnOn("/s/a#"), TroubledWay.CALL_LOST); // what is to drop them
    Path file = folder.resolve("a.events");
    assertThatThrownBy(() -> Archive.take(over, "a", 1_000, file))
        .isInstanceOf(QuorateException.Indeterminate.class);
    assertThat(all("a")).hasSize(6);
    client.await(appendOne());
    assertThat(Archive.take(store, "a", 1_000, file)).isEqualTo(6);
    assertThat(all("a")).extracting(RecordedEvent::version).containsExactly(7L);
    assertThatThrownBy(() -> Archive.take(store, "a", 1_000, file))
        .hasMessageContaining("name another file");
  }

  @Test
  void a_file_of_another_store_is_refused_though_stream_and_versions_are_the_same() {
    fill("a", 6);
    EventStore another = on.events(client, name + "-other/");
    for (int version = 0; version < 6; version++) {
      another.append("a", ExpectedVersion.exactly(version), NewEvent.of("E", Bytes.EMPTY));
    }
    Path file = folder.resolve("a.events");
    assertThat(Archive.take(another, "a", 5, file)).isEqualTo(4);
    assertThatThrownBy(() -> Archive.take(store, "a", 5, file))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("exists and has other events: 1 to 4 of a");
    assertThat(all("a")).hasSize(6);
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
      damaged[i] = (byte) (damaged[i] ^ 1 << (i % 8));
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
