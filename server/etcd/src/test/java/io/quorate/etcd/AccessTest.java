package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StreamHandler;
import io.quorate.grpc.StreamListener;
import io.quorate.protocol.authpb.Permission;
import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleAddRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGetRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleRevokePermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthUserAddRequest;
import io.quorate.protocol.etcdserverpb.AuthUserChangePasswordRequest;
import io.quorate.protocol.etcdserverpb.AuthUserDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGetRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGrantRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateRequest;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import io.quorate.protocol.v3electionpb.CampaignRequest;
import io.quorate.protocol.v3electionpb.LeaderKey;
import io.quorate.protocol.v3electionpb.LeaderRequest;
import io.quorate.protocol.v3electionpb.ProclaimRequest;
import io.quorate.protocol.v3electionpb.ResignRequest;
import io.quorate.protocol.v3lockpb.LockRequest;
import io.quorate.protocol.v3lockpb.UnlockRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every method that is registered, called by each kind of caller: none may be open for having been
 * forgotten (CVE-2026-79993), as members, alarms and leases were (CVE-2026-33413), nor open to
 * users if it takes out or replaces everything (CVE-2025-58457). A method that is new has to be
 * told here what it is called with, and to whom it is open.
 */
class AccessTest {
  private static final Status NO_TOKEN = EtcdError.USER_EMPTY.status();
  private static final Status BAD_TOKEN = EtcdError.INVALID_AUTH_TOKEN.status();
  private static final Status DENIED = EtcdError.PERMISSION_DENIED.status();

  /** Who is let in. */
  private enum Open {
    /** Whoever comes. */
    TO_ALL,
    /** Any user. */
    TO_USERS,
    /** The user {@code u}, whose the request is, and root. */
    TO_THE_RIGHT_ROLE,
    /** Root. */
    TO_ROOT,
    /** Each message of the stream is answered for itself. */
    BY_MESSAGE
  }

  private record Expected(Open open, Message request) {}

  private static final Map<String, Expected> EXPECTED = new TreeMap<>();

  static {
    Message nothing = Empty.getDefaultInstance();
    of(Open.TO_THE_RIGHT_ROLE, "KV/Put", AuthWorld.putOf("p/a"));
    of(Open.TO_THE_RIGHT_ROLE, "KV/Range", AuthWorld.rangeOf("p/a", ""));
    of(Open.TO_THE_RIGHT_ROLE, "KV/RangeStream", AuthWorld.rangeOf("p/a", ""));
    of(
        Open.TO_THE_RIGHT_ROLE,
        "KV/DeleteRange",
        DeleteRangeRequest.newBuilder().setKey(AuthWorld.utf8("p/a")).build());
    of(
        Open.TO_THE_RIGHT_ROLE,
        "KV/Txn",
        TxnRequest.newBuilder()
            .addSuccess(RequestOp.newBuilder().setRequestPut(AuthWorld.putOf("p/a")))
            .build());
    of(Open.TO_ROOT, "KV/Compact", nothing);
    of(Open.BY_MESSAGE, "Watch/Watch", nothing);
    of(Open.TO_USERS, "Lease/LeaseGrant", nothing);
    of(Open.TO_USERS, "Lease/LeaseKeepAlive", nothing);
    of(Open.TO_USERS, "Lease/LeaseLeases", nothing);
    of(Open.TO_USERS, "Lease/LeaseRevoke", nothing);
    of(Open.TO_USERS, "Lease/LeaseTimeToLive", nothing);
    of(Open.TO_USERS, "Cluster/MemberList", nothing);
    for (String method : new String[] {"Add", "Remove", "Update", "Promote"}) {
      of(Open.TO_ROOT, "Cluster/Member" + method, nothing);
    }
    of(Open.TO_USERS, "Maintenance/Status", nothing);
    of(Open.TO_USERS, "Maintenance/Alarm", AlarmRequest.getDefaultInstance());
    for (String method :
        new String[] {"Defragment", "Hash", "HashKV", "Snapshot", "MoveLeader", "Downgrade"}) {
      of(Open.TO_ROOT, "Maintenance/" + method, nothing);
    }
    of(
        Open.TO_ALL,
        "Auth/Authenticate",
        AuthenticateRequest.newBuilder().setName("u").setPassword("u-pw").build());
    of(
        Open.TO_THE_RIGHT_ROLE,
        "Auth/UserGet",
        AuthUserGetRequest.newBuilder().setName("u").build());
    of(
        Open.TO_THE_RIGHT_ROLE,
        "Auth/RoleGet",
        AuthRoleGetRequest.newBuilder().setRole("r").build());
    of(Open.TO_ROOT, "Auth/AuthEnable", nothing);
    of(Open.TO_ROOT, "Auth/AuthStatus", nothing);
    of(Open.TO_ROOT, "Auth/AuthDisable", nothing);
    of(Open.TO_ROOT, "Auth/UserList", nothing);
    of(Open.TO_ROOT, "Auth/RoleList", nothing);
    of(Open.TO_ROOT, "Auth/UserAdd", AuthUserAddRequest.newBuilder().setName("n").build());
    of(Open.TO_ROOT, "Auth/UserDelete", AuthUserDeleteRequest.newBuilder().setName("w").build());
    of(
        Open.TO_ROOT,
        "Auth/UserChangePassword",
        AuthUserChangePasswordRequest.newBuilder().setName("u").build());
    of(
        Open.TO_ROOT,
        "Auth/UserGrantRole",
        AuthUserGrantRoleRequest.newBuilder().setUser("u").setRole("w").build());
    of(
        Open.TO_ROOT,
        "Auth/UserRevokeRole",
        AuthUserRevokeRoleRequest.newBuilder().setName("u").setRole("r").build());
    of(Open.TO_ROOT, "Auth/RoleAdd", AuthRoleAddRequest.newBuilder().setName("n").build());
    of(Open.TO_ROOT, "Auth/RoleDelete", AuthRoleDeleteRequest.newBuilder().setRole("r").build());
    of(
        Open.TO_ROOT,
        "Auth/RoleGrantPermission",
        AuthRoleGrantPermissionRequest.newBuilder()
            .setName("r")
            .setPerm(Permission.newBuilder().setKey(AuthWorld.utf8("z")))
            .build());
    of(
        Open.TO_ROOT,
        "Auth/RoleRevokePermission",
        AuthRoleRevokePermissionRequest.newBuilder()
            .setRole("r")
            .setKey(AuthWorld.utf8("p/"))
            .setRangeEnd(AuthWorld.utf8("p0"))
            .build());
    LeaderKey leader = LeaderKey.newBuilder().setKey(AuthWorld.utf8("p/a")).setRev(1).build();
    Open right = Open.TO_THE_RIGHT_ROLE;
    named(right, "v3lockpb.Lock/Lock", LockRequest.newBuilder().setName(AuthWorld.utf8("p/a")));
    named(right, "v3lockpb.Lock/Unlock", UnlockRequest.newBuilder().setKey(AuthWorld.utf8("p/a")));
    String election = "v3electionpb.Election/";
    LeaderRequest.Builder of = LeaderRequest.newBuilder().setName(AuthWorld.utf8("p/a"));
    named(
        right, election + "Campaign", CampaignRequest.newBuilder().setName(AuthWorld.utf8("p/a")));
    named(right, election + "Proclaim", ProclaimRequest.newBuilder().setLeader(leader));
    named(right, election + "Leader", of);
    named(right, election + "Observe", of);
    named(right, election + "Resign", ResignRequest.newBuilder().setLeader(leader));
    named(right, "quorate.events.v1.Streams/Append", StreamsServiceTest.appendTo("p/", "a"));
    named(right, "quorate.events.v1.Streams/Read", StreamsServiceTest.readOf("p/"));
  }

  private static void named(Open open, String method, Message.Builder request) {
    EXPECTED.put("/" + method, new Expected(open, request.build()));
  }

  private static void of(Open open, String method, Message request) {
    EXPECTED.put("/etcdserverpb." + method, new Expected(open, request));
  }

  private static SortedSet<String> registered() {
    TreeSet<String> paths = new TreeSet<>();
    new AuthWorld(AuthWorld.FAST).registry.methods().forEach(method -> paths.add(method.path()));
    return paths;
  }

  @Test
  void every_method_that_is_registered_is_listed_here_and_in_the_table() {
    assertThat(registered()).containsExactlyElementsOf(EXPECTED.keySet());
    assertThat(registered()).allMatch(path -> Access.of(path) != null);
  }

  @Test
  void every_method_lets_in_whom_it_is_open_to_and_nobody_else() {
    for (String path : registered()) {
      Expected expected = EXPECTED.get(path);
      assertThat(expected).as(path).isNotNull();
      if (expected == null) {
        continue;
      }
      // A world for each method: some take away what the next would need.
      Status none = called(path, expected, null, null);
      Status bad = called(path, expected, "no token", null);
      Status wrong = called(path, expected, "w", "");
      Status right = called(path, expected, "u", "u-pw");
      Status root = called(path, expected, "root", "root-pw");
      Open open = expected.open();
      boolean all = open == Open.TO_ALL || open == Open.BY_MESSAGE;
      assertThat(none.equals(NO_TOKEN)).as(path + ", no token: " + none).isEqualTo(!all);
      assertThat(bad.equals(BAD_TOKEN)).as(path + ", bad token: " + bad).isEqualTo(!all);
      boolean ofOthers = open == Open.TO_THE_RIGHT_ROLE;
      assertAsked(path + ", wrong role", wrong, open == Open.TO_ROOT || ofOthers);
      assertAsked(path + ", right role", right, open == Open.TO_ROOT);
      assertAsked(path + ", root", root, false);
    }
  }

  /** A recognised caller is denied what it asks for, or else isn't turned away for who it is. */
  private static void assertAsked(String what, Status status, boolean denied) {
    if (denied) {
      assertThat(status).as(what).isEqualTo(DENIED);
    } else {
      assertThat(status)
          .as(what)
          .isNotIn(DENIED, NO_TOKEN, BAD_TOKEN, EtcdError.AUTH_OLD_REVISION.status());
    }
  }

  private static Status called(
      String path, Expected expected, @Nullable String user, @Nullable String password) {
    AuthWorld world = AuthWorld.on(AuthWorld.FAST);
    Metadata metadata =
        user == null
            ? Metadata.EMPTY
            : AuthWorld.token(password == null ? user : world.token(user, password));
    Status status = world.call(path, expected.request(), metadata).status;
    // A stream that is let in goes on.
    return status == null ? Status.OK : status;
  }

  /** Shows that a stream waits, unread, until it is known whose it is. */
  @Test
  void a_stream_is_opened_when_its_caller_is_known_and_misses_nothing() throws Exception {
    JwtSettings jwt = JwtSettings.of("HS256", null, new byte[] {1, 2, 3}, 60);
    AuthWorld world =
        AuthWorld.on(new AuthSettings(4, 0, AuthSettings.TOKEN_TTL_NANOS_DEFAULT, jwt, false));
    String token = world.token("u", "u-pw");
    List<String> heard = new ArrayList<>();
    StreamListener inner =
        new StreamListener() {
          @Override
          public void onMessage(Bytes message) {
            heard.add(message.toUtf8());
          }

          @Override
          public void onHalfClose() {
            heard.add("half-closed");
          }

          @Override
          public void onCancel() {
            heard.add("canceled");
          }
        };
    StreamHandler open = keepAliveBehind(world, jwt, inner);
    world.replica.readersWait = true;
    FakeCall call = new FakeCall("/etcdserverpb.Lease/LeaseKeepAlive", AuthWorld.token(token));
    StreamListener listener = open.open(call);
    assertThat(call.paused).isTrue();
    listener.onHalfClose();
    assertThat(heard).isEmpty();
    world.replica.read();
    assertThat(heard).containsExactly("half-closed");
    assertThat(call.paused).isFalse();
    listener.onMessage(Bytes.utf8("late"));
    listener.onCancel();
    assertThat(heard).containsExactly("half-closed", "late", "canceled");
    world.replica.readersWait = false;
    FakeCall second = new FakeCall("/etcdserverpb.Lease/LeaseKeepAlive", AuthWorld.token(token));
    assertThat(open.open(second)).as("known by now").isSameAs(inner);
    FakeCall stranger = new FakeCall("/etcdserverpb.Lease/LeaseKeepAlive", Metadata.EMPTY);
    open.open(stranger);
    assertThat(stranger.status).isEqualTo(NO_TOKEN);
  }

  private static StreamHandler keepAliveBehind(
      AuthWorld world, JwtSettings jwt, StreamListener inner) {
    ServiceRegistry unguarded = new ServiceRegistry();
    unguarded.streaming("/etcdserverpb.Lease/LeaseKeepAlive", _ -> inner);
    ServiceRegistry registry = new ServiceRegistry();
    JwtTokens tokens = new JwtTokens(world.replica, jwt, () -> world.epochSeconds);
    Admission admission = new Admission(world.replica, tokens, false, new AuditLog(world.replica));
    new Guard(world.replica, admission).register(unguarded, registry);
    if (registry.find("/etcdserverpb.Lease/LeaseKeepAlive")
        instanceof ServiceRegistry.Method.Streaming streaming) {
      return streaming.handler();
    }
    throw new AssertionError("it isn't registered");
  }

  /** Shows that what nobody has listed is refused, also to root, while authentication is on. */
  @Test
  void a_method_that_is_in_no_table_is_refused() {
    AuthWorld world = AuthWorld.on(AuthWorld.FAST);
    ServiceRegistry unguarded = new ServiceRegistry();
    unguarded.unary("/quorate.New/Method", (call, message) -> call.reply(Bytes.EMPTY));
    AuditLog audit = new AuditLog(world.replica);
    SimpleTokens tokens = new SimpleTokens(world.replica, 1_000, () -> 4);
    Admission admission = new Admission(world.replica, tokens, false, audit);
    new Guard(world.replica, admission).register(unguarded, world.registry);
    FakeCall call = world.call("/quorate.New/Method", Empty.getDefaultInstance(), Metadata.EMPTY);
    assertThat(call.status).isEqualTo(DENIED);
  }
}
