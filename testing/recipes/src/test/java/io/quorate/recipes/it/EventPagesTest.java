package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.channel.Answer;
import io.quorate.events.Append;
import io.quorate.events.EventPage;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.Query;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Scan;
import io.quorate.events.StreamPage;
import io.quorate.events.StreamRead;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever comes between pages, they have each event once, and none is left out. */
@ParameterizedClass(name = "{0}")
@EnumSource(EventsOn.class)
@Timeout(60)
class EventPagesTest extends RecipeCase {
  /** For a page, with the question what the cluster's members can do. */
  private static final int CALLS_MAX = 4;

  /** A page of small events, with the appends that it begins and ends amid. */
  private static final long ANSWERED_MAX = 100_000;

  private final EventsOn on;
  private final EventStore store;

  EventPagesTest(EventsOn on) {
    super(on.store(), "pages");
    this.on = on;
    store = on.events(client, name + "/");
  }

  /** In appends of one. */
  private void fill(String stream, int count, Bytes payload) {
    for (int version = 0; version < count; version++) {
      store.append(Append.to(stream, ExpectedVersion.exactly(version), NewEvent.of("E", payload)));
    }
  }

  private static List<Long> versions(List<RecordedEvent> events) {
    return events.stream().map(RecordedEvent::version).toList();
  }

  private static List<Long> range(long from, long to) {
    List<Long> all = new ArrayList<>();
    for (long i = from; i <= to; i++) {
      all.add(i);
    }
    return all;
  }

  private EventStore over(TroubledWay way) {
    return on.events(client(way), name + "/");
  }

  // ---- of a stream -----------------------------------------------------------------------------

  @Test
  void a_read_as_of_a_revision_fails_when_its_history_is_gone_and_one_that_goes_on_does_not() {
    fill("a", 6, Bytes.EMPTY);
    StreamPage first = store.read(StreamRead.of("a").limit(2));
    StreamPage last = store.read(StreamRead.of("a").last(2));
    store.append("a", ExpectedVersion.exactly(6), NewEvent.of("E", Bytes.EMPTY));
    compact(store.now().revision());
    for (StreamRead pinned :
        List.of(
            first.following(),
            last.following(),
            StreamRead.of("a").at(first.revision()),
            StreamRead.of("a").last(1).at(first.revision()))) {
      assertThatThrownBy(() -> store.read(pinned))
          .isInstanceOfSatisfying(
              QuorateException.Rejected.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.REVISION_COMPACTED));
    }
    StreamPage rest = store.read(first.goingOn().limit(10));
    assertThat(versions(rest.events())).isEqualTo(range(3, 7));
    assertThat(rest.isEnd()).isTrue();
    assertThat(versions(store.read(last.goingOn().limit(10)).events()).reversed())
        .isEqualTo(range(1, 4));
  }

  @Test
  void a_page_whose_history_goes_while_it_is_read_is_read_as_of_later() {
    fill("a", 200, Bytes.EMPTY); // more than a page asks for at first
    for (StreamRead read :
        List.of(StreamRead.of("a"), StreamRead.of("a").last(150), StreamRead.of("a").last(1))) {
      TroubledWay way = way();
      EventStore over = over(way);
      List<Long> expected = versions(store.read(read).events());
      for (int i = 0; i < 5; i++) {
        way.next(
            call -> call.method().endsWith("/Range"),
            sends ->
                store
                    .appendAsync(
                        Append.to("b", ExpectedVersion.any(), NewEvent.of("E", Bytes.EMPTY)))
                    .thenCompose(done -> compactAsync(done.orThrow().revision()))
                    .thenCompose(done -> sends.get()));
      }
      assertThat(versions(over.read(read).events())).isEqualTo(expected);
      way.forgetPlans();
    }
  }

  /** With {@code -Dcheck.full=true} the stream has a million events. */
  @Test
  @Timeout(600)
  void a_page_of_a_long_stream_takes_as_little_at_its_end_as_at_its_beginning() {
    int count = Boolean.getBoolean("check.full") ? 1_000_000 : 10_000;
    List<NewEvent> some = Collections.nCopies(500, NewEvent.of("E", Bytes.EMPTY));
    for (int version = 0; version < count; version += some.size()) {
      store.append(Append.to("long", ExpectedVersion.exactly(version), some));
    }
    for (long from : new long[] {1, count / 2 + 1, count - 99}) {
      TroubledWay way = way();
      StreamPage page = over(way).read(StreamRead.of("long").from(from).limit(100));
      assertThat(versions(page.events())).isEqualTo(range(from, from + 99));
      assertThat(way.takeCalls()).as("from %d", from).hasSizeLessThanOrEqualTo(CALLS_MAX);
      assertThat(bytes(way.answers())).as("from %d", from).isLessThan(ANSWERED_MAX);
    }
  }

  private static long bytes(List<Answer> answers) {
    return answers.stream().mapToLong(each -> each.message().length()).sum();
  }

  /** Of 20 megabytes no page has more than half. */
  @Test
  void a_page_ends_early_where_events_are_large_in_both_directions() {
    fill("a", 200, Bytes.wrap(new byte[100_000]));
    for (StreamRead read : List.of(StreamRead.of("a"), StreamRead.of("a").last(1_000))) {
      List<Long> all = new ArrayList<>();
      StreamPage page = store.read(read);
      while (true) {
        assertThat(page.events()).hasSizeBetween(1, 100);
        all.addAll(versions(page.events()));
        if (page.isEnd()) {
          break;
        }
        page = store.read(page.following());
      }
      assertThat(read.descending() ? all.reversed() : all).isEqualTo(range(1, 200));
    }
  }

  @Test
  void all_of_a_stream_is_read_page_by_page_until_whoever_is_told_has_enough() {
    for (int version = 0; version < 2_500; version += 500) {
      store.append(
          Append.to(
              "a",
              ExpectedVersion.exactly(version),
              Collections.nCopies(500, NewEvent.of("E", Bytes.EMPTY))));
    }
    assertThat(store.read(StreamRead.of("a")).events()).hasSize(1_000);
    List<RecordedEvent> all = new ArrayList<>();
    store.readAll("a", all::add);
    assertThat(versions(all)).isEqualTo(range(1, 2_500));
    all.clear();
    store.readAllAsync("a", all::add).join();
    assertThat(versions(all)).isEqualTo(range(1, 2_500));
    Consumer<RecordedEvent> most =
        event -> {
          if (event.version() > 1_200) {
            throw new IllegalStateException("enough");
          }
          all.add(event);
        };
    all.clear();
    assertThatThrownBy(() -> store.readAll("a", most)).hasMessage("enough");
    assertThat(versions(all)).isEqualTo(range(1, 1_200));
    all.clear();
    assertThatThrownBy(() -> store.readAllAsync("a", most).join()).hasRootCauseMessage("enough");
    assertThat(versions(all)).isEqualTo(range(1, 1_200));
    store.readAll("none", most);
  }

  @Test
  void pieces_of_a_page_that_goes_backwards_fit_together_however_large_appends_are() {
    long version = 0;
    for (int size : new int[] {1, 500, 2, 40, 1, 1, 100, 3}) {
      List<NewEvent> some = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        some.add(NewEvent.of("E", Bytes.EMPTY));
      }
      store.append(Append.to("a", ExpectedVersion.exactly(version), some));
      version += size;
    }
    for (long first : new long[] {1, 2, 300, 501}) { // the first that isn't truncated
      store.truncate("a", first);
      for (long from : new long[] {648, 640, 545, 504, 502, 400}) {
        for (int limit : new int[] {7, 99, 333, 1_000}) {
          List<Long> all = new ArrayList<>();
          StreamPage page = store.read(StreamRead.of("a").from(from).backwards().limit(limit));
          while (true) {
            assertThat(page.events()).hasSizeLessThanOrEqualTo(limit);
            all.addAll(versions(page.events()));
            if (page.isEnd()) {
              break;
            }
            page = store.read(page.goingOn());
          }
          assertThat(all.reversed()).isEqualTo(range(first, from));
        }
      }
    }
  }

  @Test
  void a_page_that_has_nothing_says_as_of_which_revision_too() {
    fill("truncated", 3, Bytes.EMPTY);
    store.truncate("truncated", 100);
    fill("closed", 3, Bytes.EMPTY);
    store.close("closed");
    for (String stream : List.of("none", "truncated", "closed")) {
      for (StreamRead read :
          List.of(
              StreamRead.of(stream),
              StreamRead.of(stream).last(5),
              StreamRead.of(stream).from(2).backwards())) {
        long before = store.now().revision();
        StreamPage page = store.read(read);
        assertThat(page.events()).isEmpty();
        assertThat(page.revision()).isBetween(before, store.now().revision());
        assertThat(store.read(read.at(before)).revision()).isEqualTo(before);
      }
    }
  }

  // ---- of a query ------------------------------------------------------------------------------

  /** How whoever asked for a page may have enough of waiting. */
  private static final List<Consumer<CompletableFuture<EventPage>>> ENDS =
      List.of(
          page -> page.cancel(false),
          page -> page.completeExceptionally(new TimeoutException()),
          page -> page.complete(new EventPage(List.of(), Position.START, false)));

  /** Holds back the answer that brings events. */
  private static final class Held implements TroubledWay.Fate {
    private final CompletableFuture<Void> goesOn = new CompletableFuture<>();
    private final CompletableFuture<Void> came = new CompletableFuture<>();

    @Override
    public CompletableFuture<Answer> of(Supplier<CompletableFuture<Answer>> sends) {
      return goesOn
          .thenCompose(now -> sends.get())
          .whenComplete((answer, failure) -> came.complete(null));
    }

    /** The answer comes; what is done by it is done before the answer to another call. */
    void come(EventStore by) {
      goesOn.complete(null);
      came.join();
      var _ = by.now();
    }
  }

  private static boolean bringsEvents(TroubledWay.Call call) {
    return call.isTxnOn("/s/a#") || call.method().endsWith("Streams/Read");
  }

  private static List<Long> rest(Scan scan, int limit) {
    List<Long> all = new ArrayList<>();
    EventPage page;
    do {
      page = scan.next(limit);
      all.addAll(versions(page.events()));
    } while (!page.isEnd());
    return all;
  }

  @Test
  void a_page_that_comes_when_nobody_waits_for_it_any_more_has_told_nothing() {
    fill("a", 40, Bytes.EMPTY);
    for (Consumer<CompletableFuture<EventPage>> ends : ENDS) {
      for (boolean comesFirst : List.of(true, false)) {
        TroubledWay way = way();
        EventStore over = over(way);
        Scan scan = over.scan(Query.all(), Position.START);
        List<Long> told = new ArrayList<>(versions(scan.next(5).events()));
        Position before = scan.upTo();
        Held held = new Held();
        way.next(EventPagesTest::bringsEvents, held);
        CompletableFuture<EventPage> lost = scan.nextAsync(10);
        ends.accept(lost);
        assertThat(scan.upTo()).isEqualTo(before);
        if (comesFirst) {
          held.come(over);
          assertThat(scan.upTo()).isEqualTo(before);
        }
        told.addAll(versions(scan.next(10).events()));
        if (!comesFirst) {
          held.come(over);
        }
        assertThat(told).isEqualTo(range(1, 15));
        told.addAll(rest(scan, 10));
        assertThat(told).isEqualTo(range(1, 40));
      }
    }
  }

  @Test
  void a_page_is_not_asked_for_while_another_is_under_way() {
    fill("a", 10, Bytes.EMPTY);
    TroubledWay way = way();
    EventStore over = over(way);
    Scan scan = over.scan(Query.all(), Position.START);
    Held held = new Held();
    way.next(EventPagesTest::bringsEvents, held);
    CompletableFuture<EventPage> first = scan.nextAsync(4);
    assertThatThrownBy(() -> scan.nextAsync(4))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("under way");
    held.come(over);
    assertThat(versions(client.await(first).events())).isEqualTo(range(1, 4));
    assertThat(rest(scan, 4)).isEqualTo(range(5, 10));
  }
}
