package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.modRevision;
import static io.quorate.conformance.Requests.op;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.range;
import static io.quorate.conformance.Requests.txn;
import static io.quorate.conformance.WatchStream.on;
import static io.quorate.protocol.etcdserverpb.Compare.CompareResult.EQUAL;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest.FilterType;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import io.quorate.protocol.mvccpb.Event;
import io.quorate.protocol.mvccpb.Event.EventType;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** How Go's client library and Kubernetes watch. */
@AgainstServers
class WatchShapesTest extends Case {
  WatchShapesTest(Subject subject) {
    super(subject);
  }

  /** A mutex waits for the deletion of whom it is behind, from the revision that it read. */
  @Test
  void a_waiting_mutex_sees_the_deletion_also_if_it_came_first() {
    long lease = new Leases(api).grant();
    api.put(put(key("q/owner"), "").setLease(lease));
    long read = revision();
    new Leases(api).revoke(lease);
    try (WatchStream stream = new WatchStream(api)) {
      stream.created(on(key("q/owner")).setStartRevision(read));
      List<Event> events = stream.events(2);
      assertThat(events.get(0).getType()).isEqualTo(EventType.PUT);
      assertThat(events.get(1).getType()).isEqualTo(EventType.DELETE);
      assertThat(events.get(1).getKv().getModRevision()).isEqualTo(read + 1);
    }
  }

  /** An observer follows the leader's key from behind the version that it read. */
  @Test
  void an_observer_misses_no_proclamation() {
    api.put(put(key("q/leader"), "0"));
    long mod = api.range(get(key("q/leader"))).getKvs(0).getModRevision();
    api.put(put(key("q/leader"), "1"));
    try (WatchStream stream = new WatchStream(api)) {
      stream.created(on(key("q/leader")).setStartRevision(mod + 1));
      api.put(put(key("q/leader"), "2"));
      api.delete(delete(key("q/leader")));
      List<Event> events = stream.events(3);
      assertThat(events.get(0).getKv().getValue()).isEqualTo(bytes("1"));
      assertThat(events.get(1).getKv().getValue()).isEqualTo(bytes("2"));
      assertThat(events.get(2).getType()).isEqualTo(EventType.DELETE);
    }
  }

  /** A barrier of contrib/recipes waits for one kind of event. */
  @Test
  void a_barrier_is_lifted_by_its_deletion() {
    long put = api.put(put(key("barrier"), "")).getHeader().getRevision();
    try (WatchStream stream = new WatchStream(api)) {
      stream.created(on(key("barrier")).setStartRevision(put).addFilters(FilterType.NOPUT));
      api.put(put(key("barrier"), "still"));
      api.delete(delete(key("barrier")));
      assertThat(stream.events(1).get(0).getType()).isEqualTo(EventType.DELETE);
    }
  }

  /** clientv3 resumes each watcher one behind the last revision that it saw. */
  @Test
  void a_resumed_watch_neither_misses_nor_repeats() {
    List<String> seen = new ArrayList<>();
    long next = revision() + 1;
    for (int round = 0; round < 5; round++) {
      try (WatchStream stream = new WatchStream(api)) {
        api.txn(txn(op(put(key("a"), "a" + round)), op(put(key("b"), "b" + round))));
        stream.created(on(key(""), end()).setStartRevision(next));
        for (Event event : stream.events(2)) {
          seen.add(event.getKv().getValue().toStringUtf8());
          next = event.getKv().getModRevision() + 1;
        }
      }
    }
    assertThat(seen).containsExactly("a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3", "a4", "b4");
  }

  /**
   * Kubernetes' cache: a list, then a watch from behind it, is at each moment what a list would be.
   */
  @Test
  void a_list_and_the_watch_behind_it_are_the_store() {
    ByteString from = key("registry/");
    ByteString to = key("registry0");
    for (int i = 0; i < 10; i++) {
      api.put(put(key("registry/" + i), "v0"));
    }
    RangeResponse list = api.range(range(from, to));
    TreeMap<String, String> cache = new TreeMap<>();
    list.getKvsList()
        .forEach(kv -> cache.put(kv.getKey().toStringUtf8(), kv.getValue().toStringUtf8()));
    long lease = new Leases(api).grant();
    api.delete(delete(key("registry/3")));
    api.put(put(key("registry/4"), "v1"));
    api.put(put(key("registry/event"), "x").setLease(lease));
    new Leases(api).revoke(lease);
    KubernetesWrite.update(api, key("registry/5"), "v2");
    long last = revision();
    WatchCreateRequest.Builder watch =
        on(from, to)
            .setStartRevision(list.getHeader().getRevision() + 1)
            .setPrevKv(true)
            .setProgressNotify(true);
    try (WatchStream stream = new WatchStream(api.with("hasleader", "true"))) {
      stream.created(watch);
      long seen = 0;
      while (seen < last) {
        WatchResponse answer = stream.next();
        for (Event event : answer.getEventsList()) {
          String key = event.getKv().getKey().toStringUtf8();
          if (event.getType() == EventType.DELETE) {
            assertThat(event.getPrevKv().getValue().toStringUtf8())
                .as("what is deleted is told with its deletion")
                .isEqualTo(cache.remove(key));
          } else {
            assertThat(event.hasPrevKv()).isEqualTo(cache.containsKey(key));
            cache.put(key, event.getKv().getValue().toStringUtf8());
          }
          seen = event.getKv().getModRevision();
        }
      }
      stream.askProgress();
      assertThat(stream.next().getHeader().getRevision()).isEqualTo(last);
    }
    TreeMap<String, String> store = new TreeMap<>();
    api.range(range(from, to))
        .getKvsList()
        .forEach(kv -> store.put(kv.getKey().toStringUtf8(), kv.getValue().toStringUtf8()));
    assertThat(cache).isEqualTo(store);
  }

  private static final class KubernetesWrite {
    static void update(Api api, ByteString key, String value) {
      long mod = api.range(get(key)).getKvs(0).getModRevision();
      assertThat(api.txn(txn(modRevision(key, EQUAL, mod), op(put(key, value)))).getSucceeded())
          .isTrue();
    }
  }
}
