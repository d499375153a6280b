package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.Status;
import io.quorate.kv.AuthRequest;
import io.quorate.kv.PasswordHash;
import io.quorate.kv.UserChangePasswordRequest;
import io.quorate.kv.UserDeleteRequest;
import io.quorate.protocol.etcdserverpb.AuthRoleAddRequest;
import io.quorate.protocol.etcdserverpb.AuthenticateRequest;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Shows tokens that are signed: by every algorithm, until they end, and never anybody else's. */
class JwtTokensTest {
  private static final Status BAD = EtcdError.INVALID_AUTH_TOKEN.status();

  private static int secrets;

  private static byte[] pem(String what, byte[] der) {
    return ("-----BEGIN "
            + what
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
            + "\n-----END "
            + what
            + "-----\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static JwtSettings settings(JwtMethod method) throws Exception {
    if (method.family() == JwtMethod.Family.HMAC) {
      return JwtSettings.of(
          method.name(),
          null,
          ("secret " + ++secrets).repeat(8).getBytes(StandardCharsets.US_ASCII),
          60);
    }
    KeyPairGenerator generator = KeyPairGenerator.getInstance(method.family().keyAlgorithm());
    switch (method) {
      case ES256 -> generator.initialize(new ECGenParameterSpec("secp256r1"));
      case ES384 -> generator.initialize(new ECGenParameterSpec("secp384r1"));
      case ES512 -> generator.initialize(new ECGenParameterSpec("secp521r1"));
      default -> {
        if (method.family() != JwtMethod.Family.EDWARDS) {
          generator.initialize(2_048);
        }
      }
    }
    KeyPair pair = generator.generateKeyPair();
    return JwtSettings.of(
        method.name(),
        pem("PUBLIC KEY", pair.getPublic().getEncoded()),
        pem("PRIVATE KEY", pair.getPrivate().getEncoded()),
        60);
  }

  private static AuthWorld world(JwtSettings jwt) {
    return AuthWorld.on(new AuthSettings(4, 0, AuthSettings.TOKEN_TTL_NANOS_DEFAULT, jwt, false));
  }

  @ParameterizedTest
  @EnumSource(JwtMethod.class)
  void every_algorithm_signs_tokens_that_are_good_for_their_holder_alone(JwtMethod method)
      throws Exception {
    AuthWorld world = world(settings(method));
    String token = world.token("u", "u-pw");
    assertThat(world.put("p/a", token)).isEqualTo(Status.OK);
    assertThat(world.put("q", token)).isEqualTo(EtcdError.PERMISSION_DENIED.status());
    String[] parts = token.split("\\.", -1);
    String forged =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                "{\"exp\":9999999,\"revision\":9,\"username\":\"root\"}"
                    .getBytes(StandardCharsets.UTF_8));
    String unsigned =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString("{\"alg\":\"none\"}".getBytes(StandardCharsets.UTF_8));
    for (String wrong :
        List.of(
            parts[0] + "." + forged + "." + parts[2],
            unsigned + "." + forged + ".",
            parts[0] + "." + parts[1] + ".",
            parts[0] + "." + parts[1],
            token + ".x",
            "..",
            "a.b.c",
            world(settings(method)).token("u", "u-pw"))) {
      assertThat(world.put("p/a", wrong)).as(wrong).isEqualTo(BAD);
    }
  }

  @Test
  void a_token_ends_with_its_time_and_with_any_change_of_roles() throws Exception {
    AuthWorld world = world(settings(JwtMethod.HS256));
    String token = world.token("u", "u-pw");
    String root = world.token("root", "root-pw");
    world.epochSeconds += 59;
    assertThat(world.put("p/a", token)).isEqualTo(Status.OK);
    world.ok("Auth/RoleAdd", AuthRoleAddRequest.newBuilder().setName("x").build(), root);
    assertThat(world.put("p/a", token)).isEqualTo(EtcdError.AUTH_OLD_REVISION.status());
    String next = world.token("u", "u-pw");
    world.epochSeconds += 60;
    assertThat(world.put("p/a", next)).isEqualTo(BAD);
  }

  private static AuthenticateRequest login(String password) {
    return AuthenticateRequest.newBuilder().setName("u").setPassword(password).build();
  }

  /** Shows that a password that is changed while it is checked gives no token for what is now. */
  @Test
  void a_password_that_is_changed_while_it_is_checked_gives_no_token() throws Exception {
    for (AuthRequest change :
        List.of(
            new UserChangePasswordRequest("u", new PasswordHash(Bytes.utf8("another"))),
            new UserDeleteRequest("u"))) {
      AuthWorld world = world(settings(JwtMethod.HS256));
      world.replica.readersWait = true;
      FakeCall call = world.call("/etcdserverpb.Auth/Authenticate", login("u-pw"), Metadata.EMPTY);
      world.replica.readTheNext();
      world.replica.apply(change);
      world.replica.run();
      world.replica.read();
      assertThat(call.status).as(change.toString()).isEqualTo(EtcdError.AUTH_FAILED.status());
    }
  }

  private static String signed(JwtSettings jwt, String claims) throws Exception {
    Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
    String content =
        encoder.encodeToString(
                ("{\"alg\":\"" + jwt.method() + "\"}").getBytes(StandardCharsets.UTF_8))
            + "."
            + encoder.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
    byte[] signature = jwt.method().sign(jwt, content.getBytes(StandardCharsets.US_ASCII));
    return content + "." + encoder.encodeToString(signature);
  }

  /** Shows what another service may sign: nothing without an end, and nothing of another type. */
  @Test
  void a_token_says_who_has_it_from_when_until_when_and_nothing_else_instead() throws Exception {
    JwtSettings jwt = settings(JwtMethod.HS256);
    AuthWorld world = world(jwt);
    String user = "\"username\":\"u\",\"revision\":99";
    for (String good :
        List.of(
            "{" + user + ",\"exp\":1000001}",
            "{" + user + ",\"exp\":1.000001e6,\"nbf\":1000000,\"admin\":true,\"x\":null}")) {
      assertThat(world.put("p/a", signed(jwt, good))).as(good).isEqualTo(Status.OK);
    }
    for (String bad :
        List.of(
            "{" + user + "}",
            "{" + user + ",\"exp\":null}",
            "{" + user + ",\"exp\":\"1000001\"}",
            "{" + user + ",\"exp\":Infinity}",
            "{" + user + ",\"exp\":true}",
            "{" + user + ",\"exp\":1000000}",
            "{" + user + ",\"exp\":1000001,\"nbf\":1000001}",
            "{" + user + ",\"exp\":1000001,\"nbf\":\"0\"}",
            "{\"username\":\"u\",\"revision\":\"99\",\"exp\":1000001}",
            "{\"username\":\"u\",\"revision\":NaN,\"exp\":1000001}",
            "{\"username\":\"u\",\"revision\":-1,\"exp\":1000001}",
            "{\"username\":\"u\",\"exp\":1000001}",
            "{\"username\":\"\",\"revision\":99,\"exp\":1000001}",
            "{\"username\":u,\"revision\":99,\"exp\":1000001}",
            "{\"username\":[\"u\"],\"revision\":99,\"exp\":1000001}",
            "{\"revision\":99,\"exp\":1000001}",
            "\"u\"",
            "")) {
      assertThat(world.put("p/a", signed(jwt, bad))).as(bad).isEqualTo(BAD);
    }
  }

  /** Shows that what nobody has signed makes no member forget what it has verified. */
  @Test
  void strangers_do_not_push_out_tokens_that_are_right() throws Exception {
    JwtSettings jwt = settings(JwtMethod.HS256);
    AuthWorld world = world(jwt);
    String token = world.token("u", "u-pw");
    JwtTokens tokens = new JwtTokens(world.replica, jwt, () -> world.epochSeconds);
    assertThat(tokens.prepare(token, () -> {})).isFalse();
    for (int i = 0; i <= Limits.AUTH_TOKENS_MAX; i++) {
      tokens.prepare("a.b." + i, () -> {});
      world.replica.run();
    }
    assertThat(tokens.prepare(token, () -> {})).as("known still").isTrue();
    assertThat(tokens.holder("a.b.1")).isNull();
  }

  /** Shows that a member doesn't begin with keys by which no token of its own would be good. */
  @Test
  void keys_that_do_not_go_together_are_refused() throws Exception {
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(2_048);
    KeyPair one = rsa.generateKeyPair();
    byte[] pub = pem("PUBLIC KEY", rsa.generateKeyPair().getPublic().getEncoded());
    byte[] priv = pem("PRIVATE KEY", one.getPrivate().getEncoded());
    assertRefused("RS256", pub, priv, "don't go together");
    KeyPairGenerator ec = KeyPairGenerator.getInstance("EC");
    ec.initialize(new ECGenParameterSpec("secp384r1"));
    byte[] curve = pem("PUBLIC KEY", ec.generateKeyPair().getPublic().getEncoded());
    assertRefused("ES256", curve, null, "another curve");
    assertRefused(
        "RS256",
        AuthServiceTest.CERTIFICATE.getBytes(StandardCharsets.US_ASCII),
        null,
        "can't be read as one for RS256");
  }

  /** Shows that a member with the public key alone reads tokens and makes none. */
  @Test
  void a_member_that_only_reads_makes_no_token() throws Exception {
    JwtSettings both = settings(JwtMethod.RS256);
    JwtSettings reading =
        new JwtSettings(both.method(), null, null, both.verifying(), both.ttlSeconds());
    AuthWorld world = world(reading);
    assertThat(world.status("Auth/Authenticate", login("u-pw"), null).message())
        .isEqualTo("auth: token signing attempted with verify-only key");
    assertThat(world.put("p/a", world(both).token("u", "u-pw"))).isEqualTo(Status.OK);
  }

  /** Shows the older form of RSA keys, and that a public key is found in the private one. */
  @Test
  void an_rsa_key_may_come_in_its_older_form_and_alone() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2_048);
    byte[] newer = generator.generateKeyPair().getPrivate().getEncoded();
    byte[] older = java.util.Arrays.copyOfRange(newer, 26, newer.length);
    JwtSettings settings = JwtSettings.of("PS384", null, pem("RSA PRIVATE KEY", older), 60);
    AuthWorld world = world(settings);
    assertThat(world.put("p/a", world.token("u", "u-pw"))).isEqualTo(Status.OK);
  }

  @Test
  void keys_that_do_not_fit_are_refused_with_what_to_give() {
    assertRefused("XX", null, null, "sign-method is one of");
    assertRefused("HS256", null, null, "needs priv-key");
    assertRefused("ES256", null, null, "needs pub-key");
    assertRefused("RS256", new byte[] {1}, null, "no PEM");
    assertRefused("RS256", pem("PUBLIC KEY", new byte[] {1, 2}), null, "can't be read");
    assertRefused("ES256", null, pem("EC PRIVATE KEY", new byte[] {1}), "openssl pkcs8");
  }

  private static void assertRefused(
      String method, byte @Nullable [] pub, byte @Nullable [] priv, String says) {
    assertThatThrownBy(() -> JwtSettings.of(method, pub, priv, 60))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(says);
  }

  @Test
  void json_is_read_once_and_for_all() {
    assertThat(
            FlatJson.read(
                " { \"a\" : \"x\\u00e9\\\"\" , \"b\":-1.5e3,\"c\":[1,{\"d\":[]}],\"e\":{},\"f\":null } "))
        .containsExactly(Map.entry("a", "xé\""), Map.entry("b", -1_500.0));
    for (String bad :
        List.of(
            "",
            "{",
            "[]",
            "{}x",
            "{\"a\":1,\"a\":2}",
            "{\"a\":01}",
            "{\"a\":tru}",
            "{\"a\":\"\\u+123\"}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\u12\"}",
            "{\"a\":" + "[".repeat(100_000))) {
      assertThatThrownBy(() -> FlatJson.read(bad)).isInstanceOf(IllegalArgumentException.class);
    }
    String odd = "q\"\\\n\u0001é";
    assertThat(FlatJson.read("{\"k\":" + FlatJson.quoted(odd) + "}")).containsEntry("k", odd);
  }
}
