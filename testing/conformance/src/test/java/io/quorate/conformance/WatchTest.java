package io.quorate.conformance;

import static io.quorate.conformance.Requests.FROM_KEY;
import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.txn;
import static io.quorate.conformance.WatchStream.on;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest.FilterType;
import io.quorate.protocol.etcdserverpb.WatchRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import io.quorate.protocol.mvccpb.Event;
import io.quorate.protocol.mvccpb.Event.EventType;
import io.quorate.protocol.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Watchers of what happens now: how they are created and end, and what an event tells. */
@AgainstServers
class WatchTest extends Case {
  private final WatchStream stream = new WatchStream(api);

  WatchTest(Subject subject) {
    super(subject);
  }

  @AfterEach
  void hangUp() {
    stream.close();
  }

  private WatchCreateRequest.Builder all() {
    return on(key(""), end());
  }

  /** That nothing more has come, shown by the answer to what is asked after it. */
  private void assertSilence() {
    stream.create(on(key("silence")).setWatchId(4_711));
    assertThat(stream.next().getWatchId()).isEqualTo(4_711);
    stream.cancel(4_711);
    assertThat(stream.next().getCanceled()).isTrue();
  }

  @Test
  void events_tell_the_key_the_revision_and_on_request_what_was_before() {
    long before = revision();
    stream.create(all().setPrevKv(true));
    WatchResponse created = stream.next();
    assertThat(created.getCreated()).isTrue();
    assertThat(created.getHeader().getRevision()).isEqualTo(before);
    assertThat(created.getHeader().getClusterId()).isNotZero();
    api.put(put(key("a"), "1"));
    api.put(put(key("a"), "2"));
    api.delete(delete(key("a")));
    api.put(put(key("a"), "3"));

    List<Event> events = stream.events(4);
    assertThat(events.get(0).getType()).isEqualTo(EventType.PUT);
    assertThat(events.get(0).hasPrevKv()).isFalse();
    assertThat(events.get(1).getKv())
        .isEqualTo(
            KeyValue.newBuilder()
                .setKey(key("a"))
                .setValue(bytes("2"))
                .setCreateRevision(before + 1)
                .setModRevision(before + 2)
                .setVersion(2)
                .build());
    assertThat(events.get(1).getPrevKv().getValue()).isEqualTo(bytes("1"));
    assertThat(events.get(2).getType()).isEqualTo(EventType.DELETE);
    assertThat(events.get(2).getKv())
        .as("a deletion has a key and a revision, and nothing else")
        .isEqualTo(KeyValue.newBuilder().setKey(key("a")).setModRevision(before + 3).build());
    assertThat(events.get(2).getPrevKv().getVersion()).isEqualTo(2);
    assertThat(events.get(3).hasPrevKv()).as("a new life").isFalse();
  }

  @Test
  void without_asking_nobody_is_told_what_was_before() {
    api.put(put(key("a"), "1"));
    stream.created(all());
    api.put(put(key("a"), "2"));
    WatchResponse answer = stream.next();
    assertThat(answer.getEvents(0).hasPrevKv()).isFalse();
    assertThat(answer.getHeader().getRevision())
        .isGreaterThanOrEqualTo(answer.getEvents(0).getKv().getModRevision());
  }

  @Test
  void a_watcher_sees_its_range_and_nothing_beside_it() {
    long single = stream.created(on(key("b")));
    long range = stream.created(on(key("b"), key("d")));
    long from = stream.created(on(key("c"), FROM_KEY));
    for (String name : List.of("a", "b", "c", "d")) {
      api.put(put(key(name), "x"));
    }
    // Answers of different watchers may come in any order, those of one may not.
    List<WatchResponse> seen = new ArrayList<>();
    List<String> each = new ArrayList<>();
    for (int i = 0; i < 5; ) {
      WatchResponse answer = stream.next();
      for (Event event : answer.getEventsList()) {
        String key = event.getKv().getKey().toStringUtf8();
        each.add(answer.getWatchId() + key.substring(key.length() - 1));
        i++;
      }
    }
    assertThat(each)
        .as("%s", seen)
        .containsExactlyInAnyOrder(single + "b", range + "b", range + "c", from + "c", from + "d");
    assertSilence();
  }

  /** Shows that an empty key is the key of one zero byte, or with that as end everything. */
  @Test
  void an_empty_key_with_the_end_of_all_watches_everything() {
    stream.created(on(ByteString.EMPTY, FROM_KEY));
    long key = stream.created(on(ByteString.EMPTY));
    api.put(put(key("a"), "1"));
    assertThat(stream.events(1).get(0).getKv().getKey()).isEqualTo(key("a"));
    api.put(put(FROM_KEY, "1"));
    List<WatchResponse> both = List.of(stream.next(), stream.next());
    assertThat(both).allMatch(answer -> answer.getEvents(0).getKv().getKey().equals(FROM_KEY));
    assertThat(both).anyMatch(answer -> answer.getWatchId() == key);
  }

  @Test
  void all_events_of_a_txn_come_in_one_answer_in_the_order_of_its_operations() {
    api.put(put(key("z"), "x"));
    stream.created(all());
    api.txn(
        txn(
            op(put(key("c"), "1")),
            op(put(key("a"), "2")),
            op(delete(key("z"))),
            op(put(key("b"), "3"))));
    WatchResponse answer = stream.next();
    assertThat(answer.getEventsList().stream().map(event -> event.getKv().getKey()))
        .containsExactly(key("c"), key("a"), key("z"), key("b"));
    assertThat(answer.getEventsList().stream().map(event -> event.getKv().getModRevision()))
        .containsOnly(answer.getEvents(0).getKv().getModRevision());
    assertSilence();
  }

  @Test
  void a_deleted_range_is_one_answer_in_the_order_of_its_keys() {
    for (String name : List.of("c", "a", "b")) {
      api.put(put(key(name), "x"));
    }
    stream.created(all());
    api.delete(delete(key(""), end()));
    WatchResponse answer = stream.next();
    assertThat(answer.getEventsList().stream().map(event -> event.getKv().getKey()))
        .containsExactly(key("a"), key("b"), key("c"));
    assertSilence();
  }

  @Test
  void filters_leave_out_kinds_of_events_and_no_answer_is_empty() {
    long deletes = stream.created(all().addFilters(FilterType.NOPUT));
    long puts = stream.created(all().addFilters(FilterType.NODELETE));
    stream.created(all().addFilters(FilterType.NOPUT).addFilters(FilterType.NODELETE));
    api.put(put(key("a"), "1"));
    WatchResponse first = stream.next();
    assertThat(first.getWatchId()).isEqualTo(puts);
    api.delete(delete(key("a")));
    WatchResponse second = stream.next();
    assertThat(second.getWatchId()).isEqualTo(deletes);
    assertThat(second.getEvents(0).getType()).isEqualTo(EventType.DELETE);
    assertSilence();
  }

  @Test
  void ids_are_counted_or_chosen_and_never_used_again() {
    assertThat(stream.created(on(key("a")))).isEqualTo(0);
    assertThat(stream.created(on(key("a")))).isEqualTo(1);
    assertThat(stream.created(on(key("a")).setWatchId(3))).isEqualTo(3);
    assertThat(stream.created(on(key("a")))).isEqualTo(2);
    assertThat(stream.created(on(key("a")))).as("3 is taken").isEqualTo(4);
    assertThat(stream.created(on(key("a")).setWatchId(-5))).isEqualTo(-5);
    stream.cancel(4);
    assertThat(stream.next().getCanceled()).isTrue();
    assertThat(stream.created(on(key("a")))).as("4 was used").isEqualTo(5);
    assertThat(stream.created(on(key("a")).setWatchId(Long.MAX_VALUE))).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void an_id_that_is_taken_creates_nothing() {
    stream.created(on(key("a")).setWatchId(7));
    stream.create(on(key("a")).setWatchId(7));
    assertRefused("mvcc: duplicate watch ID provided on the WatchStream");
    stream.cancel(7);
    WatchResponse canceled = stream.next();
    assertThat(canceled.getCanceled()).isTrue();
    assertThat(canceled.getWatchId()).isEqualTo(7);
    assertThat(canceled.getCancelReason()).isEmpty();
    assertThat(canceled.getCompactRevision()).isZero();
    stream.cancel(7);
    stream.cancel(99);
    assertSilence();
  }

  private void assertRefused(String reason) {
    WatchResponse refused = stream.next();
    assertThat(refused.getCreated()).isTrue();
    assertThat(refused.getCanceled()).isTrue();
    assertThat(refused.getWatchId()).isEqualTo(-1);
    assertThat(refused.getCancelReason()).isEqualTo(reason);
  }

  @Test
  void an_empty_range_is_refused() {
    stream.create(on(key("a"), key("a")));
    assertRefused("mvcc: watcher range is empty");
    stream.create(on(key("b"), key("a")));
    assertRefused("mvcc: watcher range is empty");
    stream.created(on(key("a")));
  }

  @Test
  void a_negative_start_is_none() {
    stream.create(on(key("a")).setStartRevision(-3));
    if (server.has(Difference.NEGATIVE_START_REFUSED)) {
      assertRefused("etcdserver: mvcc: required revision has been compacted");
    } else {
      assertThat(stream.next().getCreated()).isTrue();
    }
  }

  @Test
  void a_request_for_nothing_is_ignored() {
    stream.send(WatchRequest.getDefaultInstance());
    stream.created(on(key("a")));
    api.put(put(key("a"), "1"));
    assertThat(stream.events(1)).hasSize(1);
  }

  @Test
  void a_canceled_watcher_is_silent_and_others_go_on() {
    long first = stream.created(all());
    long second = stream.created(all());
    stream.cancel(first);
    assertThat(stream.next().getWatchId()).isEqualTo(first);
    api.put(put(key("a"), "1"));
    assertThat(stream.next().getWatchId()).isEqualTo(second);
    assertSilence();
  }

  @Test
  void a_client_that_has_no_more_requests_still_gets_events() {
    stream.created(all());
    stream.halfClose();
    api.put(put(key("a"), "1"));
    assertThat(stream.events(1)).hasSize(1);
    api.put(put(key("a"), "2"));
    assertThat(stream.events(1)).hasSize(1);
  }

  @Test
  void streams_do_not_know_of_each_other() {
    try (WatchStream other = new WatchStream(api)) {
      assertThat(stream.created(all())).isZero();
      assertThat(other.created(all())).isZero();
      stream.close();
      api.put(put(key("a"), "1"));
      assertThat(other.events(1)).hasSize(1);
    }
  }

  @Test
  void a_synced_stream_tells_its_progress_for_all_watchers() {
    stream.created(all());
    long revision = api.put(put(key("a"), "1")).getHeader().getRevision();
    stream.events(1);
    stream.askProgress();
    WatchResponse progress = stream.next();
    assertThat(progress.getWatchId()).isEqualTo(-1);
    assertThat(progress.getEventsList()).isEmpty();
    assertThat(progress.getCreated() || progress.getCanceled()).isFalse();
    assertThat(progress.getHeader().getRevision()).isEqualTo(revision);
  }

  /** Shows that a progress answer never overtakes an event that it promises. */
  @Test
  void progress_comes_behind_the_events_that_it_covers() {
    stream.created(all());
    long seen = 0;
    for (int i = 0; i < 100; i++) {
      api.put(put(key("a"), "v" + i));
      stream.askProgress();
    }
    long last = revision();
    while (seen < last) {
      WatchResponse answer = stream.next();
      if (answer.getEventsCount() > 0) {
        long first = answer.getEvents(0).getKv().getModRevision();
        assertThat(first).as("every event up to %d was promised", seen).isGreaterThan(seen);
        seen = answer.getEvents(answer.getEventsCount() - 1).getKv().getModRevision();
      } else if (server.has(Difference.PROGRESS_IN_ORDER)) {
        assertThat(answer.getWatchId()).isEqualTo(-1);
        assertThat(answer.getHeader().getRevision()).isLessThanOrEqualTo(Math.max(seen, last));
        seen = Math.max(seen, answer.getHeader().getRevision());
      }
    }
  }

  @Test
  void a_stream_that_is_not_synced_tells_no_progress() {
    if (!server.has(Difference.PROGRESS_IN_ORDER)) {
      return;
    }
    stream.askProgress(); // has no watchers
    long revision = revision();
    stream.created(all().setStartRevision(revision + 3));
    stream.askProgress(); // its watcher waits for the future
    assertSilence();
    api.put(put(key("a"), "1"));
    api.put(put(key("a"), "2"));
    api.put(put(key("a"), "3"));
    assertThat(stream.events(1).get(0).getKv().getValue()).isEqualTo(bytes("3"));
  }

  /** Shows that watchers that asked are told how far they have come when nothing happens. */
  @Test
  void a_watcher_is_told_its_progress_by_the_clock() {
    String flag =
        server.has(Difference.FLAGS_WITHOUT_EXPERIMENTAL)
            ? "--watch-progress-notify-interval=200ms"
            : "--experimental-watch-progress-notify-interval=200ms";
    try (Server own = server.subject().start(1, flag);
        WatchStream told = new WatchStream(own.api())) {
      told.created(on(bytes("other")));
      long asked = told.created(on(bytes("k")).setProgressNotify(true));
      long revision = own.api().put(put(bytes("elsewhere"), "1")).getHeader().getRevision();
      WatchResponse progress = told.next();
      while (progress.getHeader().getRevision() < revision) {
        assertThat(progress.getEventsList()).isEmpty();
        progress = told.next();
      }
      assertThat(progress.getWatchId()).isEqualTo(asked);
      assertThat(progress.getHeader().getRevision()).isEqualTo(revision);
    }
  }
}
