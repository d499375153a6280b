package io.quorate.client;

import io.quorate.base.Bytes;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** Elections held by the members: etcd's Election service. */
public final class ElectionService {
  static final Rpc<CampaignResponse> CAMPAIGN =
      new Rpc<>("v3electionpb.Election/Campaign", Decode::campaign);
  static final Rpc<Done> PROCLAIM = new Rpc<>("v3electionpb.Election/Proclaim", Decode::done);
  static final Rpc<LeaderResponse> LEADER =
      new Rpc<>("v3electionpb.Election/Leader", Decode::leader);
  static final Rpc<Done> RESIGN = new Rpc<>("v3electionpb.Election/Resign", Decode::done);

  private final Calls calls;

  ElectionService(Calls calls) {
    this.calls = calls;
  }

  /**
   * Waits until this candidate is the leader.
   *
   * @param lease whose end ends the leadership
   * @param value what is proclaimed with it
   * @param timeout how long to wait at most; giving up removes the candidacy
   */
  public CompletableFuture<CampaignResponse> campaignAsync(
      Bytes name, long lease, Bytes value, Duration timeout) {
    return calls.waiting(CAMPAIGN, Encode.campaign(name, lease, value), lease != 0, timeout);
  }

  /** Waits until this candidate is the leader. */
  public CampaignResponse campaign(Bytes name, long lease, Bytes value, Duration timeout) {
    return calls.await(campaignAsync(name, lease, value, timeout));
  }

  /** Proclaims another value as the leader. */
  public CompletableFuture<Done> proclaimAsync(LeaderKey leader, Bytes value) {
    return calls.write(PROCLAIM, Encode.proclaim(leader, value));
  }

  /** Proclaims another value as the leader; waits for it. */
  public Done proclaim(LeaderKey leader, Bytes value) {
    return calls.await(proclaimAsync(leader, value));
  }

  /** Who leads at the moment; fails if nobody does. */
  public CompletableFuture<LeaderResponse> leaderAsync(Bytes name) {
    return calls.read(LEADER, Encode.bytes(name));
  }

  /** Who leads at the moment; fails if nobody does; waits for it. */
  public LeaderResponse leader(Bytes name) {
    return calls.await(leaderAsync(name));
  }

  /** Gives leadership up. */
  public CompletableFuture<Done> resignAsync(LeaderKey leader) {
    return calls.write(RESIGN, Encode.resign(leader));
  }

  /** Gives leadership up; waits for it. */
  public Done resign(LeaderKey leader) {
    return calls.await(resignAsync(leader));
  }

  /**
   * The present leader, and each change from then on.
   *
   * @param executor runs {@code to}, which may block there
   * @return completes when the stream ends; cancelling it ends the stream
   */
  public CompletableFuture<Void> observe(
      Bytes name, Consumer<LeaderResponse> to, Executor executor) {
    return Responses.of(
        calls, "v3electionpb.Election/Observe", Encode.bytes(name), Decode::leader, to, executor);
  }
}
