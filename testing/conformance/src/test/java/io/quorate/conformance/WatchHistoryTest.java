package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.txn;
import static io.quorate.conformance.WatchStream.on;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import io.quorate.protocol.mvccpb.Event;
import io.quorate.protocol.mvccpb.Event.EventType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Watchers that begin in the past or in the future, and answers that are large. */
@AgainstServers
class WatchHistoryTest extends Case {
  private final WatchStream stream = new WatchStream(api);

  WatchHistoryTest(Subject subject) {
    super(subject);
  }

  @AfterEach
  void hangUp() {
    stream.close();
  }

  private WatchCreateRequest.Builder from(long revision) {
    return on(key(""), end()).setStartRevision(revision);
  }

  private static List<String> values(List<Event> events) {
    return events.stream().map(event -> event.getKv().getValue().toStringUtf8()).toList();
  }

  @Test
  void history_and_what_happens_now_are_one_sequence() throws Exception {
    long start = revision() + 1;
    for (int i = 0; i < 50; i++) {
      api.put(put(key("a"), "" + i));
    }
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 50; i < 100; i++) {
                api.put(put(key("a"), "" + i));
              }
            });
    stream.created(from(start));
    List<Event> events = stream.events(100);
    writer.join();
    assertThat(values(events))
        .containsExactlyElementsOf(IntStream.range(0, 100).mapToObj(Integer::toString).toList());
  }

  @Test
  void a_watcher_can_wait_for_the_future() {
    stream.created(from(revision() + 3));
    for (int i = 1; i <= 4; i++) {
      api.put(put(key("a"), "" + i));
    }
    assertThat(values(stream.events(2))).containsExactly("3", "4");
  }

  @Test
  void history_tells_what_was_before_each_event() {
    long first = api.put(put(key("a"), "1")).getHeader().getRevision();
    api.put(put(key("a"), "2"));
    api.delete(delete(key("a")));
    stream.created(from(first).setPrevKv(true));
    List<Event> events = stream.events(3);
    assertThat(events.get(0).hasPrevKv()).isFalse();
    assertThat(events.get(1).getPrevKv().getValue()).isEqualTo(bytes("1"));
    assertThat(events.get(2).getPrevKv().getValue()).isEqualTo(bytes("2"));
  }

  @Test
  void while_it_catches_up_the_header_tells_of_now() {
    long first = api.put(put(key("a"), "1")).getHeader().getRevision();
    api.put(put(key("else"), "1"));
    api.put(put(key("else"), "2"));
    stream.created(on(key("a")).setStartRevision(first));
    assertThat(stream.next().getHeader().getRevision()).isEqualTo(first + 2);
  }

  @Test
  void a_history_that_is_gone_cancels_and_says_from_where_there_is_one() {
    for (int i = 0; i < 10; i++) {
      api.put(put(key("a"), "" + i));
    }
    long compacted = revision() - 3;
    api.compact(compacted);
    stream.create(from(compacted - 2));
    WatchResponse created = stream.next();
    assertThat(created.getCreated()).isTrue();
    assertThat(created.getCanceled()).isFalse();
    WatchResponse canceled = stream.next();
    assertThat(canceled.getCanceled()).isTrue();
    assertThat(canceled.getWatchId()).isEqualTo(created.getWatchId());
    assertThat(canceled.getCompactRevision()).isEqualTo(compacted);
    assertThat(canceled.getHeader().getRevision()).isZero();
    assertThat(canceled.getCancelReason()).isEmpty();

    stream.created(from(compacted));
    assertThat(values(stream.events(4)))
        .as("the revision itself")
        .containsExactly("6", "7", "8", "9");
  }

  @Test
  void a_tombstone_at_the_compacted_revision_is_seen() {
    api.put(put(key("a"), "1"));
    long tombstone = api.delete(delete(key("a"))).getHeader().getRevision();
    api.put(put(key("b"), "2"));
    api.compactPhysically(tombstone);
    stream.created(from(tombstone));
    boolean seen = server.has(Difference.TOMBSTONE_AT_COMPACTED_SEEN);
    assertThat(stream.events(seen ? 2 : 1))
        .extracting(Event::getType)
        .containsExactlyElementsOf(
            seen ? List.of(EventType.DELETE, EventType.PUT) : List.of(EventType.PUT));
  }

  /** Shows that the version before a compacted revision's next change can still be told. */
  @Test
  void what_was_before_the_first_event_behind_a_compaction_is_told() {
    api.put(put(key("a"), "1"));
    long second = api.put(put(key("a"), "2")).getHeader().getRevision();
    api.put(put(key("a"), "3"));
    api.compact(second);
    stream.created(from(second + 1).setPrevKv(true));
    Event first = stream.events(1).get(0);
    assertThat(first.getKv().getValue()).isEqualTo(bytes("3"));
    assertThat(first.getPrevKv().getValue()).isEqualTo(bytes("2"));
  }

  /** Shows that no revision is torn apart between history and now, however many there are. */
  @Test
  void revisions_stay_whole_in_a_long_history() {
    long start = revision() + 1;
    for (int i = 0; i < 1_200; i++) {
      if (i % 3 == 0) {
        api.txn(txn(op(put(key("a"), "" + i)), op(put(key("b"), "" + i))));
      } else {
        api.put(put(key("a"), "" + i));
      }
    }
    long end = revision();
    stream.created(from(start));
    long last = start - 1;
    while (last < end) {
      WatchResponse answer = stream.next();
      for (int i = 0; i < answer.getEventsCount(); i++) {
        long revision = answer.getEvents(i).getKv().getModRevision();
        boolean second = answer.getEvents(i).getKv().getKey().equals(key("b"));
        assertThat(revision).isEqualTo(second ? last : last + 1);
        assertThat(i > 0 || !second).as("a revision in two answers").isTrue();
        last = revision;
      }
    }
  }

  @Test
  void a_large_revision_is_torn_apart_only_for_who_asked() {
    ByteString value = ByteString.copyFrom(new byte[700_000]);
    RequestOp[] puts =
        IntStream.range(0, 2)
            .mapToObj(i -> op(PutRequest.newBuilder().setKey(key("large-" + i)).setValue(value)))
            .toArray(RequestOp[]::new);
    long start = api.txn(txn(puts)).getHeader().getRevision();
    api.txn(txn(puts));
    stream.created(from(start));
    List<Event> whole = new ArrayList<>(stream.next().getEventsList());
    while (whole.size() < 4) {
      WatchResponse answer = stream.next();
      assertThat(answer.getFragment()).isFalse();
      whole.addAll(answer.getEventsList());
    }
    try (WatchStream torn = new WatchStream(api)) {
      long id = torn.created(from(start).setFragment(true));
      List<Event> parts = new ArrayList<>();
      boolean fragments = false;
      while (parts.size() < 4) {
        WatchResponse answer = torn.next();
        assertThat(answer.getWatchId()).isEqualTo(id);
        assertThat(answer.getSerializedSize()).isLessThan(2 << 20);
        fragments |= answer.getFragment();
        parts.addAll(answer.getEventsList());
        assertThat(answer.getFragment()).as("the last one says so").isEqualTo(parts.size() < 4);
      }
      assertThat(fragments).isTrue();
      assertThat(parts).isEqualTo(whole);
    }
  }
}
