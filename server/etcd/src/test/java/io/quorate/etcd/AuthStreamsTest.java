package io.quorate.etcd;

import static io.quorate.etcd.AuthWorld.FAST;
import static io.quorate.etcd.AuthWorld.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.grpc.Status;
import io.quorate.grpc.StreamListener;
import io.quorate.protocol.etcdserverpb.AuthDisableRequest;
import io.quorate.protocol.etcdserverpb.AuthEnableRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGrantRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.LeaseGrantRequest;
import io.quorate.protocol.etcdserverpb.LeaseRevokeRequest;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveRequest;
import io.quorate.protocol.etcdserverpb.LeaseTimeToLiveResponse;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest;
import io.quorate.protocol.etcdserverpb.WatchRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Shows who may watch, for how long, and who may do what with leases that others have keys on. */
class AuthStreamsTest {
  private static final Status DENIED = EtcdError.PERMISSION_DENIED.status();

  private final AuthWorld world = AuthWorld.on(FAST);
  private final String root = world.token("root", "root-pw");

  private static Bytes watching(String key, String rangeEnd, long id) {
    WatchCreateRequest create =
        WatchCreateRequest.newBuilder()
            .setKey(utf8(key))
            .setRangeEnd(utf8(rangeEnd))
            .setWatchId(id)
            .build();
    return Bytes.wrap(WatchRequest.newBuilder().setCreateRequest(create).build().toByteArray());
  }

  private static List<WatchResponse> told(FakeCall call) {
    List<WatchResponse> told = new ArrayList<>();
    for (Bytes each : call.sent) {
      try {
        told.add(WatchResponse.parseFrom(each.toArray()));
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    call.sent.clear();
    return told;
  }

  private static FakeCall call(@Nullable String token) {
    return new FakeCall("/etcdserverpb.Watch/Watch", AuthWorld.token(token));
  }

  private String refusal(@Nullable String token, String key, String rangeEnd) {
    FakeCall call = call(token);
    world.open(call).onMessage(watching(key, rangeEnd, 0));
    List<WatchResponse> told = told(call);
    assertThat(call.status).as("the stream goes on").isNull();
    assertThat(told).hasSize(1);
    WatchResponse answer = told.getFirst();
    assertThat(answer.getCreated()).isTrue();
    if (answer.getCanceled()) {
      assertThat(answer.getWatchId()).isEqualTo(-1);
    }
    return answer.getCancelReason();
  }

  /** GHSA-xg4h-6gfc-h4m8, from a key on with a right to that key; ZooKeeper's CVE-2024-23944. */
  @Test
  void a_watch_that_may_not_be_is_canceled_at_once_with_etcds_words() {
    String token = world.token("u", "u-pw");
    assertThat(refusal(token, "p/", "p0")).isEmpty();
    String denied = "rpc error: code = PermissionDenied desc = etcdserver: permission denied";
    assertThat(refusal(token, "q", "")).isEqualTo(denied);
    assertThat(refusal(token, "p/a", "\0")).as("open-ended").isEqualTo(denied);
    assertThat(refusal(token, "", "\0")).isEqualTo(denied);
    assertThat(refusal(root, "", "\0")).isEmpty();
    assertThat(refusal(null, "p/a", ""))
        .isEqualTo("rpc error: code = InvalidArgument desc = etcdserver: user name is empty");
    assertThat(refusal("no token", "p/a", ""))
        .isEqualTo("rpc error: code = Unauthenticated desc = etcdserver: invalid auth token");
  }

  /** Shows that a right that is taken away ends the watch before it hears of anything more. */
  @Test
  void a_watch_ends_when_its_right_is_taken_away_and_hears_nothing_after() {
    FakeCall call = call(world.token("u", "u-pw"));
    StreamListener stream = world.open(call);
    stream.onMessage(watching("p/", "p0", 7));
    FakeCall rootCall = call(root);
    world.open(rootCall).onMessage(watching("p/", "p0", 8));
    world.put("p/a", root);
    assertThat(told(call).getLast().getEventsCount()).isEqualTo(1);
    Message revoke = AuthUserRevokeRoleRequest.newBuilder().setName("u").setRole("r").build();
    world.ok("Auth/UserRevokeRole", revoke, root);
    world.put("p/a", root);
    List<WatchResponse> told = told(call);
    assertThat(told).hasSize(1);
    assertThat(told.getFirst().getCanceled()).isTrue();
    assertThat(told.getFirst().getWatchId()).isEqualTo(7);
    assertThat(told.getFirst().getCancelReason())
        .isEqualTo("rpc error: code = PermissionDenied desc = etcdserver: permission denied");
    world.put("p/b", root);
    assertThat(told(call)).isEmpty();
    assertThat(told(rootCall).stream().mapToInt(WatchResponse::getEventsCount).sum())
        .as("who may still hears all")
        .isEqualTo(3);
    Message grant = AuthUserGrantRoleRequest.newBuilder().setUser("u").setRole("r").build();
    world.ok("Auth/UserGrantRole", grant, root);
    stream.onMessage(watching("p/", "p0", 7));
    assertThat(told(call).getFirst().getCanceled()).as("its number is free again").isFalse();
  }

  @Test
  void whoever_watched_without_a_name_is_canceled_once_it_matters() {
    world.ok("Auth/AuthDisable", AuthDisableRequest.getDefaultInstance(), root);
    FakeCall call = call(null);
    world.open(call).onMessage(watching("p/", "p0", 0));
    world.put("p/a", null);
    assertThat(told(call)).hasSize(2);
    world.ok("Auth/AuthEnable", AuthEnableRequest.getDefaultInstance(), null);
    world.put("p/a", world.token("u", "u-pw"));
    assertThat(told(call).getFirst().getCancelReason())
        .isEqualTo("rpc error: code = InvalidArgument desc = etcdserver: user name is empty");
  }

  /** CVE-2023-32082, a lease's keys; CVE-2026-44283, attaching to it. */
  @Test
  void a_lease_with_keys_of_others_is_neither_used_nor_ended_nor_told_of() {
    world.ok("Lease/LeaseGrant", LeaseGrantRequest.newBuilder().setID(5).setTTL(60).build(), root);
    PutRequest attach = AuthWorld.putOf("p/a").toBuilder().setLease(5).build();
    world.ok("KV/Put", attach, root);
    String user = world.token("u", "u-pw");
    String stranger = world.token("w", "");
    Message revoke = LeaseRevokeRequest.newBuilder().setID(5).build();
    Message keys = LeaseTimeToLiveRequest.newBuilder().setID(5).setKeys(true).build();
    Message time = LeaseTimeToLiveRequest.newBuilder().setID(5).build();
    PutRequest own = AuthWorld.putOf("w").toBuilder().setLease(5).build();
    assertThat(world.status("KV/Put", own, stranger)).isEqualTo(DENIED);
    assertThat(world.status("Lease/LeaseRevoke", revoke, stranger)).isEqualTo(DENIED);
    assertThat(world.status("Lease/LeaseTimeToLive", keys, stranger)).isEqualTo(DENIED);
    assertThat(world.status("Lease/LeaseTimeToLive", time, stranger)).isEqualTo(Status.OK);
    assertThat(
            world
                .ok(LeaseTimeToLiveResponse.parser(), "Lease/LeaseTimeToLive", keys, user)
                .getKeysList())
        .containsExactly(utf8("p/a"));
    assertThat(world.status("Lease/LeaseRevoke", revoke, user)).isEqualTo(Status.OK);
  }
}
