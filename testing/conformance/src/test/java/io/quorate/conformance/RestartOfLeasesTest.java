package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.authpb.Permission;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Leases and users are part of what survives a kill. */
@AgainstServers
@Execution(ExecutionMode.CONCURRENT) // its servers are its own
class RestartOfLeasesTest {
  private final Subject subject;

  RestartOfLeasesTest(Subject subject) {
    this.subject = subject;
  }

  @Test
  void leases_users_and_auth_survive_a_kill() {
    try (Server server = subject.start(1)) {
      Api api = server.api();
      long lease = new Leases(api).grant(0, 600).getID();
      api.put(put(bytes("leased"), "x").setLease(lease));
      Users users = new Users(api);
      users.addRoot();
      users.add("alice", Permission.Type.READ, bytes("leased"), ByteString.EMPTY);
      users.enable();
      server.kill(List.of(0));
      server.restart(0);
      Api after = server.reconnect();
      assertThat(after.refusal(get(bytes("leased")))).isEqualTo(Refusals.NO_USER_NAME);
      Api alice = new Users(after).as("alice", "pw");
      assertThat(alice.range(get(bytes("leased"))).getKvs(0).getLease()).isEqualTo(lease);
      assertThat(alice.refusal(put(bytes("leased"), "y"))).isEqualTo(Refusals.DENIED);
      Leases leases = new Leases(new Users(after).as("root", "root"));
      assertThat(leases.timeToLive(lease).getGrantedTTL()).isEqualTo(600);
      assertThat(leases.timeToLive(lease).getKeysList()).containsExactly(bytes("leased"));
    }
  }
}
