package io.quorate.etcd;

import static io.quorate.etcd.AuthWorld.FAST;
import static io.quorate.etcd.AuthWorld.putOf;
import static io.quorate.etcd.AuthWorld.rangeOf;
import static io.quorate.etcd.AuthWorld.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.node.Refusal;
import io.quorate.protocol.authpb.Permission;
import io.quorate.protocol.authpb.UserAddOptions;
import io.quorate.protocol.etcdserverpb.AuthDisableRequest;
import io.quorate.protocol.etcdserverpb.AuthEnableRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleAddRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGetRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleGetResponse;
import io.quorate.protocol.etcdserverpb.AuthRoleGrantPermissionRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleListRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleListResponse;
import io.quorate.protocol.etcdserverpb.AuthStatusRequest;
import io.quorate.protocol.etcdserverpb.AuthStatusResponse;
import io.quorate.protocol.etcdserverpb.AuthUserAddRequest;
import io.quorate.protocol.etcdserverpb.AuthUserAddResponse;
import io.quorate.protocol.etcdserverpb.AuthUserChangePasswordRequest;
import io.quorate.protocol.etcdserverpb.AuthUserDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGetRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGetResponse;
import io.quorate.protocol.etcdserverpb.AuthUserListRequest;
import io.quorate.protocol.etcdserverpb.AuthUserListResponse;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateRequest;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.MemberListRequest;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Shows what clients are answered of users, roles and tokens, and who may do what. */
class AuthServiceTest {
  private static final Status OK = Status.OK;
  private static final Status DENIED = EtcdError.PERMISSION_DENIED.status();

  private static Message userNamed(String name) {
    return AuthUserGetRequest.newBuilder().setName(name).build();
  }

  private static Message login(String name, String password) {
    return AuthenticateRequest.newBuilder().setName(name).setPassword(password).build();
  }

  /** Case 43: root, a role on p/, its user; a wide range, a put elsewhere, no token, a bad one. */
  @Test
  void a_role_opens_its_range_and_nothing_else() {
    AuthWorld world = AuthWorld.on(FAST);
    String token = world.token("u", "u-pw");
    assertThat(world.put("p/a", token)).isEqualTo(OK);
    assertThat(world.get("p/", "p0", token)).isEqualTo(OK);
    assertThat(world.get("a", "\0", token)).isEqualTo(DENIED);
    assertThat(world.put("q", token)).isEqualTo(DENIED);
    assertThat(world.put("p/a", null)).isEqualTo(EtcdError.USER_EMPTY.status());
    assertThat(world.get("p/a", "", null)).isEqualTo(EtcdError.USER_EMPTY.status());
    Status bad = EtcdError.INVALID_AUTH_TOKEN.status();
    for (String wrong : List.of("", "x", "abcdefghijklmnop.1", token.substring(1), token + "x.")) {
      assertThat(world.put("p/a", wrong.equals(token + "x.") ? "x" + token : wrong)).isEqualTo(bad);
    }
    FakeCall call =
        world.call("/etcdserverpb.KV/Put", putOf("p/a"), Metadata.of("authorization", token));
    assertThat(call.status).as("the other name of the token").isEqualTo(OK);
  }

  @Test
  void enabling_needs_root_and_its_role() {
    AuthWorld world = new AuthWorld(FAST);
    Message enable = AuthEnableRequest.getDefaultInstance();
    assertThat(world.status("Auth/AuthEnable", enable, null))
        .isEqualTo(EtcdError.ROOT_USER_MISSING.status());
    world.ok("Auth/UserAdd", AuthUserAddRequest.newBuilder().setName("root").build(), null);
    assertThat(world.status("Auth/AuthEnable", enable, null))
        .isEqualTo(EtcdError.ROOT_ROLE_MISSING.status());
  }

  @Test
  void the_status_tells_the_revision_and_the_stores_does_not_move() {
    AuthWorld world = new AuthWorld(FAST);
    AuthStatusResponse before =
        world.ok(
            AuthStatusResponse.parser(),
            "Auth/AuthStatus",
            AuthStatusRequest.getDefaultInstance(),
            null);
    assertThat(before.getEnabled()).isFalse();
    assertThat(before.getAuthRevision()).isEqualTo(1);
    AuthUserAddResponse added =
        world.ok(
            AuthUserAddResponse.parser(),
            "Auth/UserAdd",
            AuthUserAddRequest.newBuilder().setName("x").build(),
            null);
    assertThat(added.getHeader().getRevision()).isEqualTo(1);
    AuthStatusResponse after =
        world.ok(
            AuthStatusResponse.parser(),
            "Auth/AuthStatus",
            AuthStatusRequest.getDefaultInstance(),
            null);
    assertThat(after.getAuthRevision()).isEqualTo(2);
  }

  @Test
  void logging_in_is_refused_alike_for_a_wrong_password_and_an_unknown_user() {
    AuthWorld off = new AuthWorld(FAST);
    assertThat(off.status("Auth/Authenticate", login("u", "u-pw"), null))
        .isEqualTo(EtcdError.AUTH_NOT_ENABLED.status());
    AuthWorld world = AuthWorld.on(FAST);
    Status failed = EtcdError.AUTH_FAILED.status();
    assertThat(world.status("Auth/Authenticate", login("u", "no"), null)).isEqualTo(failed);
    assertThat(world.status("Auth/Authenticate", login("u", ""), null)).isEqualTo(failed);
    assertThat(world.status("Auth/Authenticate", login("nobody", "no"), null)).isEqualTo(failed);
    assertThat(world.status("Auth/Authenticate", login("", ""), null)).isEqualTo(failed);
    assertThat(world.token("w", "")).as("an empty password is one").isNotEmpty();
    assertThat(world.token("u", "u-pw")).matches("[a-zA-Z]{16}\\.[0-9]+");
  }

  @Test
  void a_user_without_password_is_told_so() {
    AuthWorld world = new AuthWorld(FAST);
    world.ok(
        "Auth/UserAdd",
        AuthUserAddRequest.newBuilder()
            .setName("cert")
            .setOptions(UserAddOptions.newBuilder().setNoPassword(true))
            .build(),
        null);
    world.user("root", "pw", "root");
    world.ok("Auth/AuthEnable", AuthEnableRequest.getDefaultInstance(), null);
    assertThat(world.status("Auth/Authenticate", login("cert", "x"), null))
        .isEqualTo(
            Status.of(
                StatusCode.UNKNOWN,
                "auth: authentication failed, password was given for no password user"));
  }

  /** Shows hashes of other implementations of bcrypt, and passwords as long as it takes. */
  @Test
  void passwords_are_checked_up_to_their_last_byte() {
    AuthWorld world = new AuthWorld(FAST);
    String longest = "é".repeat(36);
    world.user("root", longest, "root");
    world.ok("Auth/AuthEnable", AuthEnableRequest.getDefaultInstance(), null);
    String root = world.token("root", longest);
    assertThat(world.status("Auth/Authenticate", login("root", longest + "x"), null))
        .as("bcrypt looks no further")
        .isEqualTo(OK);
    assertThat(world.status("Auth/Authenticate", login("root", longest.substring(1) + "xy"), null))
        .isEqualTo(EtcdError.AUTH_FAILED.status());
    assertThat(
            world.status(
                "Auth/UserAdd",
                AuthUserAddRequest.newBuilder().setName("l").setPassword(longest + "x").build(),
                root))
        .isEqualTo(Status.of(StatusCode.UNKNOWN, "bcrypt: password length exceeds 72 bytes"));
  }

  /** CVE-2020-15115: no least length of a password. */
  @Test
  void a_shorter_password_than_is_wanted_is_refused() {
    AuthWorld world =
        new AuthWorld(new AuthSettings(4, 8, AuthSettings.TOKEN_TTL_NANOS_DEFAULT, null, false));
    Message shorter = AuthUserAddRequest.newBuilder().setName("x").setPassword("1234567").build();
    assertThat(world.status("Auth/UserAdd", shorter, null).message())
        .isEqualTo("quorate: a password has at least 8 characters (--password-length-min)");
    world.user("root", "12345678", "root");
    Message change =
        AuthUserChangePasswordRequest.newBuilder().setName("root").setPassword("").build();
    assertThat(world.status("Auth/UserChangePassword", change, null).code())
        .isEqualTo(StatusCode.INVALID_ARGUMENT);
  }

  @Test
  void a_token_lives_as_long_as_it_is_used() {
    AuthWorld world = AuthWorld.on(FAST);
    String token = world.token("u", "u-pw");
    for (int i = 0; i < 5; i++) {
      world.replica.pass(TimeUnit.SECONDS.toNanos(299));
      assertThat(world.put("p/a", token)).isEqualTo(OK);
    }
    world.replica.pass(TimeUnit.SECONDS.toNanos(300));
    assertThat(world.put("p/a", token)).isEqualTo(EtcdError.INVALID_AUTH_TOKEN.status());
  }

  @Test
  void a_token_ends_with_the_password_it_was_given_for_and_not_with_a_role() {
    AuthWorld world = AuthWorld.on(FAST);
    String root = world.token("root", "root-pw");
    String token = world.token("u", "u-pw");
    world.ok("Auth/RoleAdd", AuthRoleAddRequest.newBuilder().setName("more").build(), root);
    assertThat(world.put("p/a", token)).isEqualTo(OK);
    world.ok(
        "Auth/UserRevokeRole",
        AuthUserRevokeRoleRequest.newBuilder().setName("u").setRole("r").build(),
        root);
    assertThat(world.put("p/a", token)).isEqualTo(DENIED);
    world.ok(
        "Auth/UserChangePassword",
        AuthUserChangePasswordRequest.newBuilder().setName("u").setPassword("other").build(),
        root);
    Status ended = EtcdError.INVALID_AUTH_TOKEN.status();
    assertThat(world.put("p/a", token)).isEqualTo(ended);
    String other = world.token("u", "other");
    world.ok("Auth/UserDelete", AuthUserDeleteRequest.newBuilder().setName("u").build(), root);
    assertThat(world.put("p/a", other)).isEqualTo(ended);
    world.ok("Auth/AuthDisable", AuthDisableRequest.getDefaultInstance(), root);
    assertThat(world.put("anything", null)).isEqualTo(OK);
    assertThat(world.put("anything", "not a token")).as("nobody asks for it").isEqualTo(OK);
    world.ok("Auth/AuthEnable", AuthEnableRequest.getDefaultInstance(), null);
    assertThat(world.put("p/a", root)).as("off, all tokens end").isEqualTo(ended);
  }

  /** Shows the defects that others had: hidden in nested steps, by way of what is given back. */
  @Test
  void what_a_step_gives_back_or_hides_is_asked_for_too() {
    AuthWorld world = AuthWorld.on(FAST);
    String token = world.token("w", "");
    PutRequest put = putOf("w");
    assertThat(world.status("KV/Put", put, token)).isEqualTo(OK);
    PutRequest prev = put.toBuilder().setPrevKv(true).build();
    assertThat(world.status("KV/Put", prev, token)).isEqualTo(DENIED);
    assertThat(
            world.status(
                "KV/DeleteRange",
                DeleteRangeRequest.newBuilder().setKey(utf8("w")).setPrevKv(true).build(),
                token))
        .isEqualTo(DENIED);
    RequestOp hidden = RequestOp.newBuilder().setRequestPut(prev).build();
    RequestOp read = RequestOp.newBuilder().setRequestRange(rangeOf("w", "")).build();
    for (RequestOp op : List.of(hidden, read)) {
      for (int depth = 0; depth < 4; depth++) {
        TxnRequest txn = TxnRequest.newBuilder().addFailure(op).build();
        assertThat(world.status("KV/Txn", txn, token)).isEqualTo(DENIED);
        op = RequestOp.newBuilder().setRequestTxn(txn).build();
      }
    }
    TxnRequest own =
        TxnRequest.newBuilder()
            .addSuccess(
                RequestOp.newBuilder()
                    .setRequestTxn(
                        TxnRequest.newBuilder()
                            .addSuccess(RequestOp.newBuilder().setRequestPut(put))))
            .build();
    assertThat(world.status("KV/Txn", own, token)).isEqualTo(OK);
  }

  @Test
  void users_see_themselves_and_their_roles() {
    AuthWorld world = AuthWorld.on(FAST);
    String token = world.token("u", "u-pw");
    String root = world.token("root", "root-pw");
    assertThat(
            world
                .ok(AuthUserGetResponse.parser(), "Auth/UserGet", userNamed("u"), token)
                .getRolesList())
        .containsExactly("r");
    assertThat(world.status("Auth/UserGet", userNamed("w"), token)).isEqualTo(DENIED);
    assertThat(world.status("Auth/UserGet", userNamed("nobody"), token)).isEqualTo(DENIED);
    assertThat(world.status("Auth/UserGet", userNamed("nobody"), root))
        .isEqualTo(EtcdError.USER_NOT_FOUND.status());
    AuthRoleGetResponse own =
        world.ok(
            AuthRoleGetResponse.parser(),
            "Auth/RoleGet",
            AuthRoleGetRequest.newBuilder().setRole("r").build(),
            token);
    assertThat(own.getPermList())
        .containsExactly(
            Permission.newBuilder()
                .setPermType(Permission.Type.READWRITE)
                .setKey(utf8("p/"))
                .setRangeEnd(utf8("p0"))
                .build());
    Message other = AuthRoleGetRequest.newBuilder().setRole("w").build();
    assertThat(world.status("Auth/RoleGet", other, token)).isEqualTo(DENIED);
    assertThat(
            world
                .ok(
                    AuthUserListResponse.parser(),
                    "Auth/UserList",
                    AuthUserListRequest.getDefaultInstance(),
                    root)
                .getUsersList())
        .containsExactly("root", "u", "w");
    assertThat(
            world
                .ok(
                    AuthRoleListResponse.parser(),
                    "Auth/RoleList",
                    AuthRoleListRequest.getDefaultInstance(),
                    root)
                .getRolesList())
        .containsExactly("r", "w");
  }

  @Test
  void the_role_root_is_said_to_allow_everything() {
    AuthWorld world = new AuthWorld(FAST);
    world.ok("Auth/RoleAdd", AuthRoleAddRequest.newBuilder().setName("root").build(), null);
    AuthRoleGetResponse root =
        world.ok(
            AuthRoleGetResponse.parser(),
            "Auth/RoleGet",
            AuthRoleGetRequest.newBuilder().setRole("root").build(),
            null);
    assertThat(root.getPermList())
        .containsExactly(
            Permission.newBuilder()
                .setPermType(Permission.Type.READWRITE)
                .setRangeEnd(ByteString.copyFrom(new byte[1]))
                .build());
  }

  @Test
  void a_permission_that_is_none_is_refused() {
    AuthWorld world = new AuthWorld(FAST);
    AuthRoleGrantPermissionRequest nothing =
        AuthRoleGrantPermissionRequest.newBuilder().setName("r").build();
    assertThat(world.status("Auth/RoleGrantPermission", nothing, null))
        .isEqualTo(EtcdError.PERMISSION_NOT_GIVEN.status());
    Permission inverted = Permission.newBuilder().setKey(utf8("b")).setRangeEnd(utf8("a")).build();
    Permission unknown = Permission.newBuilder().setKey(utf8("b")).setPermTypeValue(7).build();
    for (Permission bad : List.of(inverted, unknown, Permission.getDefaultInstance())) {
      assertThat(
              world.status(
                  "Auth/RoleGrantPermission", nothing.toBuilder().setPerm(bad).build(), null))
          .isEqualTo(EtcdError.INVALID_AUTH_MANAGEMENT.status());
    }
  }

  /** Of whom the common name is {@code u}; made for this test, and good for nothing else. */
  static final String CERTIFICATE =
      """
      -----BEGIN CERTIFICATE-----
      MIIBnzCCAUWgAwIBAgIUbHQT7QqnSQLW5pL/tFGvS/Imd7QwCgYIKoZIzj0EAwIw
      JDEWMBQGA1UECgwNUXVvcmF0ZSB0ZXN0czEKMAgGA1UEAwwBdTAgFw0yNjExMjgy
      MjQ5MjJaGA8yMTI2MTEwNDIyNDkyMlowJDEWMBQGA1UECgwNUXVvcmF0ZSB0ZXN0
      czEKMAgGA1UEAwwBdTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMwx8/SEtnFu
      32i4akqOsXZLo6mEgSqz21wwaPdIsiTJg/ynJPBbJhcqJN48kIjdCSVB3ckq2p8u
      Pp3yH2BEyxyjUzBRMB0GA1UdDgQWBBSkKZrT+PMjiXkWLdv7JDXHIfbfizAfBgNV
      HSMEGDAWgBSkKZrT+PMjiXkWLdv7JDXHIfbfizAPBgNVHRMBAf8EBTADAQH/MAoG
      CCqGSM49BAMCA0gAMEUCIGlyf1whLvdsLYFiid4XlWaH1ahLKziN6m19sVhr6lgc
      AiEAyzhzPSHyLCKMzI1imgsecIEp7xc006tufUtEgqXBUls=
      -----END CERTIFICATE-----
      """;

  @Test
  void a_certificate_names_its_user_where_that_is_wanted_and_a_token_goes_first() throws Exception {
    X509Certificate certificate =
        (X509Certificate)
            CertificateFactory.getInstance("X.509")
                .generateCertificate(
                    new ByteArrayInputStream(CERTIFICATE.getBytes(StandardCharsets.US_ASCII)));
    AuthWorld world =
        AuthWorld.on(new AuthSettings(4, 0, AuthSettings.TOKEN_TTL_NANOS_DEFAULT, null, true));
    assertThat(put(world, "p/a", null, certificate)).isEqualTo(OK);
    assertThat(put(world, "w", null, certificate)).isEqualTo(DENIED);
    assertThat(put(world, "w", world.token("w", ""), certificate)).isEqualTo(OK);
    assertThat(put(world, "p/a", "no token", certificate))
        .isEqualTo(EtcdError.INVALID_AUTH_TOKEN.status());
    AuthWorld unwanted = AuthWorld.on(FAST);
    assertThat(put(unwanted, "p/a", null, certificate)).isEqualTo(EtcdError.USER_EMPTY.status());
  }

  static Status put(
      AuthWorld world, String key, @Nullable String token, X509Certificate certificate) {
    FakeCall call = new FakeCall("/etcdserverpb.KV/Put", AuthWorld.token(token));
    call.certificates = List.of(certificate);
    Status status = world.call(call.method(), putOf(key), call).status;
    return status == null ? OK : status;
  }

  /** Shows that no is said only when it is known to be still so: a member may lag behind. */
  @Test
  void nobody_is_refused_before_this_member_has_heard_of_everything() {
    AuthWorld world = AuthWorld.on(FAST);
    String token = world.token("u", "u-pw");
    int barriers = world.replica.barriers;
    assertThat(world.put("q", token)).isEqualTo(DENIED);
    assertThat(world.replica.barriers).isEqualTo(barriers + 1);
    int writes = world.replica.writes;
    assertThat(world.put("q", token)).isEqualTo(DENIED);
    assertThat(world.replica.writes).as("and then not proposed").isEqualTo(writes);
    world.replica.refusal = Refusal.TIMED_OUT;
    assertThat(world.put("q", token)).as("whoever can't ask says no").isEqualTo(DENIED);
  }

  /** As ZooKeeper's CVE-2017-5637: something costly that whoever comes may ask for. */
  @Test
  void guesses_that_pile_up_are_refused_before_they_cost_anything() {
    AuthWorld world = AuthWorld.on(FAST);
    world.replica.readersWait = true;
    List<FakeCall> calls = new ArrayList<>();
    for (int i = 0; i < Limits.AUTH_PASSWORDS_WAITING_MAX + 3; i++) {
      calls.add(world.call("/etcdserverpb.Auth/Authenticate", login("u", "u-pw"), Metadata.EMPTY));
    }
    assertThat(world.replica.waitingReads()).as("one at a time").isEqualTo(1);
    assertThat(calls.stream().filter(call -> call.status != null))
        .hasSize(2)
        .allMatch(call -> EtcdError.TOO_MANY_REQUESTS.status().equals(call.status));
    calls.get(1).complete(Status.of(StatusCode.CANCELLED, "hung up"));
    world.replica.readersWait = false;
    world.replica.read();
    assertThat(calls.getFirst().status).isEqualTo(OK);
    assertThat(calls.get(2).status).isEqualTo(OK);
  }

  /**
   * ZooKeeper's CVE-2026-84439 and etcd's CVE-2021-28235: what is written down holds no secret, and
   * no line that a name has made.
   */
  @Test
  void audit_lines_tell_who_did_what_and_no_secret() {
    List<String> lines = new ArrayList<>();
    try (LogLines _ = LogLines.of("io.quorate.audit", lines)) {
      AuthWorld world = AuthWorld.on(FAST);
      String root = world.token("root", "root-pw");
      world.status(
          "Auth/UserAdd",
          AuthUserAddRequest.newBuilder().setName("x\naudit call=Fake").build(),
          root);
      world.status("Auth/Authenticate", login("u", "wrong-guess"), null);
      assertThat(lines).anyMatch(line -> line.startsWith("audit call=Authenticate by=\"root\""));
      assertThat(lines)
          .anyMatch(line -> line.contains("call=UserAdd by=\"root\" subject=\"x\\u{a}audit"));
      assertThat(lines)
          .anyMatch(
              line -> line.contains("subject=\"u\"") && line.contains("authentication failed"));
      assertThat(lines).noneMatch(line -> line.contains("\n"));
      for (String secret : List.of("root-pw", "u-pw", "wrong-guess", "$2a", root)) {
        assertThat(lines).noneMatch(line -> line.contains(secret));
      }
    }
  }

  /** Shows that neither a password nor a token is among the bytes that are proposed or kept. */
  @Test
  void no_secret_is_in_the_state() {
    AuthWorld world = AuthWorld.on(FAST);
    String token = world.token("u", "u-pw");
    for (String secret : List.of("u-pw", "root-pw", token.substring(0, 16))) {
      byte[] bytes = Bytes.utf8(secret).toArray();
      assertThat(world.replica.holds(bytes)).as(secret).isFalse();
    }
    assertThat(world.replica.holds(Bytes.utf8("$2a$04$").toArray())).isTrue();
  }

  @Test
  void a_member_without_a_state_answers_what_needs_none() {
    AuthWorld world = AuthWorld.on(FAST);
    world.replica.hasState = false;
    assertThat(world.status("Cluster/MemberList", MemberListRequest.getDefaultInstance(), null))
        .isEqualTo(OK);
    assertThat(
            world.status(
                "KV/Range", rangeOf("a", "").toBuilder().setSerializable(true).build(), null))
        .isEqualTo(EtcdError.STOPPED.status());
  }
}
