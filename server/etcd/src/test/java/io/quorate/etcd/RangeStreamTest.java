package io.quorate.etcd;

import static io.quorate.etcd.AuthWorld.FAST;
import static io.quorate.etcd.AuthWorld.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.Status;
import io.quorate.node.Refusal;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest.SortOrder;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.etcdserverpb.RangeStreamResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Shows a range that is sent in parts, to clients of every speed. */
class RangeStreamTest {
  private static final String STREAM = "/etcdserverpb.KV/RangeStream";

  private AuthWorld world = new AuthWorld(FAST);

  private void put(int count, @Nullable String token) {
    ByteString value = ByteString.copyFrom(new byte[100_000]);
    for (int i = 0; i < count; i++) {
      PutRequest put =
          PutRequest.newBuilder().setKey(utf8("p/%03d".formatted(i))).setValue(value).build();
      world.ok("KV/Put", put, token);
    }
  }

  private static List<RangeResponse> parts(FakeCall call) {
    List<RangeResponse> parts = new ArrayList<>();
    for (Bytes each : call.sent) {
      try {
        parts.add(RangeStreamResponse.parseFrom(each.toArray()).getRangeResponse());
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    return parts;
  }

  private static RangeResponse merged(FakeCall call) {
    RangeResponse.Builder merged = RangeResponse.newBuilder();
    parts(call).forEach(merged::mergeFrom);
    return merged.build();
  }

  /** Slow: it has room for one message at a time. */
  private FakeCall slow(RangeRequest request, Metadata metadata) {
    FakeCall call = new FakeCall(STREAM, metadata);
    call.room = 1;
    return world.call(STREAM, request, call);
  }

  private void room(FakeCall call) {
    call.room = 1;
    Objects.requireNonNull(call.listener).onReady();
    world.replica.run();
  }

  @Test
  void the_parts_together_are_what_a_range_answers() {
    put(30, null);
    for (RangeRequest.Builder each :
        List.of(
            AuthWorld.rangeOf("p/", "p0").toBuilder(),
            AuthWorld.rangeOf("p/", "p0").toBuilder().setLimit(17),
            AuthWorld.rangeOf("p/", "p0").toBuilder().setCountOnly(true),
            AuthWorld.rangeOf("p/", "p0").toBuilder().setSortOrder(SortOrder.DESCEND),
            AuthWorld.rangeOf("p/", "p0").toBuilder().setRevision(20),
            AuthWorld.rangeOf("p/007", "").toBuilder(),
            AuthWorld.rangeOf("q", "").toBuilder())) {
      RangeRequest request = each.build();
      FakeCall call = world.call(STREAM, request, Metadata.EMPTY);
      assertThat(call.status).isEqualTo(Status.OK);
      assertThat(merged(call))
          .isEqualTo(world.ok(RangeResponse.parser(), "KV/Range", request, null));
      List<RangeResponse> before = parts(call).subList(0, call.sent.size() - 1);
      assertThat(before).noneMatch(RangeResponse::hasHeader).allMatch(it -> it.getCount() == 0);
      assertThat(call.sent).allMatch(it -> it.length() < Limits.RANGE_PART_BYTES + 101_000);
    }
  }

  /** All parts are of the revision of the first, whatever is written meanwhile. */
  @Test
  void a_slow_client_gets_one_state_and_only_what_it_has_room_for() {
    put(30, null);
    RangeRequest request = AuthWorld.rangeOf("p/", "p0");
    RangeResponse then = world.ok(RangeResponse.parser(), "KV/Range", request, null);
    FakeCall call = slow(request, Metadata.EMPTY);
    for (int i = 1; call.status == null; i++) {
      assertThat(call.sent).hasSize(i);
      world.put("p/0" + i, null);
      world.put("p/029", null);
      room(call);
    }
    assertThat(call.status).isEqualTo(Status.OK);
    assertThat(merged(call)).isEqualTo(then);
  }

  @Test
  void a_client_that_is_overtaken_by_a_compaction_is_told() {
    put(30, null);
    FakeCall call = slow(AuthWorld.rangeOf("p/", "p0"), Metadata.EMPTY);
    world.put("x", null);
    world.ok("KV/Compact", CompactionRequest.newBuilder().setRevision(32).build(), null);
    room(call);
    assertThat(call.status).isEqualTo(EtcdError.COMPACTED.status());
    assertThat(call.sent).hasSize(1);
  }

  @Test
  void busy_readers_refuse_a_stream_that_begins_and_delay_one_that_has_begun() {
    put(30, null);
    RangeRequest request = AuthWorld.rangeOf("p/", "p0");
    FakeCall call = slow(request, Metadata.EMPTY);
    world.replica.readersFull = true;
    call.room = 100;
    Objects.requireNonNull(call.listener).onReady();
    assertThat(world.call(STREAM, request, Metadata.EMPTY).status)
        .isEqualTo(EtcdError.TOO_MANY_REQUESTS.status());
    world.replica.readersFull = false;
    assertThat(call.sent).hasSize(1);
    world.replica.pass(Limits.READ_RETRY_NANOS);
    assertThat(call.status).isEqualTo(Status.OK);
  }

  @Test
  void what_can_not_be_answered_is_told_as_for_a_range() {
    assertThat(world.call(STREAM, RangeRequest.getDefaultInstance(), Metadata.EMPTY).status)
        .isEqualTo(EtcdError.EMPTY_KEY.status());
    RangeRequest future = AuthWorld.rangeOf("p/", "p0").toBuilder().setRevision(99).build();
    assertThat(world.call(STREAM, future, Metadata.EMPTY).status)
        .isEqualTo(EtcdError.FUTURE_REVISION.status());
    world.replica.refusal = Refusal.NO_LEADER;
    RangeRequest request = AuthWorld.rangeOf("p/", "p0");
    assertThat(world.call(STREAM, request, Metadata.EMPTY).status)
        .isEqualTo(EtcdError.NO_LEADER.status());
    RangeRequest serializable = request.toBuilder().setSerializable(true).build();
    assertThat(world.call(STREAM, serializable, Metadata.EMPTY).status).isEqualTo(Status.OK);
  }

  @Test
  void who_may_not_read_any_more_gets_no_further_part() {
    world = AuthWorld.on(FAST);
    String root = world.token("root", "root-pw");
    put(30, root);
    Metadata user = AuthWorld.token(world.token("u", "u-pw"));
    FakeCall call = slow(AuthWorld.rangeOf("p/", "p0"), user);
    assertThat(call.sent).hasSize(1);
    world.ok(
        "Auth/UserRevokeRole",
        AuthUserRevokeRoleRequest.newBuilder().setName("u").setRole("r").build(),
        root);
    room(call);
    assertThat(call.status).isEqualTo(EtcdError.PERMISSION_DENIED.status());
    assertThat(call.sent).hasSize(1);
  }
}
