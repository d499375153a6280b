package io.quorate.conformance;

import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.WatchStream.on;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.protocol.etcdserverpb.WatchResponse;
import io.quorate.protocol.mvccpb.Event;
import io.quorate.protocol.mvccpb.Event.EventType;
import org.junit.jupiter.api.Test;

/** What watchers see of leases that end. */
@AgainstServers
class LeaseWatchTest extends Case {
  private final Leases leases = new Leases(api);

  LeaseWatchTest(Subject subject) {
    super(subject);
  }

  private void bind(long lease) {
    for (String name : new String[] {"c", "a", "b"}) {
      api.put(put(key(name), "x").setLease(lease));
    }
  }

  private void assertAllGone(WatchResponse answer, long revision) {
    assertThat(answer.getEventsList().stream().map(event -> event.getKv().getKey()))
        .containsExactly(key("a"), key("b"), key("c"));
    assertThat(answer.getEventsList())
        .allMatch(event -> event.getType() == EventType.DELETE)
        .allMatch(event -> event.getKv().getModRevision() == revision);
  }

  @Test
  void a_revoked_lease_is_one_answer() {
    try (WatchStream stream = new WatchStream(api)) {
      long id = leases.grant();
      bind(id);
      long before = revision();
      stream.created(on(key(""), end()));
      leases.revoke(id);
      assertAllGone(stream.next(), before + 1);
    }
  }

  @Test
  void an_expired_lease_is_one_answer_in_time() {
    try (WatchStream stream = new WatchStream(api)) {
      long granted = System.nanoTime();
      long id = leases.grant(0, 2).getID();
      bind(id);
      long before = revision();
      stream.created(on(key(""), end()));
      assertAllGone(stream.next(), before + 1);
      assertThat((System.nanoTime() - granted) / 1e9).isBetween(2.0, 5.0);
    }
  }

  @Test
  void a_lease_that_is_kept_alive_outlives_its_ttl() {
    try (WatchStream stream = new WatchStream(api);
        var renewals = api.open(Rpc.LEASE_KEEP_ALIVE)) {
      long kept = leases.grant(0, 3).getID();
      long other = leases.grant(0, 2).getID();
      api.put(put(key("kept"), "x").setLease(kept));
      api.put(put(key("other"), "x").setLease(other));
      stream.created(on(key(""), end()));
      Event first = stream.events(1).get(0); // after more than 2 s
      assertThat(first.getKv().getKey()).isEqualTo(key("other"));
      renewals.send(Leases.keepAlive(kept));
      assertThat(renewals.next().getTTL()).isEqualTo(3);
      long renewed = System.nanoTime();
      Event second = stream.events(1).get(0);
      assertThat(second.getKv().getKey()).isEqualTo(key("kept"));
      assertThat((System.nanoTime() - renewed) / 1e9).isBetween(2.9, 6.0);
      renewals.send(Leases.keepAlive(kept));
      assertThat(renewals.next().getTTL()).as("too late").isZero();
    }
  }
}
