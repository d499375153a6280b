package io.quorate.conformance;

import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.get;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import io.quorate.protocol.mvccpb.KeyValue;
import io.quorate.protocol.v3electionpb.CampaignRequest;
import io.quorate.protocol.v3electionpb.CampaignResponse;
import io.quorate.protocol.v3electionpb.LeaderKey;
import io.quorate.protocol.v3electionpb.LeaderRequest;
import io.quorate.protocol.v3electionpb.ProclaimRequest;
import io.quorate.protocol.v3electionpb.ResignRequest;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Elections that the server holds. */
@AgainstServers
class ElectionTest extends Case {
  private final Leases leases = new Leases(api);

  ElectionTest(Subject subject) {
    super(subject);
  }

  private CampaignRequest campaign(long lease, String value) {
    return CampaignRequest.newBuilder()
        .setName(key("election"))
        .setLease(lease)
        .setValue(bytes(value))
        .build();
  }

  private LeaderRequest election() {
    return LeaderRequest.newBuilder().setName(key("election")).build();
  }

  private static ProclaimRequest proclaim(LeaderKey leader, String value) {
    return ProclaimRequest.newBuilder().setLeader(leader).setValue(bytes(value)).build();
  }

  private static ResignRequest resign(LeaderKey leader) {
    return ResignRequest.newBuilder().setLeader(leader).build();
  }

  @Test
  void the_first_leads_until_it_resigns_and_all_of_it_is_observed() throws Exception {
    long one = leases.grant();
    long two = leases.grant();
    assertThat(api.refusal(Rpc.LEADER, election())).isEqualTo(Refusals.NOBODY_ELECTED);
    LeaderKey first = api.call(Rpc.CAMPAIGN, campaign(one, "1")).getLeader();
    KeyValue stored = api.range(get(first.getKey())).getKvs(0);
    assertThat(first)
        .isEqualTo(
            LeaderKey.newBuilder()
                .setName(key("election"))
                .setKey(key("election/" + Long.toHexString(one)))
                .setRev(stored.getCreateRevision())
                .setLease(one)
                .build());
    assertThat(stored.getLease()).isEqualTo(one);
    ListenableFuture<CampaignResponse> waiting = api.start(Rpc.CAMPAIGN, campaign(two, "2"));
    awaitKey(key("election/" + Long.toHexString(two)), true);
    try (var observed = api.open(Rpc.OBSERVE)) {
      observed.send(election());
      observed.halfClose();
      assertThat(observed.next().getKv().getValue()).isEqualTo(bytes("1"));
      api.call(Rpc.PROCLAIM, proclaim(first, "1b"));
      assertThat(observed.next().getKv().getValue()).isEqualTo(bytes("1b"));
      assertThat(api.call(Rpc.LEADER, election()).getKv().getValue()).isEqualTo(bytes("1b"));
      assertThat(waiting.isDone()).isFalse();

      api.call(Rpc.RESIGN, resign(first));
      LeaderKey second = waiting.get(Api.WAIT_SECONDS_MAX, TimeUnit.SECONDS).getLeader();
      assertThat(second.getLease()).isEqualTo(two);
      assertThat(observed.next().getKv().getValue()).isEqualTo(bytes("2"));
      assertThat(api.refusal(Rpc.PROCLAIM, proclaim(first, "no more")))
          .isEqualTo(Refusals.NOT_ELECTED);
      api.call(Rpc.RESIGN, resign(first));
      assertThat(api.call(Rpc.LEADER, election()).getKv().getKey()).isEqualTo(second.getKey());
      api.call(Rpc.RESIGN, resign(second));
    }
    leases.revoke(one);
    leases.revoke(two);
  }

  @Test
  void a_leader_key_must_be_given() {
    assertThat(api.refusal(Rpc.PROCLAIM, ProclaimRequest.getDefaultInstance()))
        .isEqualTo(Refusals.NO_LEADER_FIELD);
    assertThat(api.refusal(Rpc.RESIGN, ResignRequest.getDefaultInstance()))
        .isEqualTo(Refusals.NO_LEADER_FIELD);
  }

  @Test
  void who_dies_leads_no_more() {
    long one = leases.grant();
    api.call(Rpc.CAMPAIGN, campaign(one, "1"));
    leases.revoke(one);
    assertThat(api.refusal(Rpc.LEADER, election())).isEqualTo(Refusals.NOBODY_ELECTED);
    assertThat(api.refusal(Rpc.CAMPAIGN, campaign(one, "1"))).isEqualTo(Refusals.LOCK_NO_LEASE);
  }
}
