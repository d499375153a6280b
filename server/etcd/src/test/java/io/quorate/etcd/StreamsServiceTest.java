package io.quorate.etcd;

import static io.quorate.etcd.AuthWorld.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.protocol.authpb.Permission;
import io.quorate.protocol.etcdserverpb.AuthEnableRequest;
import io.quorate.protocol.etcdserverpb.Compare;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import io.quorate.protocol.events.Append;
import io.quorate.protocol.events.AppendRequest;
import io.quorate.protocol.events.AppendResponse;
import io.quorate.protocol.events.Condition;
import io.quorate.protocol.events.Item;
import io.quorate.protocol.events.Part;
import io.quorate.protocol.events.ReadRequest;
import io.quorate.protocol.events.ReadResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The service for streams by its generated messages: as clients in other languages see it. */
class StreamsServiceTest {
  private static final String SERVICE = "/quorate.events.v1.Streams/";

  private final AuthWorld open = new AuthWorld(AuthWorld.FAST);

  /** An append of one event. */
  static AppendRequest.Builder appendTo(String root, String stream, String... tags) {
    Part.Builder part =
        Part.newBuilder()
            .setStream(stream)
            .setExpected(Part.Expected.ANY)
            .setEvents(1)
            .setCommit(commit(tags))
            .addAllTags(List.of(tags));
    return AppendRequest.newBuilder()
        .setAppend(Append.newBuilder().setRoot(utf8(root)).addParts(part));
  }

  /** Of an event of type E, by the fields that events.proto names. */
  private static ByteString commit(String... tags) {
    ProtoWriter out = new ProtoWriter(64).number(1, 1).text(2, "sixteen-byte-id!");
    int event = out.open(8);
    out.text(1, "E").number(2, 1);
    for (String tag : tags) {
      out.text(4, tag);
    }
    return Messages.byteString(out.close(event).toBytes());
  }

  /** A read of everything. */
  static ReadRequest.Builder readOf(String root) {
    return ReadRequest.newBuilder().setRoot(utf8(root)).addItems(Item.newBuilder());
  }

  private static Status called(
      AuthWorld world, String method, Message request, @Nullable String token) {
    Status status = world.call(SERVICE + method, request, AuthWorld.token(token)).status;
    return status == null ? Status.OK : status;
  }

  private <T> T ok(Parser<T> parser, String method, Message request)
      throws InvalidProtocolBufferException {
    FakeCall call = open.call(SERVICE + method, request, AuthWorld.token(null));
    assertThat(call.status).isEqualTo(Status.OK);
    Bytes answer = call.answer;
    return parser.parseFrom(answer == null ? new byte[0] : answer.toArray());
  }

  @Test
  void what_is_appended_is_read_in_its_order() throws Exception {
    AppendResponse first = ok(AppendResponse.parser(), "Append", appendTo("p/", "b", "t").build());
    assertThat(first.getAppended()).isTrue();
    assertThat(first.getVersionsList()).containsExactly(1L);
    assertThat(first.getHeader().getRevision()).isEqualTo(2);
    assertThat(first.getHeader().getClusterId()).isEqualTo(-5);
    assertThat(ok(AppendResponse.parser(), "Append", appendTo("p/", "a").build()).getAppended())
        .isTrue();
    ReadResponse page = ok(ReadResponse.parser(), "Read", readOf("p/").build());
    assertThat(page.getCommitsList().stream().map(kv -> kv.getKey().toStringUtf8()))
        .containsExactly("p/s/b#0000000000000001", "p/s/a#0000000000000001");
    assertThat(page.getUpTo()).isEqualTo(3);
    assertThat(page.getEnd()).isTrue();
    assertThat(page.getHeader().getRevision()).isEqualTo(3);
  }

  @Test
  void why_an_append_changes_nothing_is_told() throws Exception {
    AppendRequest.Builder decided = appendTo("p/", "a", "t");
    decided
        .getAppendBuilder()
        .setRemembered("id")
        .addConditions(
            Condition.newBuilder().setRevision(1).addItems(Item.newBuilder().addTags("t")));
    ok(AppendResponse.parser(), "Append", decided.build());
    AppendResponse again = ok(AppendResponse.parser(), "Append", decided.build());
    assertThat(again.getAppended()).isFalse();
    assertThat(again.getDone().getKey()).isEqualTo(utf8("p/d/id"));
    decided.getAppendBuilder().setRemembered("other");
    AppendResponse excluded = ok(AppendResponse.parser(), "Append", decided.build());
    assertThat(excluded.getAppended()).isFalse();
    assertThat(excluded.getMatching(0).getKey()).isEqualTo(utf8("p/s/a#0000000000000001"));
    AppendRequest.Builder exact = appendTo("p/", "a");
    exact.getAppendBuilder().getPartsBuilder(0).setExpected(Part.Expected.EXACTLY);
    AppendResponse behind = ok(AppendResponse.parser(), "Append", exact.build());
    assertThat(behind.getBehind(0).getKvs(0).getKey()).isEqualTo(utf8("p/s/a#0000000000000001"));
    assertThat(behind.getBehind(0).getEndIsThere()).isTrue();
    AppendRequest guarded =
        appendTo("p/", "a")
            .setBeside(
                TxnRequest.newBuilder()
                    .addCompare(
                        Compare.newBuilder()
                            .setKey(utf8("owner"))
                            .setTarget(Compare.CompareTarget.CREATE)
                            .setResult(Compare.CompareResult.GREATER)))
            .build();
    assertThat(ok(AppendResponse.parser(), "Append", guarded).getRequiredFailed()).isTrue();
  }

  @Test
  void what_makes_no_sense_is_told_in_words() {
    Status nothing = called(open, "Append", AppendRequest.getDefaultInstance(), null);
    assertThat(nothing.code()).isEqualTo(StatusCode.INVALID_ARGUMENT);
    assertThat(nothing.message()).contains("nothing is to be appended");
    Status rootless = called(open, "Read", readOf("p").build(), null);
    assertThat(rootless.code()).isEqualTo(StatusCode.INVALID_ARGUMENT);
    assertThat(rootless.message()).contains("a root ends with a slash");
    for (ProtoWriter unreadable :
        List.of(
            new ProtoWriter(64).text(2, "sixteen-byte-id!"),
            new ProtoWriter(64).number(1, 1),
            new ProtoWriter(64).number(1, 1).text(2, "sixteen-byte-id!").flag(9, true))) {
      int event = unreadable.open(8);
      unreadable.text(1, "E").number(2, 1).close(event);
      assertThat(refusal(Messages.byteString(unreadable.toBytes())))
          .containsAnyOf("a commit has format 1", "closed");
    }
    for (String type : List.of("", "E")) {
      ProtoWriter empty = new ProtoWriter(64).number(1, 1).text(2, "sixteen-byte-id!");
      int event = empty.open(8);
      empty.text(1, type).number(2, type.isEmpty() ? 1 : 0).close(event);
      assertThat(refusal(Messages.byteString(empty.toBytes()))).contains("an event has a type");
    }
    assertThat(refusal(commit("t", "u"), "t")).contains("tags of a part");
    assertThat(refusal(commit("t"), "t", "u")).contains("tags of a part");
    AppendRequest.Builder large = appendTo("p/", "a");
    large.getAppendBuilder().getPartsBuilder(0).setCommit(ByteString.copyFrom(new byte[1_600_000]));
    assertThat(called(open, "Append", large.build(), null))
        .isEqualTo(EtcdError.REQUEST_TOO_LARGE.status());
  }

  private String refusal(ByteString commit, String... tags) {
    AppendRequest.Builder request = appendTo("p/", "a", tags);
    request.getAppendBuilder().getPartsBuilder(0).setCommit(commit);
    Status status = called(open, "Append", request.build(), null);
    assertThat(status.code()).isEqualTo(StatusCode.INVALID_ARGUMENT);
    return status.message();
  }

  @Test
  void who_may_use_the_keys_may_append_and_read_and_nobody_else() {
    AuthWorld world = new AuthWorld(AuthWorld.FAST);
    world.user("root", "root-pw", "root");
    world.role("owner", Permission.Type.READWRITE, "p/", "p0");
    world.user("owns", "pw", "owner");
    world.role("reader", Permission.Type.READ, "p/", "p0");
    world.user("reads", "pw", "reader");
    world.role("writer", Permission.Type.WRITE, "p/", "p0");
    world.user("writes", "pw", "writer");
    world.ok("Auth/AuthEnable", AuthEnableRequest.getDefaultInstance(), null);
    Status denied = EtcdError.PERMISSION_DENIED.status();
    String owner = world.token("owns", "pw");
    AppendRequest append = appendTo("p/", "a", "t").build();
    assertThat(called(world, "Append", append, owner)).isEqualTo(Status.OK);
    assertThat(called(world, "Read", readOf("p/").build(), owner)).isEqualTo(Status.OK);
    assertThat(called(world, "Append", appendTo("q/", "a").build(), owner)).isEqualTo(denied);
    assertThat(called(world, "Read", readOf("q/").build(), owner)).isEqualTo(denied);
    String reads = world.token("reads", "pw");
    assertThat(called(world, "Append", append, reads)).isEqualTo(denied);
    assertThat(called(world, "Read", readOf("p/").build(), reads)).isEqualTo(Status.OK);
    String writes = world.token("writes", "pw");
    assertThat(called(world, "Append", append, writes)).isEqualTo(denied);
    assertThat(called(world, "Read", readOf("p/").build(), writes)).isEqualTo(denied);
    AppendRequest elsewhere =
        appendTo("p/", "a")
            .setBeside(
                TxnRequest.newBuilder()
                    .addSuccess(RequestOp.newBuilder().setRequestPut(AuthWorld.putOf("z"))))
            .build();
    assertThat(called(world, "Append", elsewhere, owner)).isEqualTo(denied);
  }
}
