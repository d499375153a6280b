package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.protocol.etcdserverpb.MoveLeaderRequest;
import io.quorate.protocol.etcdserverpb.StatusRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Leadership that is handed over. */
@AgainstServers
@Execution(ExecutionMode.CONCURRENT) // its servers are its own
class MoveLeaderTest {
  private final Subject subject;

  MoveLeaderTest(Subject subject) {
    this.subject = subject;
  }

  @Test
  void a_leader_hands_over_to_a_voter_and_to_nobody_else() {
    try (Server three = subject.start(3)) {
      int leader = three.leader();
      int other = (leader + 1) % 3;
      long leaderId = id(three.api(leader));
      long otherId = id(three.api(other));
      assertThat(three.api(other).refusal(Rpc.MOVE_LEADER, to(otherId)))
          .isEqualTo(Refusals.NOT_LEADER);
      assertThat(three.api(leader).refusal(Rpc.MOVE_LEADER, to(4_040_404)))
          .isEqualTo(Refusals.BAD_TRANSFEREE);
      assertThat(three.api(leader).refusal(Rpc.MOVE_LEADER, to(leaderId))).startsWith("answered");
      assertThat(three.api(leader).refusal(Rpc.MOVE_LEADER, to(otherId))).startsWith("answered");
      assertThat(three.leader()).isEqualTo(other);
      assertThat(three.api(leader).put(put(bytes("a"), "1")).hasHeader()).isTrue();
    }
  }

  private static MoveLeaderRequest to(long id) {
    return MoveLeaderRequest.newBuilder().setTargetID(id).build();
  }

  private static long id(Api member) {
    return member.call(Rpc.STATUS, StatusRequest.getDefaultInstance()).getHeader().getMemberId();
  }
}
