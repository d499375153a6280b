package io.quorate.etcd;

import static io.quorate.etcd.AuthWorld.FAST;
import static io.quorate.etcd.AuthWorld.putOf;
import static io.quorate.etcd.AuthWorld.rangeOf;
import static io.quorate.etcd.AuthWorld.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Empty;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import io.quorate.grpc.Status;
import io.quorate.grpc.StreamListener;
import io.quorate.protocol.authpb.Permission;
import io.quorate.protocol.etcdserverpb.AuthDisableRequest;
import io.quorate.protocol.etcdserverpb.AuthEnableRequest;
import io.quorate.protocol.etcdserverpb.AuthUserDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthUserGetRequest;
import io.quorate.protocol.etcdserverpb.AuthUserRevokeRoleRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateRequest;
import io.quorate.protocol.etcdserverpb.Compare;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.LeaseGrantRequest;
import io.quorate.protocol.etcdserverpb.LeaseKeepAliveRequest;
import io.quorate.protocol.etcdserverpb.MemberRemoveRequest;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest;
import io.quorate.protocol.etcdserverpb.WatchRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What other stores were found to let pass, each under the name that it has there; the rest of them
 * are with the tests of what they concern.
 */
class AuthHazardTest {
  private static final Status DENIED = EtcdError.PERMISSION_DENIED.status();
  private static final Status NO_TOKEN = EtcdError.USER_EMPTY.status();

  /** What a form needs to be allowed to do with [p/, p0). */
  private enum Need {
    READ,
    WRITE,
    /** Something elsewhere: only root may. */
    ALL
  }

  /** Something that can be asked for by itself, in a transaction, or in one within another. */
  private record Form(String name, Set<Need> needs, TxnRequest txn, @Nullable Message alone) {}

  private static Set<Need> needs(Need... needs) {
    Set<Need> all = EnumSet.noneOf(Need.class);
    all.addAll(List.of(needs));
    return all;
  }

  private static Form form(String name, Set<Need> needs, Message request) {
    RequestOp.Builder op = RequestOp.newBuilder();
    switch (request) {
      case PutRequest put -> op.setRequestPut(put);
      case RangeRequest range -> op.setRequestRange(range);
      case DeleteRangeRequest delete -> op.setRequestDeleteRange(delete);
      default -> throw new IllegalArgumentException(name);
    }
    return new Form(name, needs, TxnRequest.newBuilder().addSuccess(op).build(), request);
  }

  private static Form comparing(String name, Set<Need> needs, String key, String rangeEnd) {
    Compare compare = Compare.newBuilder().setKey(utf8(key)).setRangeEnd(utf8(rangeEnd)).build();
    return new Form(name, needs, TxnRequest.newBuilder().addCompare(compare).build(), null);
  }

  private static List<Form> forms() {
    Set<Need> read = needs(Need.READ);
    Set<Need> write = needs(Need.WRITE);
    Set<Need> both = needs(Need.READ, Need.WRITE);
    Set<Need> all = needs(Need.ALL);
    PutRequest put = putOf("p/x");
    DeleteRangeRequest delete = DeleteRangeRequest.newBuilder().setKey(utf8("p/a")).build();
    RangeRequest range = rangeOf("p/", "p0");
    return List.of(
        form("put", write, put),
        form("put elsewhere", all, putOf("z")),
        form("put, prev_kv", both, put.toBuilder().setPrevKv(true).build()),
        form("put, ignore_lease", write, putOf("p/a").toBuilder().setIgnoreLease(true).build()),
        form(
            "put, ignore_value",
            write,
            putOf("p/a").toBuilder().setIgnoreValue(true).clearValue().build()),
        form("put with a lease of own keys", write, put.toBuilder().setLease(5).build()),
        form("put with a lease of others' keys", all, put.toBuilder().setLease(6).build()),
        form("range", read, range),
        form("range of one key", read, rangeOf("p/a", "")),
        form("range, count_only", read, range.toBuilder().setCountOnly(true).build()),
        form("range, keys_only", read, range.toBuilder().setKeysOnly(true).build()),
        form("range, serializable", read, range.toBuilder().setSerializable(true).build()),
        form("range of long ago", read, range.toBuilder().setRevision(2).build()),
        form("range, limit", all, rangeOf("p/", "p1").toBuilder().setLimit(1).build()),
        form("range from a key on", all, rangeOf("p/a", "\0")),
        form("range of everything", all, rangeOf("\0", "\0")),
        form("range that holds nothing", all, rangeOf("z", "a")),
        form("delete", write, delete),
        form("delete, prev_kv", both, delete.toBuilder().setPrevKv(true).build()),
        form(
            "delete a range",
            write,
            delete.toBuilder().setKey(utf8("p/")).setRangeEnd(utf8("p0")).build()),
        form("delete from a key on", all, delete.toBuilder().setRangeEnd(utf8("\0")).build()),
        comparing("compare", read, "p/a", ""),
        comparing("compare a range", read, "p/", "p0"),
        comparing("compare elsewhere", all, "z", ""),
        comparing("compare from a key on", all, "p/a", "\0"));
  }

  /** The form, at each place where it can be. */
  private static Map<String, Message> places(Form form) {
    Map<String, Message> places = new TreeMap<>();
    if (form.alone() != null) {
      places.put("alone", form.alone());
    }
    TxnRequest success = form.txn();
    TxnRequest failure =
        success.toBuilder().clearSuccess().addAllFailure(success.getSuccessList()).build();
    for (TxnRequest txn : List.of(success, failure)) {
      String branch = txn.getFailureCount() > 0 ? "failure" : "success";
      places.put(branch, txn);
      RequestOp op = RequestOp.newBuilder().setRequestTxn(txn).build();
      for (int depth = 1; depth <= 4; depth++) {
        TxnRequest.Builder outer = TxnRequest.newBuilder();
        TxnRequest next =
            depth % 2 == 0 ? outer.addSuccess(op).build() : outer.addFailure(op).build();
        places.put(branch + ", depth " + depth, next);
        op = RequestOp.newBuilder().setRequestTxn(next).build();
      }
    }
    return places;
  }

  private static String method(Message request) {
    return switch (request) {
      case PutRequest _ -> "KV/Put";
      case RangeRequest _ -> "KV/Range";
      case DeleteRangeRequest _ -> "KV/DeleteRange";
      default -> "KV/Txn";
    };
  }

  /**
   * CVE-2026-33343, a nested transaction that nobody asked about; CVE-2026-44283, a put's previous
   * value and its lease: every form at every place, for every kind of caller.
   */
  @Test
  void every_form_needs_the_same_wherever_it_is() {
    AuthWorld world = new AuthWorld(FAST);
    world.user("root", "", "root");
    world.role("reads", Permission.Type.READ, "p/", "p0");
    world.role("writes", Permission.Type.WRITE, "p/", "p0");
    world.role("both", Permission.Type.READWRITE, "p/", "p0");
    world.role("other", Permission.Type.READWRITE, "q/", "q0");
    List<String> users = List.of("reads", "writes", "both", "other");
    users.forEach(each -> world.user(each, "", each));
    for (long id : new long[] {5, 6}) {
      world.ok(
          "Lease/LeaseGrant", LeaseGrantRequest.newBuilder().setID(id).setTTL(60).build(), null);
    }
    world.ok("KV/Put", putOf("s").toBuilder().setLease(6).build(), null);
    world.ok("Auth/AuthEnable", AuthEnableRequest.getDefaultInstance(), null);
    String root = world.token("root", "");
    Map<String, String> tokens = new TreeMap<>();
    users.forEach(each -> tokens.put(each, world.token(each, "")));
    int allowed = 0;
    for (Form form : forms()) {
      for (var place : places(form).entrySet()) {
        Message request = place.getValue();
        String what = form.name() + ", " + place.getKey() + ", ";
        assertThat(world.status(method(request), request, null)).as(what).isEqualTo(NO_TOKEN);
        for (String user : users) {
          Set<Need> may =
              switch (user) {
                case "reads" -> needs(Need.READ);
                case "writes" -> needs(Need.WRITE);
                case "both" -> needs(Need.READ, Need.WRITE);
                default -> needs();
              };
          boolean yes = may.containsAll(form.needs());
          allowed += yes ? 1 : 0;
          world.ok("KV/Put", putOf("p/a").toBuilder().setLease(5).build(), root);
          int writes = world.replica.writes;
          Status status = world.status(method(request), request, tokens.get(user));
          assertThat(status).as(what + user).isEqualTo(yes ? Status.OK : DENIED);
          assertThat(yes || world.replica.writes == writes).as("not proposed").isTrue();
        }
        world.ok("KV/Put", putOf("p/a").toBuilder().setLease(5).build(), root);
        assertThat(world.status(method(request), request, root)).as(what).isEqualTo(Status.OK);
      }
    }
    assertThat(allowed).isGreaterThan(300);
  }

  private static Bytes renewing(long lease) {
    return Bytes.wrap(LeaseKeepAliveRequest.newBuilder().setID(lease).build().toByteArray());
  }

  private static FakeCall renewals(@Nullable String token) {
    return new FakeCall("/etcdserverpb.Lease/LeaseKeepAlive", AuthWorld.token(token));
  }

  /** CVE-2026-33413: leases that are renewed by who isn't recognised, or isn't any more. */
  @Test
  void a_stream_of_renewals_ends_with_the_right_to_it() {
    AuthWorld world = AuthWorld.on(FAST);
    String root = world.token("root", "root-pw");
    world.ok("Lease/LeaseGrant", LeaseGrantRequest.newBuilder().setID(5).setTTL(60).build(), root);
    FakeCall call = renewals(world.token("u", "u-pw"));
    StreamListener stream = world.open(call);
    stream.onMessage(renewing(5));
    Message revoke = AuthUserRevokeRoleRequest.newBuilder().setName("u").setRole("r").build();
    world.ok("Auth/UserRevokeRole", revoke, root);
    stream.onMessage(renewing(5));
    assertThat(call.sent).as("a renewal needs no role").hasSize(2);
    world.ok("Auth/UserDelete", AuthUserDeleteRequest.newBuilder().setName("u").build(), root);
    stream.onMessage(renewing(5));
    stream.onMessage(renewing(5));
    assertThat(call.sent).hasSize(2);
    assertThat(call.status).isEqualTo(DENIED);

    world.ok("Auth/AuthDisable", AuthDisableRequest.getDefaultInstance(), root);
    FakeCall before = renewals(null);
    StreamListener unnamed = world.open(before);
    unnamed.onMessage(renewing(5));
    assertThat(before.sent).hasSize(1);
    world.ok("Auth/AuthEnable", AuthEnableRequest.getDefaultInstance(), null);
    unnamed.onMessage(renewing(5));
    assertThat(before.sent).hasSize(1);
    assertThat(before.status).isEqualTo(NO_TOKEN);
  }

  /** CVE-2026-59739: who watches again after a right was taken away is told what was before. */
  @Test
  void a_watch_from_an_old_revision_is_judged_by_the_rights_of_now() throws Exception {
    AuthWorld world = AuthWorld.on(FAST);
    String root = world.token("root", "root-pw");
    String token = world.token("u", "u-pw");
    assertThat(world.put("p/a", token)).isEqualTo(Status.OK);
    Message revoke = AuthUserRevokeRoleRequest.newBuilder().setName("u").setRole("r").build();
    world.ok("Auth/UserRevokeRole", revoke, root);
    FakeCall call = new FakeCall("/etcdserverpb.Watch/Watch", AuthWorld.token(token));
    WatchCreateRequest create =
        WatchCreateRequest.newBuilder().setKey(utf8("p/a")).setStartRevision(1).build();
    world
        .open(call)
        .onMessage(
            Bytes.wrap(WatchRequest.newBuilder().setCreateRequest(create).build().toByteArray()));
    world.replica.run();
    assertThat(call.sent).hasSize(1);
    WatchResponse answer = WatchResponse.parseFrom(call.sent.getFirst().toArray());
    assertThat(answer.getCanceled()).isTrue();
    assertThat(answer.getEventsCount()).isZero();
  }

  /** Of etcd before 3.5.32: a token that couldn't be read was in the log. CVE-2021-28235, too. */
  @Test
  void no_token_is_told_of_by_what_refuses_it() throws Exception {
    JwtSettings jwt = JwtSettings.of("HS256", null, new byte[] {1, 2, 3}, 60);
    AuthSettings signed = new AuthSettings(4, 0, AuthSettings.TOKEN_TTL_NANOS_DEFAULT, jwt, false);
    for (AuthSettings settings : List.of(FAST, signed)) {
      AuthWorld world = AuthWorld.on(settings);
      List<String> lines = new ArrayList<>();
      try (LogLines _ = LogLines.of("io.quorate", lines)) {
        for (String token : List.of("eyJhbGci.secret.secret", "secretsecretsecr.7", "secret")) {
          Status status = world.put("p/a", token);
          assertThat(status).isEqualTo(EtcdError.INVALID_AUTH_TOKEN.status());
        }
      }
      assertThat(lines).isNotEmpty().noneMatch(line -> line.contains("secret"));
    }
  }

  /** ZooKeeper's CVE-2019-0201: who may read who may what reads the hashes. */
  @Test
  void no_answer_about_users_has_a_hash() {
    AuthWorld world = AuthWorld.on(FAST);
    String root = world.token("root", "root-pw");
    AuthUserGetRequest user = AuthUserGetRequest.newBuilder().setName("u").build();
    assertThat(new String(world.ok("Auth/UserGet", user, root), StandardCharsets.UTF_8))
        .contains("r")
        .doesNotContain("$2");
    assertThat(
            new String(
                world.ok("Auth/UserList", Empty.getDefaultInstance(), root),
                StandardCharsets.UTF_8))
        .contains("root")
        .doesNotContain("$2");
  }

  /** Of CN=root, CN=u. */
  private static final String TWO_NAMES =
      """
      -----BEGIN CERTIFICATE-----
      MIIBjTCCATOgAwIBAgIUVuQd6hazxSzFTVPcWIg4nDCbYCgwCgYIKoZIzj0EAwIw
      GzENMAsGA1UEAwwEcm9vdDEKMAgGA1UEAwwBdTAgFw0yNjExMjkwMjQ3MTRaGA8y
      MTI2MTEwNTAyNDcxNFowGzENMAsGA1UEAwwEcm9vdDEKMAgGA1UEAwwBdTBZMBMG
      ByqGSM49AgEGCCqGSM49AwEHA0IABPIPQRmd0qwu+3N5LrXqZ3PEE77u7eujcV3w
      7lfma7skW/OPuGrEmJS/hQrUHHJ7d5fAf4kQW1RFHwyhnTN7K3yjUzBRMB0GA1Ud
      DgQWBBQQLQNRqnJjP/KysZboIg3lDSj3JzAfBgNVHSMEGDAWgBQQLQNRqnJjP/Ky
      sZboIg3lDSj3JzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCID1B
      36JV8Jdm8qL7cUhoQ4AkslXBdS0FGbEl4jzeI/OVAiEA/AyMS/iejALmhPyIXLfs
      dUzuNC0vn/ev6twqK1/JW44=
      -----END CERTIFICATE-----
      """;

  /** Of O=x, CN=u+OU=a: a name beside something else. */
  private static final String NAME_AND_UNIT =
      """
      -----BEGIN CERTIFICATE-----
      MIIBmzCCAUGgAwIBAgIUCmEKRpviRi6NSxJqN40t9M8gAYowCgYIKoZIzj0EAwIw
      IjEKMAgGA1UECgwBeDEUMAgGA1UEAwwBdTAIBgNVBAsMAWEwIBcNMjYxMTI5MDI0
      NzE0WhgPMjEyNjExMDUwMjQ3MTRaMCIxCjAIBgNVBAoMAXgxFDAIBgNVBAMMAXUw
      CAYDVQQLDAFhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8g9BGZ3SrC77c3ku
      tepnc8QTvu7t66NxXfDuV+ZruyRb84+4asSYlL+FCtQccnt3l8B/iRBbVEUfDKGd
      M3srfKNTMFEwHQYDVR0OBBYEFBAtA1GqcmM/8rKxlugiDeUNKPcnMB8GA1UdIwQY
      MBaAFBAtA1GqcmM/8rKxlugiDeUNKPcnMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
      zj0EAwIDSAAwRQIhAOAv0DUg5vDv7Xqs9Gl6Cf0mICGEtbQW+98jjydnItoAAiBl
      Az0cMmpgxpAenXhhqNjEUpfmZxZhNcGPs3aCeaijKA==
      -----END CERTIFICATE-----
      """;

  /** As CVE-2022-40716: a certificate with several names, of which readers take different ones. */
  @Test
  void a_certificate_with_two_names_names_nobody() throws Exception {
    AuthWorld world =
        AuthWorld.on(new AuthSettings(4, 0, AuthSettings.TOKEN_TTL_NANOS_DEFAULT, null, true));
    assertThat(AuthServiceTest.put(world, "p/a", null, certificate(TWO_NAMES))).isEqualTo(NO_TOKEN);
    X509Certificate beside = certificate(NAME_AND_UNIT);
    assertThat(AuthServiceTest.put(world, "p/a", null, beside)).isEqualTo(Status.OK);
    assertThat(AuthServiceTest.put(world, "q", null, beside)).isEqualTo(DENIED);
  }

  private static X509Certificate certificate(String pem) throws Exception {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
  }

  /** ZooKeeper's CVE-2026-84439: names that make lines of their own, or too much of one. */
  @Test
  void an_audit_line_is_one_line_of_bounded_length_and_reads_as_it_is() {
    AuthWorld world = AuthWorld.on(FAST);
    String root = world.token("root", "root-pw");
    List<String> lines = new ArrayList<>();
    try (LogLines _ = LogLines.of("io.quorate.audit", lines)) {
      for (String name : List.of("\r\n", "\u202e\u2066\u200b", "x".repeat(100_000))) {
        world.status(
            "Auth/UserDelete", AuthUserDeleteRequest.newBuilder().setName(name).build(), root);
        world.status(
            "Auth/Authenticate", AuthenticateRequest.newBuilder().setName(name).build(), null);
      }
    }
    assertThat(lines).hasSizeGreaterThan(2);
    assertThat(lines).allMatch(line -> line.length() < 2_000);
    assertThat(lines)
        .allMatch(line ->
            line.chars()
                .allMatch(
                    c -> !Character.isISOControl(c) && Character.getType(c) != Character.FORMAT));
  }

  /** Shows that a member that lags doesn't change for anybody who belongs to the cluster. */
  @Test
  void members_are_changed_by_the_rights_of_now() {
    AuthWorld world = new AuthWorld(FAST);
    world.user("root", "", "root");
    Message remove = MemberRemoveRequest.newBuilder().setID(-7).build();
    world.replica.beforeBarrier = () -> world.replica.apply(new io.quorate.kv.AuthEnableRequest());
    assertThat(world.status("Cluster/MemberRemove", remove, null)).isEqualTo(NO_TOKEN);
    assertThat(world.replica.change).as("nothing was asked for").isNull();
    world.status("Cluster/MemberRemove", remove, world.token("root", ""));
    assertThat(world.replica.change).isNotNull();
  }

  /** CVE-2026-33413 again: what a member that has lost its state does for whoever comes. */
  @Test
  void a_member_that_does_not_know_its_users_does_nothing_that_only_root_may() {
    AuthWorld world = AuthWorld.on(FAST);
    world.replica.hasState = false;
    for (String method :
        List.of("Maintenance/Defragment", "Maintenance/Snapshot", "Cluster/MemberRemove")) {
      assertThat(world.status(method, Empty.getDefaultInstance(), null))
          .as(method)
          .isEqualTo(EtcdError.STOPPED.status());
    }
  }
}
