package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.range;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** A member that is killed at any moment is, when it comes back, what it was. */
@AgainstServers
@Execution(ExecutionMode.CONCURRENT) // its servers are its own
class RestartTest {
  private final Subject subject;

  RestartTest(Subject subject) {
    this.subject = subject;
  }

  @Test
  void the_store_survives_a_kill() {
    try (Server server = subject.start(1)) {
      Api api = server.api();
      for (int i = 0; i < 20; i++) {
        api.put(put(bytes("k" + i % 5), "v" + i));
      }
      long now = api.delete(delete(bytes("k0"))).getHeader().getRevision();
      api.compact(now - 4);
      RangeResponse before = api.range(range(bytes("k"), bytes("l")));
      RangeResponse old = api.range(get(bytes("k1")).setRevision(now - 4));
      var members = api.call(Rpc.MEMBER_LIST, MemberListRequest.getDefaultInstance());
      server.kill(List.of(0));
      server.restart(0);
      Api after = server.reconnect();
      RangeResponse again = after.range(range(bytes("k"), bytes("l")));
      assertThat(again.getKvsList()).isEqualTo(before.getKvsList());
      assertThat(again.getHeader().getRevision()).isEqualTo(now);
      assertThat(after.range(get(bytes("k1")).setRevision(now - 4)).getKvsList())
          .isEqualTo(old.getKvsList());
      assertThat(after.refusal(get(bytes("k1")).setRevision(now - 5)))
          .isEqualTo(Refusals.COMPACTED);
      assertThat(
              after.call(Rpc.MEMBER_LIST, MemberListRequest.getDefaultInstance()).getMembersList())
          .isEqualTo(members.getMembersList());
      assertThat(after.put(put(bytes("k0"), "again")).getHeader().getRevision()).isEqualTo(now + 1);
    }
  }
}
