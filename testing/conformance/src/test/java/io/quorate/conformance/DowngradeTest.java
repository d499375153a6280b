package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.protocol.etcdserverpb.DowngradeRequest;
import io.quorate.protocol.etcdserverpb.DowngradeRequest.DowngradeAction;
import org.junit.jupiter.api.Test;

/** Preparations for an older version. */
@AgainstServers
class DowngradeTest extends Case {
  DowngradeTest(Subject subject) {
    super(subject);
  }

  private String refusal(DowngradeAction action, String version) {
    return api.refusal(
        Rpc.DOWNGRADE, DowngradeRequest.newBuilder().setAction(action).setVersion(version).build());
  }

  @Test
  void a_version_must_be_one_that_there_is_a_way_to() {
    if (!server.has(Difference.DOWNGRADE)) {
      assertThat(refusal(DowngradeAction.CANCEL, "")).startsWith("UNIMPLEMENTED");
      return;
    }
    assertThat(refusal(DowngradeAction.VALIDATE, "3.0.0")).isEqualTo(Refusals.BAD_DOWNGRADE);
    assertThat(refusal(DowngradeAction.VALIDATE, "three")).isEqualTo(Refusals.BAD_VERSION_FORMAT);
    String canceled = refusal(DowngradeAction.CANCEL, "");
    if (server.has(Difference.DOWNGRADE_CANCEL_OK)) {
      assertThat(canceled).startsWith("answered");
    } else {
      assertThat(canceled).isEqualTo(Refusals.NO_DOWNGRADE);
    }
  }
}
