package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.WatchStream.on;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Streams on a member that has lost its leader: they end for who asked to be told. */
@AgainstServers
@Execution(ExecutionMode.CONCURRENT) // its servers are its own
class StreamsWithoutQuorumTest {
  private final Subject subject;

  StreamsWithoutQuorumTest(Subject subject) {
    this.subject = subject;
  }

  @Test
  void a_watch_ends_without_a_leader_if_it_asked_to_and_else_waits() {
    try (Server three = subject.start(3)) {
      int left = (three.leader() + 1) % 3;
      Api api = three.api(left);
      long lease = new Leases(api).grant(0, 300).getID();
      try (WatchStream asked = new WatchStream(api.with("hasleader", "true"));
          WatchStream patient = new WatchStream(api);
          var keepAlive = api.open(Rpc.LEASE_KEEP_ALIVE)) {
        asked.created(on(bytes("a")));
        patient.created(on(bytes("a")));
        List<Integer> others = new ArrayList<>(List.of(0, 1, 2));
        others.remove(Integer.valueOf(left));
        three.kill(others);
        assertThat(asked.end()).isEqualTo(Refusals.NO_LEADER);
        keepAlive.send(Leases.keepAlive(lease));
        assertThat(keepAlive.end()).isEqualTo(Refusals.NO_LEADER);
        others.forEach(three::restart);
        assertThat(three.leader()).isNotNegative();
        three.api(others.get(0)).put(put(bytes("a"), "1"));
        assertThat(patient.events(1)).hasSize(1);
      }
    }
  }
}
