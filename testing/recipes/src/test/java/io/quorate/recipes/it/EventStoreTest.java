package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.events.Append;
import io.quorate.events.AppendResult;
import io.quorate.events.AppendResult.AlreadyAppended;
import io.quorate.events.AppendResult.Appended;
import io.quorate.events.AppendResult.Conflict;
import io.quorate.events.EventPage;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Scan;
import io.quorate.events.StreamConflict;
import io.quorate.events.StreamPage;
import io.quorate.events.StreamRead;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What is appended to streams is there once, in order, and under the version that was expected. */
@ParameterizedClass(name = "{0}")
@EnumSource(EventsOn.class)
@Timeout(60)
class EventStoreTest extends RecipeCase {
  private final EventsOn on;
  private final EventStore store;

  EventStoreTest(EventsOn on) {
    super(on.store(), "events");
    this.on = on;
    store = on.events(client, name + "/");
  }

  private static NewEvent event(String type) {
    return NewEvent.of(type, Bytes.utf8("payload of " + type));
  }

  private static List<NewEvent> events(String... types) {
    List<NewEvent> events = new ArrayList<>();
    for (String type : types) {
      events.add(event(type));
    }
    return events;
  }

  private static List<String> types(List<RecordedEvent> events) {
    return events.stream().map(RecordedEvent::type).toList();
  }

  private static List<Long> versions(List<RecordedEvent> events) {
    return events.stream().map(RecordedEvent::version).toList();
  }

  private long appended(AppendResult result, String stream) {
    assertThat(result).isInstanceOf(Appended.class);
    return ((Appended) result).versions().getOrDefault(stream, 0L);
  }

  /** So many events to a stream, in appends of one, two and three of them by turns. */
  private void fill(String stream, int count) {
    long version = 0;
    for (int size = 1; version < count; size = size % 3 + 1) {
      List<NewEvent> some = new ArrayList<>();
      for (int i = 0; i < size && version + i < count; i++) {
        some.add(event("E" + (version + i + 1)));
      }
      ExpectedVersion expected = ExpectedVersion.exactly(version);
      version = appended(store.append(Append.to(stream, expected, some)), stream);
    }
  }

  // ---- appending -------------------------------------------------------------------------------

  @Test
  void of_many_writers_that_expect_the_same_version_one_wins_and_the_others_see_its_events() {
    store.append("a", ExpectedVersion.none(), event("First"));
    List<CompletableFuture<AppendResult>> racing = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      racing.add(store.appendAsync(Append.to("a", ExpectedVersion.exactly(1), event("Racer" + i))));
    }
    List<AppendResult> results = racing.stream().map(client::await).toList();
    assertThat(results).filteredOn(Appended.class::isInstance).hasSize(1);
    String winner = types(store.read(StreamRead.of("a")).events()).get(1);
    for (AppendResult result : results) {
      if (result instanceof Conflict conflict) {
        StreamConflict stream = conflict.streams().get(0);
        assertThat(stream.actual()).isEqualTo(2);
        assertThat(types(stream.events())).containsExactly(winner);
        assertThat(stream.more()).isFalse();
      }
    }
  }

  @Test
  void an_append_that_is_repeated_with_its_id_is_told_where_it_was_done() {
    Append append = Append.to("a", ExpectedVersion.none(), events("One", "Two"));
    Appended first = (Appended) store.append(append);
    store.append("a", ExpectedVersion.exactly(2), event("Three"));
    assertThat(store.append(append))
        .isEqualTo(new AlreadyAppended(first.position(), first.versions()));
    assertThat(types(store.read(StreamRead.of("a")).events()))
        .containsExactly("One", "Two", "Three");
  }

  @Test
  void an_append_at_any_version_is_done_once_too_whoever_repeats_it() {
    fill("a", 5);
    Append append = Append.to("a", ExpectedVersion.any(), event("Once"));
    Appended first = (Appended) store.append(append);
    fill("b", 3);
    EventStore another = on.events(client, name + "/");
    assertThat(another.append(append))
        .isEqualTo(new AlreadyAppended(first.position(), first.versions()));
    assertThat(first.versions()).containsEntry("a", 6L);
  }

  @Test
  void an_id_that_was_used_for_other_events_is_refused() {
    UUID id = new UUID(0x7000, 0x8000_0000_0000_0000L);
    store.append(Append.to("a", ExpectedVersion.none(), event("One")).id(id));
    assertThatThrownBy(
            () -> store.append(Append.to("a", ExpectedVersion.none(), event("Other")).id(id)))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("each append needs an id of its own");
  }

  @Test
  void what_a_stream_must_be_like_is_asked_of_it() {
    assertThat(store.append("a", ExpectedVersion.exists(), event("E")))
        .isInstanceOf(Conflict.class);
    assertThat(store.append("a", ExpectedVersion.exactly(3), event("E")))
        .isInstanceOf(Conflict.class);
    assertThat(appended(store.append("a", ExpectedVersion.none(), event("E")), "a")).isEqualTo(1);
    assertThat(store.append("a", ExpectedVersion.none(), event("E"))).isInstanceOf(Conflict.class);
    assertThat(appended(store.append("a", ExpectedVersion.exists(), event("E")), "a")).isEqualTo(2);
    assertThat(appended(store.append("a", ExpectedVersion.any(), event("E")), "a")).isEqualTo(3);
    assertThat(appended(store.append("new", ExpectedVersion.any(), event("E")), "new"))
        .isEqualTo(1);
  }

  @Test
  void a_version_amid_an_append_is_no_version_to_go_on_from() {
    store.append(Append.to("a", ExpectedVersion.none(), events("One", "Two", "Three")));
    Conflict conflict = (Conflict) store.append("a", ExpectedVersion.exactly(2), event("E"));
    assertThat(conflict.streams().get(0).actual()).isEqualTo(3);
    assertThat(types(conflict.streams().get(0).events())).containsExactly("Three");
  }

  @Test
  void a_conflict_far_behind_brings_the_first_events_and_the_true_version() {
    fill("a", 60);
    EventStore another = on.events(client, name + "/");
    Conflict conflict = (Conflict) another.append("a", ExpectedVersion.exactly(1), event("E"));
    StreamConflict stream = conflict.streams().get(0);
    assertThat(stream.actual()).isEqualTo(60);
    assertThat(stream.more()).isTrue();
    assertThat(versions(stream.events()).subList(0, 3)).containsExactly(2L, 3L, 4L);
    assertThat(conflict.describe()).contains("a has version 60, expected was version 1");
  }

  @Test
  void several_streams_get_their_events_in_one_step_or_none_does() {
    Append both =
        Append.to("a", ExpectedVersion.none(), events("A1", "A2"))
            .and("b", ExpectedVersion.any(), events("B1"))
            .correlation("talk")
            .causation("command");
    Appended done = (Appended) store.append(both);
    assertThat(done.versions()).containsEntry("a", 2L).containsEntry("b", 1L);
    RecordedEvent last = store.read(StreamRead.of("b")).events().get(0);
    assertThat(last.position()).isEqualTo(done.position());
    assertThat(last.id().index()).isEqualTo(2);
    assertThat(last.correlation()).isEqualTo("talk");
    assertThat(last.causation()).isEqualTo("command");
    assertThat(store.append(both)).isInstanceOf(AlreadyAppended.class);

    Append half =
        Append.to("a", ExpectedVersion.exactly(2), events("A3"))
            .and("b", ExpectedVersion.none(), events("B2"));
    Conflict conflict = (Conflict) store.append(half);
    assertThat(conflict.streams()).extracting(StreamConflict::stream).containsExactly("b");
    assertThat(store.version("a")).isEqualTo(2);
  }

  @Test
  void a_stream_twice_in_one_append_is_refused_when_it_is_made() {
    Append once = Append.to("a", ExpectedVersion.none(), event("E"));
    assertThatThrownBy(() -> once.and("a", ExpectedVersion.any(), events("E")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("join the events");
  }

  @Test
  void names_that_would_mix_are_kept_apart_and_bad_ones_refused() {
    for (String stream : List.of("a", "a/b", "a!", "a-", "A", "ä", "a b")) {
      store.append(stream, ExpectedVersion.none(), event("Of " + stream));
    }
    for (String stream : List.of("a", "a/b", "a!", "a-", "A", "ä", "a b")) {
      assertThat(types(store.read(StreamRead.of(stream)).events())).containsExactly("Of " + stream);
    }
    for (String bad : List.of("", "a#b", "a\n", "\ud800", "x".repeat(1025))) {
      assertThatThrownBy(() -> store.append(bad, ExpectedVersion.any(), event("E")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is no name of a stream");
    }
  }

  @Test
  void what_is_required_and_what_goes_with_it_is_one_step_with_the_append() {
    Bytes checkpoint = Bytes.utf8(name + "/mine");
    Append first =
        Append.to("a", ExpectedVersion.none(), event("E"))
            .require(Compare.absent(checkpoint))
            .also(Put.of(checkpoint, Bytes.utf8("1")));
    assertThat(store.append(first)).isInstanceOf(Appended.class);
    assertThat(client.kv().get(checkpoint).orElseThrow().value().toUtf8()).isEqualTo("1");
    Append second =
        Append.to("a", ExpectedVersion.exactly(1), event("E")).require(Compare.absent(checkpoint));
    assertThat(store.append(second)).isEqualTo(new Conflict(List.of(), List.of(), true));
    assertThatThrownBy(() -> store.append(second).orThrow())
        .isInstanceOf(QuorateException.Conflict.class)
        .hasMessageContaining("what was required doesn't hold");
  }

  @Test
  void an_append_that_is_too_large_is_refused_before_anything_is_sent() {
    Append wide = Append.to("s0", ExpectedVersion.any(), event("E"));
    for (int i = 1; i < 70; i++) {
      wide = wide.and("s" + i, ExpectedVersion.any(), events("E"));
    }
    Append tooWide = wide;
    assertThatThrownBy(() -> store.append(tooWide))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("at most 128");
    NewEvent large = NewEvent.of("Large", Bytes.wrap(new byte[2 << 20]));
    assertThatThrownBy(() -> store.append("a", ExpectedVersion.none(), large))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("append fewer at a time");
    assertThat(client.kv().range(Range.prefix(name)).kvs()).isEmpty();
  }

  /** 127 puts; one tag more would be 131. */
  @Test
  void streams_with_the_same_tags_are_appended_to_up_to_the_operations_of_a_transaction() {
    assertThat(store.append(sharing(30))).isInstanceOf(Appended.class);
    for (String stream : List.of("a", "b", "c")) {
      assertThat(found(Query.stream(stream).withTags("t0", "t29"))).containsExactly("E");
    }
    assertThatThrownBy(() -> store.append(sharing(31)))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("would need 131 operations");
  }

  /** To three streams, with so many tags that are the same in each. */
  private static Append sharing(int tags) {
    String[] names = new String[tags];
    for (int i = 0; i < tags; i++) {
      names[i] = "t" + i;
    }
    NewEvent event = event("E").tagged(names);
    return Append.to("a", ExpectedVersion.any(), event)
        .and("b", ExpectedVersion.any(), List.of(event))
        .and("c", ExpectedVersion.any(), List.of(event));
  }

  /** 128 compares with those of the stream; one item more would be 129. */
  @Test
  void conditions_have_as_many_items_as_a_transaction_has_compares() {
    assertThat(store.append(unless(125, "many", 1))).isInstanceOf(Appended.class);
    assertThat(store.appendAsync(unless(126, "more", 1))).isCompletedExceptionally();
    assertThatThrownBy(() -> store.append(unless(126, "more", 1)))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("would need 129 operations");
    store.append("taken", ExpectedVersion.none(), event("T0").tagged("c124", "d124"));
    assertThat(store.append(unless(125, "none", 1))).isInstanceOf(Conflict.class);
  }

  @Test
  void conditions_may_name_more_types_than_the_service_takes() {
    for (int types : List.of(1_000, 1_001)) {
      assertThat(store.append(unless(1, "to" + types, types))).isInstanceOf(Appended.class);
    }
    store.append("taken", ExpectedVersion.none(), event("T1000").tagged("c0", "d0"));
    assertThat(store.append(unless(1, "none", 1_000))).isInstanceOf(Appended.class);
    assertThat(store.append(unless(1, "none", 1_001))).isInstanceOf(Conflict.class);
  }

  /** Unless there is an event of one of some types, with two tags of one of some pairs. */
  private static Append unless(int items, String stream, int types) {
    String[] names = new String[types];
    for (int i = 0; i < types; i++) {
      names[i] = "T" + i;
    }
    Query query = Query.tags("c0", "d0").withTypes(names);
    for (int i = 1; i < items; i++) {
      query = query.or(Query.tags("c" + i, "d" + i).withTypes(names));
    }
    return Append.to(stream, ExpectedVersion.none(), event("E")).unless(query, Position.START);
  }

  // ---- reading ---------------------------------------------------------------------------------

  @Test
  void a_stream_is_read_by_pages_from_anywhere_in_both_directions() {
    fill("a", 40);
    for (int limit : List.of(1, 2, 3, 7, 40, 100)) {
      for (int from : List.of(1, 2, 17, 40)) {
        List<Long> forwards = new ArrayList<>();
        StreamPage page = store.read(StreamRead.of("a").from(from).limit(limit));
        while (true) {
          assertThat(page.events()).hasSizeLessThanOrEqualTo(limit);
          forwards.addAll(versions(page.events()));
          if (page.isEnd()) {
            break;
          }
          page = store.read(page.following());
        }
        assertThat(forwards).isEqualTo(range(from, 40));
        List<Long> backwards = new ArrayList<>();
        page = store.read(StreamRead.of("a").from(from).backwards().limit(limit));
        while (true) {
          backwards.addAll(versions(page.events()));
          if (page.next() == 0) {
            break;
          }
          page = store.read(page.following());
        }
        assertThat(backwards.reversed()).isEqualTo(range(1, from));
      }
    }
    assertThat(versions(store.read(StreamRead.of("a").last(3)).events()))
        .containsExactly(40L, 39L, 38L);
    assertThat(versions(store.read(StreamRead.of("a").backwards()).events()))
        .isEqualTo(range(1, 40).reversed());
    assertThat(versions(store.read(StreamRead.of("a").from(1).backwards()).events()))
        .containsExactly(1L);
    assertThat(versions(store.read(StreamRead.of("a").from(90).backwards().limit(2)).events()))
        .containsExactly(40L, 39L);
    assertThat(store.read(StreamRead.of("a").from(41)).events()).isEmpty();
    assertThat(store.read(StreamRead.of("none")).isEnd()).isTrue();
    assertThat(store.read(StreamRead.of("none").last(5)).events()).isEmpty();
  }

  private static List<Long> range(long from, long to) {
    List<Long> all = new ArrayList<>();
    for (long i = from; i <= to; i++) {
      all.add(i);
    }
    return all;
  }

  @Test
  void a_stream_is_read_as_it_was() {
    fill("a", 3);
    StreamPage before = store.read(StreamRead.of("a"));
    store.append("a", ExpectedVersion.exactly(3), event("Later"));
    assertThat(versions(store.read(StreamRead.of("a").at(before.revision())).events()))
        .containsExactly(1L, 2L, 3L);
    assertThat(versions(store.read(StreamRead.of("a").last(1).at(before.revision())).events()))
        .containsExactly(3L);
  }

  @Test
  void what_an_event_was_given_is_what_is_read() {
    NewEvent given =
        NewEvent.of("Paid", 3, Bytes.wrap(new byte[] {0, 1, -1}))
            .tagged("customer:7", "order:42", "customer:7")
            .header("trace", "0af7")
            .header("a", "");
    store.append("a", ExpectedVersion.none(), given);
    RecordedEvent read = store.read(StreamRead.of("a")).events().get(0);
    assertThat(read.type()).isEqualTo("Paid");
    assertThat(read.schema()).isEqualTo(3);
    assertThat(read.payload()).isEqualTo(given.payload());
    assertThat(read.tags()).containsExactly("customer:7", "order:42");
    assertThat(read.headers()).containsExactlyEntriesOf(given.headers());
    assertThat(read.timeMillis()).isCloseTo(System.currentTimeMillis(), within60Seconds());
  }

  private static org.assertj.core.data.Offset<Long> within60Seconds() {
    return org.assertj.core.data.Offset.offset(60_000L);
  }

  @Test
  void all_events_come_in_the_order_of_their_positions_by_whole_appends() {
    for (int i = 0; i < 30; i++) {
      store.append(
          Append.to("z" + i % 3, ExpectedVersion.any(), events("Z" + i))
              .and("a" + i % 4, ExpectedVersion.any(), events("A" + i, "B" + i)));
    }
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      expected.addAll(List.of("Z" + i, "A" + i, "B" + i));
    }
    for (int limit : List.of(1, 4, 1000)) {
      List<RecordedEvent> all = new ArrayList<>();
      Scan scan = store.scan(Query.all(), Position.START);
      EventPage page;
      do {
        page = scan.next(limit);
        all.addAll(page.events());
      } while (!page.isEnd());
      assertThat(types(all)).isEqualTo(expected);
      assertThat(all).isSortedAccordingTo((a, b) -> a.position().compareTo(b.position()));
    }
    Position amid =
        store.read(StreamRead.of("a0")).events().get(0).position(); // A0, behind Z0 and before B0
    assertThat(types(store.scan(Query.all(), amid).next(2)).subList(0, 1)).containsExactly("B0");
  }

  private static List<String> types(EventPage page) {
    return types(page.events());
  }

  @Test
  void queries_find_by_stream_category_type_and_tags() {
    store.append("orders/1", ExpectedVersion.none(), event("Placed").tagged("c:1", "vip"));
    store.append("orders/2", ExpectedVersion.none(), event("Placed").tagged("c:2"));
    store.append("orders/1", ExpectedVersion.any(), event("Paid").tagged("c:1"));
    store.append("users/1", ExpectedVersion.none(), event("Named").tagged("c:1", "vip"));
    assertThat(found(Query.category("orders/"))).containsExactly("Placed", "Placed", "Paid");
    assertThat(found(Query.stream("orders/1"))).containsExactly("Placed", "Paid");
    assertThat(found(Query.types("Placed", "Named"))).containsExactly("Placed", "Placed", "Named");
    assertThat(found(Query.tags("c:1"))).containsExactly("Placed", "Paid", "Named");
    assertThat(found(Query.tags("c:1", "vip"))).containsExactly("Placed", "Named");
    assertThat(found(Query.tags("vip").withTypes("Named"))).containsExactly("Named");
    assertThat(found(Query.tags("c:1").withTags("vip"))).containsExactly("Placed", "Named");
    assertThat(found(Query.types("Placed").withTags("c:1").withTags("vip")))
        .containsExactly("Placed");
    assertThatThrownBy(() -> Query.tags("vip").withTypes("Named").withTypes("Placed"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name all in one call");
    assertThat(found(Query.tags("c:2").or(Query.stream("users/1"))))
        .containsExactly("Placed", "Named");
    assertThat(found(Query.tags("c:9"))).isEmpty();
  }

  private List<String> found(Query query) {
    return types(store.scan(query, Position.START).next(100));
  }

  @Test
  void streams_are_listed_by_their_names() {
    for (int i = 0; i < 25; i++) {
      store.append("orders/%02d".formatted(i), ExpectedVersion.any(), event("E"));
    }
    store.append("users/1", ExpectedVersion.any(), event("E"));
    List<String> first = store.streams("orders/", "", 10);
    assertThat(first).hasSize(10).first().isEqualTo("orders/00");
    assertThat(store.streams("orders/", first.get(9), 100)).hasSize(15);
    assertThat(store.streams("", "orders/24", 10)).containsExactly("users/1");
    assertThat(store.streams("users/", "zzz", 10)).isEmpty();
  }

  @Test
  void truncated_streams_are_read_backwards_and_truncated_again() {
    fill("a", 30);
    store.truncate("a", 21);
    assertThat(backwards("a", 30, 10)).isEqualTo(range(21, 30).reversed());
    assertThat(backwards("a", 25, 3)).isEqualTo(range(21, 25).reversed());
    assertThat(store.read(StreamRead.of("a").from(12).backwards().limit(5)).events()).isEmpty();
    store.truncate("a", 1_000);
    assertThat(store.read(StreamRead.of("a").last(3)).events()).isEmpty();
    assertThat(backwards("a", 30, 7)).isEmpty();
    for (int i = 30; i < 50; i++) {
      store.append("a", ExpectedVersion.exactly(i), event("E" + (i + 1)).tagged("t" + i));
    }
    assertThat(store.truncate("a", 45)).isPositive();
    assertThat(versions(store.read(StreamRead.of("a")).events())).isEqualTo(range(45, 50));
    assertThat(versions(store.read(StreamRead.of("a").limit(2)).events())).isEqualTo(range(45, 46));
    assertThat(client.kv().range(Range.prefix(name + "/i/")).kvs()).hasSize(6);
    store.close("a");
    assertThat(client.kv().range(Range.prefix(name + "/i/")).kvs()).isEmpty();
  }

  private List<Long> backwards(String stream, long from, int limit) {
    List<Long> all = new ArrayList<>();
    StreamPage page = store.read(StreamRead.of(stream).from(from).backwards().limit(limit));
    all.addAll(versions(page.events()));
    while (page.next() > 0) {
      page = store.read(page.following());
      all.addAll(versions(page.events()));
    }
    return all;
  }

  // ---- what gets lost --------------------------------------------------------------------------

  @Test
  void an_answer_that_is_lost_is_asked_for_again_and_nothing_is_appended_twice() {
    TroubledWay way = way();
    EventStore over = over(way);
    for (ExpectedVersion expected :
        List.of(ExpectedVersion.none(), ExpectedVersion.any(), ExpectedVersion.exists())) {
      if (!expected.equals(ExpectedVersion.none())) { // it may look for the stream's end
        way.next(call -> call.isTxnOn("/s/a#"), TroubledWay.ANSWER_LOST);
      }
      way.next(call -> call.isAppendOf("payload"), TroubledWay.ANSWER_LOST);
      assertThat(over.append("a", expected, event("E"))).isInstanceOf(Appended.class);
    }
    way.forgetPlans();
    assertThat(store.read(StreamRead.of("a")).events()).hasSize(3);
  }

  private EventStore over(TroubledWay way) {
    EventStore events = on.events(client(way), name + "/");
    return on == EventsOn.ETCD
        ? events.byKeys()
        : events; // what is lost is to be no first question
  }

  /** Found by the simulator: it was told that it had been done before. */
  @Test
  void an_append_whose_answer_is_lost_is_known_when_its_events_are_gone_as_well() {
    TroubledWay way = way();
    EventStore over = over(way);
    way.next(
        call -> call.isAppendOf("payload of Lost"),
        sends ->
            sends
                .get()
                .thenCompose(answer ->
                    store.appendAsync(Append.to("a", ExpectedVersion.any(), event("Next"))))
                .thenCompose(result -> store.truncateAsync("a", 2))
                .thenCompose(done -> TroubledWay.CALL_LOST.of(sends)));
    AppendResult result = over.append("a", ExpectedVersion.any(), event("Lost"));
    assertThat(result).isInstanceOf(Appended.class);
    assertThat(types(store.read(StreamRead.of("a")).events())).containsExactly("Next");
  }

  @Test
  void an_append_that_arrives_late_takes_no_effect_behind_its_repetition() {
    TroubledWay way = way();
    EventStore over = over(way);
    TroubledWay.Late late = new TroubledWay.Late();
    way.next(call -> call.isAppendOf("payload of Late"), late);
    CompletableFuture<AppendResult> appending =
        over.appendAsync(Append.to("a", ExpectedVersion.none(), event("Late")));
    assertThat(client.await(appending)).isInstanceOf(Appended.class);
    store.append("a", ExpectedVersion.exactly(1), event("Next"));
    var _ = late.arrive();
    assertThat(types(store.read(StreamRead.of("a")).events())).containsExactly("Late", "Next");
  }

  @Test
  void a_page_that_failed_is_read_anew_and_nothing_is_left_out() {
    fill("a", 40);
    TroubledWay way = way();
    Scan scan = over(way).scan(Query.all(), Position.START);
    List<Long> first = versions(scan.next(5).events());
    Position before = scan.upTo();
    QuorateException refused =
        QuorateException.of(io.quorate.base.ErrorCode.UNREACHABLE, "no answer");
    way.next(
        call -> call.isTxnOn("/s/a#") || call.method().endsWith("Streams/Read"),
        sends -> CompletableFuture.failedFuture(refused));
    assertThatThrownBy(() -> scan.next(1_000)).isNotNull();
    assertThat(scan.upTo()).isEqualTo(before);
    List<Long> rest = versions(scan.next(1_000).events());
    assertThat(rest).isEqualTo(range(first.getLast() + 1, 40));
  }

  @Test
  void a_key_that_no_append_wrote_is_named_and_nothing_waits_for_it() {
    fill("a", 3);
    client.kv().put(name + "/s/a#zz", "something else");
    EventStore another = on.events(client, name + "/");
    assertThatThrownBy(() -> another.version("a"))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("no append to a stream wrote the key");
    assertThatThrownBy(() -> another.append("a", ExpectedVersion.any(), event("E")))
        .isInstanceOf(QuorateException.Rejected.class);
    assertThatThrownBy(() -> another.append("a", ExpectedVersion.exactly(3), event("E")))
        .isInstanceOf(QuorateException.Rejected.class);
  }

  // ---- conditions ------------------------------------------------------------------------------

  @Test
  void an_append_depends_on_what_a_query_found_and_on_nothing_else() {
    Query taken = Query.tags("name:quorate").withTypes("Taken");
    store.append("u/1", ExpectedVersion.none(), event("Taken").tagged("name:other"));
    EventPage seen = store.scan(taken, Position.START).next(10);
    assertThat(seen.events()).isEmpty();

    // another event with the tag, of another type, is none that the query would find
    store.append("u/2", ExpectedVersion.none(), event("Asked").tagged("name:quorate"));
    Append take =
        Append.to("u/3", ExpectedVersion.none(), event("Taken").tagged("name:quorate"))
            .unless(taken, seen.upTo());
    assertThat(store.append(take)).isInstanceOf(Appended.class);

    // and now there is one
    Append late =
        Append.to("u/4", ExpectedVersion.none(), event("Taken").tagged("name:quorate"))
            .unless(taken, seen.upTo());
    Conflict conflict = (Conflict) store.append(late);
    assertThat(conflict.matching()).extracting(RecordedEvent::stream).containsExactly("u/3");
    assertThat(store.append(take)).isInstanceOf(AlreadyAppended.class);
  }

  @Test
  void of_many_who_decide_by_the_same_query_one_wins() {
    Query taken = Query.tags("seat:1");
    Position seen = store.scan(taken, Position.START).next(10).upTo();
    List<CompletableFuture<AppendResult>> racing = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      racing.add(
          store.appendAsync(
              Append.to("guests/" + i, ExpectedVersion.any(), event("Seated").tagged("seat:1"))
                  .unless(taken, seen)));
    }
    List<AppendResult> results = racing.stream().map(client::await).toList();
    assertThat(results).filteredOn(Appended.class::isInstance).hasSize(1);
    assertThat(results)
        .filteredOn(Conflict.class::isInstance)
        .hasSize(19)
        .allSatisfy(result -> assertThat(((Conflict) result).matching()).hasSize(1));
  }

  @Test
  void a_condition_may_be_a_category_and_begins_amid_an_append() {
    store.append(Append.to("o/1", ExpectedVersion.none(), events("One", "Two")));
    Position afterOne = store.read(StreamRead.of("o/1")).events().get(0).position();
    Append append =
        Append.to("x", ExpectedVersion.none(), event("E")).unless(Query.category("o/"), afterOne);
    assertThat(types(((Conflict) store.append(append)).matching())).containsExactly("Two");
    Position afterTwo = store.read(StreamRead.of("o/1")).events().get(1).position();
    Append later =
        Append.to("x", ExpectedVersion.none(), event("E")).unless(Query.category("o/"), afterTwo);
    assertThat(store.append(later)).isInstanceOf(Appended.class);
    assertThatThrownBy(() -> later.unless(Query.types("E"), afterTwo))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name a tag, a stream or a category");
  }

  @Test
  void a_root_around_another_ones_keeps_no_order_and_does_all_the_same() {
    EventStore within = on.events(client, name + "/s/within/");
    within.append("a", ExpectedVersion.none(), event("E").tagged("t"));
    store.append("a", ExpectedVersion.none(), event("One").tagged("t"));
    EventPage seen = store.scan(Query.tags("t"), Position.START).next(10);
    assertThat(types(seen.events())).containsExactly("One");
    Append decided =
        Append.to("b", ExpectedVersion.any(), event("Two").tagged("t"))
            .unless(Query.tags("t"), seen.upTo());
    assertThat(store.append(decided)).isInstanceOf(Appended.class);
    Append late =
        Append.to("c", ExpectedVersion.any(), event("Three").tagged("t"))
            .unless(Query.tags("t"), seen.upTo());
    assertThat(types(((Conflict) store.append(late)).matching())).containsExactly("Two");
    Append clear =
        Append.to("c", ExpectedVersion.any(), event("Three").tagged("t"))
            .unless(Query.tags("t").withTypes("Three"), seen.upTo());
    assertThat(store.append(clear)).isInstanceOf(Appended.class);
  }

  // ---- shortening ------------------------------------------------------------------------------

  @Test
  void a_truncated_stream_goes_on_with_its_numbers() {
    fill("a", 20);
    assertThat(store.truncate("a", 9)).isPositive();
    StreamPage page = store.read(StreamRead.of("a"));
    assertThat(versions(page.events())).isEqualTo(range(9, 20));
    assertThat(versions(store.read(StreamRead.of("a").from(12).backwards()).events().reversed()))
        .isEqualTo(range(9, 12));
    store.truncate("a", 1_000);
    assertThat(store.read(StreamRead.of("a")).events()).isEmpty();
    assertThat(store.version("a")).isEqualTo(20);
    assertThat(on.events(client, name + "/").version("a")).isEqualTo(20);
    assertThat(store.append("a", ExpectedVersion.none(), event("E"))).isInstanceOf(Conflict.class);
    assertThat(appended(store.append("a", ExpectedVersion.exactly(20), event("E")), "a"))
        .isEqualTo(21);
    assertThat(store.truncate("a", 1)).isZero();
    assertThat(store.scan(Query.all(), Position.START).next(10).events()).hasSize(1);
  }

  /** Of six megabytes no answer has more than half. */
  @Test
  void a_stream_of_large_appends_is_shortened_by_a_few_of_them_at_a_time() {
    for (String stream : List.of("a", "b")) {
      for (int i = 0; i < 60; i++) {
        NewEvent large = NewEvent.of("Large", Bytes.wrap(new byte[100_000])).tagged("t");
        store.append(stream, ExpectedVersion.exactly(i), large);
      }
    }
    TroubledWay way = way();
    EventStore over = over(way);
    assertThat(over.truncate("a", 51)).isEqualTo(50);
    assertThat(over.close("b")).isTrue();
    assertThat(way.answers())
        .allSatisfy(answer -> assertThat(answer.message().length()).isLessThan(3 << 20));
    assertThat(versions(store.read(StreamRead.of("a")).events())).isEqualTo(range(51, 60));
    assertClosed("b", 60);
  }

  @Test
  void positions_and_ids_of_what_stays_are_what_they_were() {
    store.append(Append.to("a", ExpectedVersion.none(), events("One", "Two", "Three")));
    List<RecordedEvent> before = store.read(StreamRead.of("a")).events();
    store.truncate("a", 3);
    assertThat(store.read(StreamRead.of("a")).events()).isEqualTo(before.subList(2, 3));
    assertThat(store.scan(Query.all(), Position.START).next(10).events())
        .isEqualTo(before.subList(2, 3));
  }

  @Test
  void a_closed_stream_has_nothing_and_takes_nothing_ever() {
    for (int i = 0; i < 3; i++) {
      store.append("a", ExpectedVersion.any(), event("E").tagged("t" + i));
    }
    assertThat(store.close("a")).isTrue();
    assertThat(store.close("a")).isFalse();
    for (ExpectedVersion expected :
        List.of(
            ExpectedVersion.none(),
            ExpectedVersion.exactly(3),
            ExpectedVersion.any(),
            ExpectedVersion.exists())) {
      Conflict conflict = (Conflict) store.append("a", expected, event("E"));
      assertThat(conflict.streams().get(0).closed()).isTrue();
      assertThat(conflict.streams().get(0).actual()).isEqualTo(3);
      EventStore another = on.events(client, name + "/");
      assertThat(another.append("a", expected, event("E"))).isEqualTo(conflict);
    }
    assertThat(store.read(StreamRead.of("a")).closed()).isTrue();
    assertThat(store.read(StreamRead.of("a").last(3)).events()).isEmpty();
    assertThat(store.streams("", "", 10)).isEmpty();
    assertThat(store.scan(Query.tags("t2"), Position.START).next(10).events()).isEmpty();
  }

  @Test
  void appends_that_are_forgotten_can_be_done_again_and_younger_ones_are_not() {
    Append old = Append.to("a", ExpectedVersion.any(), List.of(NewEvent.of("Old", Bytes.EMPTY)));
    Append young =
        Append.to("a", ExpectedVersion.any(), List.of(NewEvent.of("Young", Bytes.EMPTY)));
    List<Append> more = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      UUID id = new UUID(i * 0x0101_0101_0101_0101L, i); // among the others, in the order of keys
      more.add(
          Append.to("b", ExpectedVersion.any(), List.of(NewEvent.of("E", Bytes.EMPTY))).id(id));
    }
    store.append(old).orThrow();
    more.subList(0, 20).forEach(each -> store.append(each).orThrow());
    Position before = store.now();
    store.append(young).orThrow();
    more.subList(20, 40).forEach(each -> store.append(each).orThrow());
    assertThat(store.forget(before)).isEqualTo(21);
    assertThat(store.forget(before)).isZero();
    assertThat(store.append(young)).isInstanceOf(AppendResult.AlreadyAppended.class);
    assertThat(store.append(more.get(30))).isInstanceOf(AppendResult.AlreadyAppended.class);
    assertThat(store.append(old)).isInstanceOf(AppendResult.Appended.class);
    assertThat(store.version("a")).isEqualTo(3);
  }

  @Test
  void a_stream_is_closed_however_fast_others_append_to_it() {
    AtomicLong last = new AtomicLong();
    List<CompletableFuture<Conflict>> writers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      writers.add(appendUntilClosed(last));
    }
    while (last.get() < 50) {
      Thread.onSpinWait();
    }
    assertThat(on.events(client, name + "/").close("a")).isTrue();
    for (CompletableFuture<Conflict> writer : writers) {
      assertThat(client.await(writer).streams().get(0).closed()).isTrue();
    }
    assertClosed("a", last.get());
  }

  private CompletableFuture<Conflict> appendUntilClosed(AtomicLong last) {
    return store
        .appendAsync(Append.to("a", ExpectedVersion.any(), event("E").tagged("t")))
        .thenCompose(result -> {
          if (result instanceof Conflict conflict) {
            return CompletableFuture.completedFuture(conflict);
          }
          last.accumulateAndGet(appended(result, "a"), Math::max);
          return appendUntilClosed(last);
        });
  }

  /** And nothing is left of what it had, but where it ended. */
  private void assertClosed(String stream, long version) {
    Conflict conflict = (Conflict) store.append(stream, ExpectedVersion.any(), event("E"));
    assertThat(conflict.streams().get(0).closed()).isTrue();
    assertThat(conflict.streams().get(0).actual()).isEqualTo(version);
    assertThat(client.kv().range(Range.prefix(name + "/s/" + stream + "#")).kvs()).hasSize(1);
    for (String kind : List.of("i/t#" + stream + "#", "m/" + stream, "n/" + stream)) {
      assertThat(client.kv().range(Range.prefix(name + "/" + kind)).kvs()).as(kind).isEmpty();
    }
  }

  @Test
  void a_closing_that_fails_amid_its_steps_is_finished_by_whoever_closes_the_stream_again() {
    List<TroubledWay.Fate> fates = List.of(TroubledWay.ANSWER_LOST, TroubledWay.CALL_LOST);
    int closed = 0;
    for (int step = 0; step < 7; step++) {
      for (TroubledWay.Fate fate : fates) {
        String stream = "closing-" + step + fates.indexOf(fate);
        for (int i = 0; i < 70; i++) {
          store.append(stream, ExpectedVersion.exactly(i), event("E").tagged("t"));
        }
        TroubledWay way = way();
        EventStore over = over(way);
        for (int i = 0; i < step; i++) {
          way.next(call -> call.isTxnOn("/s/" + stream), Supplier::get);
        }
        way.next(call -> call.isTxnOn("/s/" + stream), fate);
        try {
          assertThat(over.close(stream)).isTrue();
        } catch (QuorateException.Indeterminate e) {
          closed += store.close(stream) ? 0 : 1;
        }
        way.forgetPlans();
        assertThat(store.close(stream)).isFalse();
        assertClosed(stream, 70);
      }
    }
    assertThat(closed).isPositive();
  }
}
