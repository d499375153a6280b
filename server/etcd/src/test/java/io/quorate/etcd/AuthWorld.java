package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.quorate.base.Bytes;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusException;
import io.quorate.grpc.StreamListener;
import io.quorate.protocol.authpb.Permission;
import io.quorate.protocol.etcdserverpb.AuthEnableRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleAddRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthUserAddRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGrantRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateResponse;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The services of one member, and who calls them. */
final class AuthWorld {
  /** The fastest hash there is. */
  static final AuthSettings FAST =
      new AuthSettings(
          AuthSettings.BCRYPT_COST_MIN, 0, AuthSettings.TOKEN_TTL_NANOS_DEFAULT, null, false);

  final FakeReplica replica = new FakeReplica();
  final ServiceRegistry registry = new ServiceRegistry();
  long epochSeconds = 1_000_000;

  AuthWorld(AuthSettings settings) {
    Random random = new Random(1);
    new EtcdServices(
            replica,
            new ApiSettings(-5, 7, 1_572_864, 128, 1_000_000_000L, 600_000_000_000L, 1L << 40),
            settings,
            new AuthSources(random::nextLong, () -> epochSeconds))
        .register(registry);
    replica.run();
  }

  /** Root; {@code u}, who may read and write [p/, p0); {@code w}, who may only write {@code w}. */
  static AuthWorld on(AuthSettings settings) {
    AuthWorld world = new AuthWorld(settings);
    world.user("root", "root-pw", "root");
    world.role("r", Permission.Type.READWRITE, "p/", "p0");
    world.user("u", "u-pw", "r");
    world.role("w", Permission.Type.WRITE, "w", "");
    world.user("w", "", "w");
    world.ok("Auth/AuthEnable", AuthEnableRequest.getDefaultInstance(), null);
    return world;
  }

  void user(String name, String password, String role) {
    ok(
        "Auth/UserAdd",
        AuthUserAddRequest.newBuilder().setName(name).setPassword(password).build(),
        null);
    ok(
        "Auth/UserGrantRole",
        AuthUserGrantRoleRequest.newBuilder().setUser(name).setRole(role).build(),
        null);
  }

  void role(String name, Permission.Type type, String key, String rangeEnd) {
    ok("Auth/RoleAdd", AuthRoleAddRequest.newBuilder().setName(name).build(), null);
    ok(
        "Auth/RoleGrantPermission",
        AuthRoleGrantPermissionRequest.newBuilder()
            .setName(name)
            .setPerm(
                Permission.newBuilder()
                    .setPermType(type)
                    .setKey(utf8(key))
                    .setRangeEnd(utf8(rangeEnd)))
            .build(),
        null);
  }

  /** Logs in. */
  String token(String user, String password) {
    try {
      return AuthenticateResponse.parseFrom(
              ok(
                  "Auth/Authenticate",
                  AuthenticateRequest.newBuilder().setName(user).setPassword(password).build(),
                  null))
          .getToken();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  byte[] ok(String method, Message request, @Nullable String token) {
    FakeCall call = call("/etcdserverpb." + method, request, token(token));
    assertThat(call.status).as(method).isEqualTo(Status.OK);
    Bytes answer = call.answer;
    return answer == null ? new byte[0] : answer.toArray();
  }

  <T> T ok(Parser<T> parser, String method, Message request, @Nullable String token) {
    try {
      return parser.parseFrom(ok(method, request, token));
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  Status status(String method, Message request, @Nullable String token) {
    Status status = call("/etcdserverpb." + method, request, token(token)).status;
    return status == null ? Status.OK : status;
  }

  static Metadata token(@Nullable String token) {
    return token == null ? Metadata.EMPTY : Metadata.of("token", token);
  }

  FakeCall call(String path, Message request, Metadata metadata) {
    return call(path, request, new FakeCall(path, metadata));
  }

  FakeCall call(String path, Message request, FakeCall call) {
    ServiceRegistry.Method method = registry.find(path);
    try {
      switch (method) {
        case ServiceRegistry.Method.Unary unary ->
            unary.handler().handle(call, Bytes.wrap(request.toByteArray()));
        case ServiceRegistry.Method.Streaming streaming -> streaming.handler().open(call);
        case null -> throw new AssertionError("no such method: " + path);
      }
    } catch (StatusException e) {
      call.complete(e.status());
    }
    replica.run();
    return call;
  }

  /** A stream that is open; what it is sent is in the call. */
  StreamListener open(FakeCall call) {
    if (registry.find(call.method()) instanceof ServiceRegistry.Method.Streaming streaming) {
      return streaming.handler().open(call);
    }
    throw new AssertionError("no such stream: " + call.method());
  }

  Status put(String key, @Nullable String token) {
    return status("KV/Put", putOf(key), token);
  }

  Status get(String key, String rangeEnd, @Nullable String token) {
    return status("KV/Range", rangeOf(key, rangeEnd), token);
  }

  static PutRequest putOf(String key) {
    return PutRequest.newBuilder().setKey(utf8(key)).setValue(utf8("v")).build();
  }

  static RangeRequest rangeOf(String key, String rangeEnd) {
    return RangeRequest.newBuilder().setKey(utf8(key)).setRangeEnd(utf8(rangeEnd)).build();
  }

  static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
