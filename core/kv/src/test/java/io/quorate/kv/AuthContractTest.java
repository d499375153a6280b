package io.quorate.kv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Shows the rules of users, roles and authentication, one by one. */
class AuthContractTest {
  private static final PasswordHash HASH = new PasswordHash(b("$2a$10$hash"));
  private static final Bytes OPEN = Bytes.wrap(new byte[1]);

  private final MemoryRows rows = new MemoryRows();
  private KvStore store = KvStore.open(rows);

  private static Bytes b(String text) {
    return Bytes.utf8(text);
  }

  private AuthState state() {
    return store.authorizer().state();
  }

  private KvResult as(Principal principal, KvRequest request) {
    KvError invalid = KvValidator.validate(request, Limits.TXN_OPS_DEFAULT);
    if (invalid != null) {
      return new KvFailure(invalid);
    }
    List<String> before = rows.dump();
    KvResult result = store.apply(request, principal, true);
    store.finish(rows);
    if (result instanceof KvFailure) {
      assertThat(rows.dump()).as("a refused request changes nothing").isEqualTo(before);
    }
    assertThat(store.recomputedStateHash()).isEqualTo(store.stateHash());
    return result;
  }

  private void ok(AuthRequest request) {
    assertThat(as(Principal.MEMBER, request)).isInstanceOf(KvResponse.class);
  }

  private void refused(AuthRequest request, KvError error) {
    assertThat(as(Principal.MEMBER, request)).isEqualTo(new KvFailure(error));
  }

  private Principal now(String user) {
    return new Principal(user, state().revision());
  }

  private static Permission permission(Permission.Type type, String key, String rangeEnd) {
    return new Permission(type, b(key), b(rangeEnd));
  }

  /**
   * Root with its role, a user {@code u} with the role {@code r} over [p/, p0), and all of it on.
   */
  private void turnOn() {
    ok(new UserAddRequest("root", false, HASH));
    ok(new UserGrantRoleRequest("root", "root"));
    ok(new UserAddRequest("u", false, HASH));
    ok(new RoleAddRequest("r"));
    ok(new UserGrantRoleRequest("u", "r"));
    ok(new RoleGrantPermissionRequest("r", permission(Permission.Type.READ_WRITE, "p/", "p0")));
    ok(new AuthEnableRequest());
  }

  @Test
  void a_new_store_has_nobody_and_lets_everybody() {
    assertThat(state().enabled()).isFalse();
    assertThat(state().revision()).isEqualTo(1);
    assertThat(state().users()).isEmpty();
    assertThat(state().roles()).isEmpty();
    assertThat(as(Principal.NOBODY, PutRequest.of(b("a"), b("1")))).isInstanceOf(PutResponse.class);
  }

  @Test
  void turning_on_needs_root_with_its_role_and_is_no_change_of_the_revision() {
    refused(new AuthEnableRequest(), KvError.ROOT_USER_MISSING);
    ok(new UserAddRequest("root", false, HASH));
    refused(new AuthEnableRequest(), KvError.ROOT_ROLE_MISSING);
    // The role root can be granted though nobody has made it.
    ok(new UserGrantRoleRequest("root", "root"));
    long revision = state().revision();
    ok(new AuthEnableRequest());
    ok(new AuthEnableRequest());
    assertThat(state().enabled()).isTrue();
    assertThat(state().revision()).isEqualTo(revision);
    ok(new AuthDisableRequest());
    assertThat(state().revision()).isEqualTo(revision + 1);
    ok(new AuthDisableRequest());
    assertThat(state().revision()).isEqualTo(revision + 1);
  }

  @Test
  void users_are_made_once_and_found_or_not() {
    refused(new UserAddRequest("", false, HASH), KvError.USER_EMPTY);
    refused(new UserAddRequest("n".repeat(1_025), false, HASH), KvError.INVALID_AUTH_MANAGEMENT);
    ok(new UserAddRequest("u", false, HASH));
    refused(new UserAddRequest("u", true, PasswordHash.NONE), KvError.USER_EXISTS);
    refused(new UserDeleteRequest("x"), KvError.USER_NOT_FOUND);
    refused(new UserChangePasswordRequest("x", HASH), KvError.USER_NOT_FOUND);
    refused(new UserGrantRoleRequest("x", "root"), KvError.USER_NOT_FOUND);
    refused(new UserRevokeRoleRequest("x", "root"), KvError.USER_NOT_FOUND);
    ok(new UserDeleteRequest("u"));
    assertThat(state().user("u")).isNull();
  }

  @Test
  void roles_are_granted_in_order_and_taken_from_who_has_them() {
    refused(new RoleAddRequest(""), KvError.ROLE_EMPTY);
    ok(new UserAddRequest("u", false, HASH));
    refused(new UserGrantRoleRequest("u", "b"), KvError.ROLE_NOT_FOUND);
    ok(new RoleAddRequest("b"));
    refused(new RoleAddRequest("b"), KvError.ROLE_EXISTS);
    ok(new RoleAddRequest("a"));
    ok(new UserGrantRoleRequest("u", "b"));
    ok(new UserGrantRoleRequest("u", "a"));
    long revision = state().revision();
    ok(new UserGrantRoleRequest("u", "a"));
    assertThat(state().revision()).as("granted twice is no change").isEqualTo(revision);
    assertThat(roles("u")).containsExactly("a", "b");
    refused(new UserRevokeRoleRequest("u", "c"), KvError.ROLE_NOT_GRANTED);
    ok(new UserRevokeRoleRequest("u", "a"));
    assertThat(roles("u")).containsExactly("b");
    refused(new RoleDeleteRequest("c"), KvError.ROLE_NOT_FOUND);
    ok(new RoleDeleteRequest("b"));
    assertThat(roles("u")).as("a role goes from its users with it").isEmpty();
  }

  private List<String> roles(String user) {
    User found = state().user(user);
    return found == null ? List.of("no such user") : found.roles();
  }

  @Test
  void permissions_are_kept_in_order_and_replaced_by_range() {
    refused(
        new RoleGrantPermissionRequest("r", permission(Permission.Type.READ, "a", "")),
        KvError.ROLE_NOT_FOUND);
    ok(new RoleAddRequest("r"));
    for (String[] bad : new String[][] {{"", ""}, {"", "b"}, {"b", "a"}, {"b", "b"}}) {
      refused(
          new RoleGrantPermissionRequest("r", permission(Permission.Type.READ, bad[0], bad[1])),
          KvError.INVALID_AUTH_MANAGEMENT);
    }
    ok(new RoleGrantPermissionRequest("r", permission(Permission.Type.READ, "b", "c")));
    ok(new RoleGrantPermissionRequest("r", new Permission(Permission.Type.WRITE, b("b"), OPEN)));
    ok(new RoleGrantPermissionRequest("r", permission(Permission.Type.READ, "a", "")));
    ok(new RoleGrantPermissionRequest("r", permission(Permission.Type.WRITE, "b", "c")));
    Role role = state().role("r");
    assertThat(role).isNotNull();
    assertThat(role == null ? List.of() : role.permissions())
        .containsExactly(
            permission(Permission.Type.READ, "a", ""),
            new Permission(Permission.Type.WRITE, b("b"), OPEN),
            permission(Permission.Type.WRITE, "b", "c"));
    refused(new RoleRevokePermissionRequest("r", b("a"), b("b")), KvError.PERMISSION_NOT_GRANTED);
    refused(new RoleRevokePermissionRequest("x", b("a"), b("b")), KvError.ROLE_NOT_FOUND);
    ok(new RoleRevokePermissionRequest("r", b("b"), OPEN));
  }

  @Test
  void what_is_needed_while_it_is_on_cannot_be_taken_away() {
    turnOn();
    ok(new RoleAddRequest("root"));
    refused(new UserDeleteRequest("root"), KvError.INVALID_AUTH_MANAGEMENT);
    refused(new UserRevokeRoleRequest("root", "root"), KvError.INVALID_AUTH_MANAGEMENT);
    refused(new RoleDeleteRequest("root"), KvError.INVALID_AUTH_MANAGEMENT);
    ok(new AuthDisableRequest());
    ok(new RoleDeleteRequest("root"));
    ok(new UserDeleteRequest("root"));
  }

  @Test
  void who_is_not_recognised_may_do_nothing() {
    turnOn();
    KvRequest put = PutRequest.of(b("p/a"), b("1"));
    assertThat(as(Principal.NOBODY, put)).isEqualTo(new KvFailure(KvError.USER_EMPTY));
    assertThat(as(now("stranger"), put)).isEqualTo(new KvFailure(KvError.PERMISSION_DENIED));
    assertThat(as(now("u"), put)).isInstanceOf(PutResponse.class);
    assertThat(as(now("root"), PutRequest.of(b("q"), b("1")))).isInstanceOf(PutResponse.class);
    assertThat(as(Principal.MEMBER, new CompactRequest(2, false)))
        .isInstanceOf(CompactResponse.class);
    assertThat(as(Principal.NOBODY, new LeaseExpireRequest(1, List.of(5L))))
        .as("what a leader decides comes from no caller")
        .isInstanceOf(LeaseChangeResponse.class);
  }

  /** Shows that the log decides: a role taken away is gone for all that comes after. */
  @Test
  void a_change_counts_for_what_comes_after_it_whoever_was_recognised_before() {
    turnOn();
    Principal user = now("u");
    KvRequest put = PutRequest.of(b("p/a"), b("1"));
    ok(new UserRevokeRoleRequest("u", "r"));
    assertThat(as(user, put)).isEqualTo(new KvFailure(KvError.PERMISSION_DENIED));
    ok(new UserGrantRoleRequest("u", "r"));
    assertThat(as(user, put)).isInstanceOf(PutResponse.class);
    ok(new RoleRevokePermissionRequest("r", b("p/"), b("p0")));
    assertThat(as(user, put)).isEqualTo(new KvFailure(KvError.PERMISSION_DENIED));
  }

  @Test
  void another_password_ends_what_was_recognised_by_the_one_before() {
    turnOn();
    Principal user = now("u");
    KvRequest put = PutRequest.of(b("p/a"), b("1"));
    ok(new UserChangePasswordRequest("u", HASH));
    assertThat(as(user, put)).isEqualTo(new KvFailure(KvError.AUTH_OLD_REVISION));
    assertThat(as(now("u"), put)).isInstanceOf(PutResponse.class);
    Principal again = now("u");
    ok(new UserDeleteRequest("u"));
    assertThat(as(again, put)).isEqualTo(new KvFailure(KvError.PERMISSION_DENIED));
    ok(new UserAddRequest("u", false, HASH));
    ok(new UserGrantRoleRequest("u", "r"));
    assertThat(as(again, put))
        .as("another user of that name")
        .isEqualTo(new KvFailure(KvError.AUTH_OLD_REVISION));
    Principal third = now("u");
    ok(new AuthDisableRequest());
    ok(new AuthEnableRequest());
    assertThat(as(third, put)).isEqualTo(new KvFailure(KvError.AUTH_OLD_REVISION));
  }

  @Test
  void a_user_without_password_gets_none() {
    ok(new UserAddRequest("c", true, PasswordHash.NONE));
    ok(new UserChangePasswordRequest("c", HASH));
    User user = state().user("c");
    assertThat(user).isNotNull();
    assertThat(user == null ? HASH : user.password()).isEqualTo(PasswordHash.NONE);
  }

  @Test
  void a_token_is_made_known_for_the_password_that_was_checked() {
    refused(new AuthenticateRequest("root", 2, b("d")), KvError.AUTH_NOT_ENABLED);
    turnOn();
    User user = state().user("u");
    long since = user == null ? -1 : user.since();
    KvResult known = as(Principal.MEMBER, new AuthenticateRequest("u", since, b("digest")));
    assertThat(known).isEqualTo(new AuthenticateResponse(1, now("u"), b("digest")));
    refused(new AuthenticateRequest("x", since, b("d")), KvError.AUTH_FAILED);
    ok(new UserChangePasswordRequest("u", HASH));
    refused(new AuthenticateRequest("u", since, b("d")), KvError.AUTH_FAILED);
    assertThat(as(now("u"), new AuthenticateRequest("u", since, b("d"))))
        .isEqualTo(new KvFailure(KvError.PERMISSION_DENIED));
  }

  /** Shows each thing that a write needs beside the key itself: lease, version before, branches. */
  @Test
  void a_write_needs_all_that_it_reads_attaches_and_might_do() {
    turnOn();
    ok(new RoleAddRequest("w"));
    ok(new RoleGrantPermissionRequest("w", permission(Permission.Type.WRITE, "w", "")));
    ok(new UserGrantRoleRequest("u", "w"));
    assertThat(as(Principal.MEMBER, new LeaseGrantRequest(5, 60)))
        .isInstanceOf(LeaseGrantResponse.class);
    assertThat(as(Principal.MEMBER, new PutRequest(b("z"), b("1"), 5, false, false, false)))
        .isInstanceOf(PutResponse.class);
    PutRequest plain = PutRequest.of(b("w"), b("1"));
    assertAllowed(plain);
    assertAllowed(new PutRequest(b("w"), Bytes.EMPTY, 0, false, true, false));
    assertDenied(new PutRequest(b("w"), b("1"), 0, true, false, false));
    assertDenied(new PutRequest(b("w"), b("1"), 5, false, false, false));
    assertDenied(new DeleteRangeRequest(b("w"), Bytes.EMPTY, true));
    assertAllowed(new DeleteRangeRequest(b("w"), Bytes.EMPTY, false));
    assertDenied(new LeaseRevokeRequest(5));
    assertDenied(new CompactRequest(1, false));
    assertDenied(new UserAddRequest("me", false, HASH));
    assertDenied(new UserChangePasswordRequest("u", HASH));
    TxnRequest allowed = new TxnRequest(List.of(), List.of(plain), List.of());
    assertAllowed(allowed);
    KvOp hidden = PutRequest.of(b("z"), b("2"));
    KvOp prev = new PutRequest(b("w"), b("1"), 0, true, false, false);
    KvOp leased = new PutRequest(b("w"), b("1"), 5, false, false, false);
    Compare other = Compare.value(b("z"), Compare.Result.EQUAL, b("2"));
    for (KvOp bad : List.of(hidden, prev, leased, RangeRequest.one(b("z")))) {
      for (int depth = 1; depth < 5; depth++) {
        KvOp success = bad;
        KvOp failure = bad;
        for (int i = 0; i < depth; i++) {
          success = new TxnRequest(List.of(), List.of(success), List.of());
          failure = new TxnRequest(List.of(), List.of(), List.of(failure));
        }
        assertDenied(success);
        assertDenied(failure);
      }
    }
    assertDenied(new TxnRequest(List.of(other), List.of(plain), List.of()));
    assertDenied(
        new TxnRequest(
            List.of(),
            List.of(new TxnRequest(List.of(other), List.of(plain), List.of())),
            List.of()));
  }

  private void assertAllowed(KvRequest request) {
    assertThat(as(now("u"), request)).as(request.toString()).isInstanceOf(KvResponse.class);
  }

  private void assertDenied(KvRequest request) {
    assertThat(as(now("u"), request))
        .as(request.toString())
        .isEqualTo(new KvFailure(KvError.PERMISSION_DENIED));
  }

  /** Shows that a grant of one key lets nobody watch from it on, and that halves make a whole. */
  @Test
  void a_range_is_allowed_as_a_whole_by_all_roles_together() {
    turnOn();
    ok(new RoleAddRequest("one"));
    ok(new RoleGrantPermissionRequest("one", permission(Permission.Type.READ, "k", "")));
    ok(new UserGrantRoleRequest("u", "one"));
    assertThat(mayWatch("k", "")).isNull();
    assertThat(store.authorizer().mayWatch(now("u"), b("k"), OPEN))
        .isEqualTo(KvError.PERMISSION_DENIED);
    assertThat(mayWatch("k", "k\0")).isNull();
    assertThat(mayWatch("k", "l")).isEqualTo(KvError.PERMISSION_DENIED);
    assertThat(mayWatch("", "")).isEqualTo(KvError.PERMISSION_DENIED);
    assertThat(mayWatch("l", "a")).as("an empty range").isEqualTo(KvError.PERMISSION_DENIED);
    ok(new RoleGrantPermissionRequest("r", permission(Permission.Type.READ, "k\0", "l")));
    assertThat(mayWatch("k", "l")).as("two roles that adjoin").isNull();
    ok(new RoleGrantPermissionRequest("r", new Permission(Permission.Type.READ_WRITE, OPEN, OPEN)));
    assertThat(mayWatch("", "")).isNull();
    assertThat(store.authorizer().mayWatch(now("u"), Bytes.EMPTY, OPEN)).isNull();
  }

  private @Nullable KvError mayWatch(String key, String rangeEnd) {
    return store.authorizer().mayWatch(now("u"), b(key), b(rangeEnd));
  }

  /** Shows that what an administrator can make is bounded: every member holds it in memory. */
  @Test
  void users_roles_and_permissions_have_bounds() {
    for (int i = 0; i < Limits.AUTH_USERS_MAX; i++) {
      fill(new UserAddRequest("u" + i, false, HASH));
    }
    refused(new UserAddRequest("one more", false, HASH), KvError.AUTH_FULL);
    for (int i = 0; i < Limits.AUTH_ROLES_MAX; i++) {
      fill(new RoleAddRequest("r" + i));
    }
    refused(new RoleAddRequest("one more"), KvError.AUTH_FULL);
    for (int i = 0; i < Limits.AUTH_USER_ROLES_MAX; i++) {
      fill(new UserGrantRoleRequest("u1", "r" + i));
    }
    refused(new UserGrantRoleRequest("u1", "r2000"), KvError.AUTH_FULL);
    ok(new UserGrantRoleRequest("u1", "r1"));
    for (int i = 0; i < Limits.AUTH_ROLE_PERMISSIONS_MAX; i++) {
      fill(new RoleGrantPermissionRequest("r1", permission(Permission.Type.READ, "k" + i, "")));
    }
    refused(
        new RoleGrantPermissionRequest("r1", permission(Permission.Type.READ, "k", "")),
        KvError.AUTH_FULL);
    ok(new RoleGrantPermissionRequest("r1", permission(Permission.Type.WRITE, "k1", "")));
  }

  /** As {@link #ok}, and looks at nothing else. */
  private void fill(AuthRequest request) {
    assertThat(store.apply(request, Principal.MEMBER, true)).isInstanceOf(KvResponse.class);
    store.finish(rows);
  }

  /** Shows that the row of a role stays one that can be written, however long its keys are. */
  @Test
  void all_ranges_of_a_role_together_have_a_bound() {
    ok(new RoleAddRequest("r"));
    String half = "k".repeat(Limits.AUTH_ROLE_BYTES_MAX / 2);
    ok(new RoleGrantPermissionRequest("r", permission(Permission.Type.READ, half, "")));
    ok(
        new RoleGrantPermissionRequest(
            "r", permission(Permission.Type.READ, "k", half.substring(1))));
    refused(
        new RoleGrantPermissionRequest("r", permission(Permission.Type.READ, "l", "")),
        KvError.AUTH_FULL);
    ok(new RoleGrantPermissionRequest("r", permission(Permission.Type.WRITE, half, "")));
    ok(new RoleRevokePermissionRequest("r", b(half), b("")));
    ok(new RoleGrantPermissionRequest("r", permission(Permission.Type.READ, "l", "")));
  }

  @Test
  void users_see_themselves_and_their_roles_and_no_others() {
    turnOn();
    Authorizer authorizer = store.authorizer();
    assertThat(authorizer.maySeeUser(now("u"), "u")).isNull();
    assertThat(authorizer.maySeeUser(now("u"), "root")).isEqualTo(KvError.PERMISSION_DENIED);
    assertThat(authorizer.maySeeUser(now("x"), "x")).isEqualTo(KvError.PERMISSION_DENIED);
    assertThat(authorizer.maySeeUser(Principal.NOBODY, "")).isEqualTo(KvError.USER_EMPTY);
    assertThat(authorizer.maySeeRole(now("u"), "r")).isNull();
    assertThat(authorizer.maySeeRole(now("u"), "root")).isEqualTo(KvError.PERMISSION_DENIED);
    assertThat(authorizer.maySeeRole(now("root"), "any")).isNull();
    assertThat(authorizer.mayRead(now("u"), List.of(b("p/1"), b("p/2")))).isNull();
    assertThat(authorizer.mayRead(now("u"), List.of(b("p/1"), b("q"))))
        .isEqualTo(KvError.PERMISSION_DENIED);
  }

  @Test
  void everything_is_there_again_after_opening() {
    turnOn();
    ok(new UserAddRequest("naïve ☃", true, PasswordHash.NONE));
    List<User> users = new ArrayList<>(state().users());
    List<Role> roles = new ArrayList<>(state().roles());
    long revision = state().revision();
    long hash = store.stateHash();
    store = KvStore.open(rows);
    assertThat(state().enabled()).isTrue();
    assertThat(state().revision()).isEqualTo(revision);
    assertThat(state().users()).containsExactlyElementsOf(users);
    assertThat(state().roles()).containsExactlyElementsOf(roles);
    assertThat(store.stateHash()).isEqualTo(hash);
    assertThat(as(Principal.NOBODY, PutRequest.of(b("p/a"), b("1"))))
        .isEqualTo(new KvFailure(KvError.USER_EMPTY));
  }

  @Test
  void rows_are_these_bytes() {
    ok(new UserAddRequest("root", false, new PasswordHash(b("$2a"))));
    ok(new UserGrantRoleRequest("root", "root"));
    ok(new RoleAddRequest("r"));
    ok(new RoleGrantPermissionRequest("r", permission(Permission.Type.READ_WRITE, "a", "b")));
    ok(new UserAddRequest("c", true, PasswordHash.NONE));
    ok(new AuthEnableRequest());
    assertThat(rows.dump())
        .contains(
            "41 = 0201" + "0000000000000006" + "0000000000000000",
            "5072 = 02" + "01" + "02" + "0161" + "0162",
            "5563 = 0201" + "0000000000000006" + "00" + "00",
            "55726f6f74 = 0200" + "0000000000000002" + "03243261" + "01" + "04726f6f74");
  }

  @Test
  void damaged_rows_are_named() {
    turnOn();
    for (byte[] row : List.of(new byte[] {'A'}, AuthRows.userRow("u"), AuthRows.roleRow("r"))) {
      byte[] whole = java.util.Objects.requireNonNull(rows.get(row));
      List<byte[]> bad = new ArrayList<>();
      for (int length = 0; length < whole.length; length++) {
        bad.add(java.util.Arrays.copyOf(whole, length));
      }
      bad.add(java.util.Arrays.copyOf(whole, whole.length + 1));
      byte[] newer = whole.clone();
      newer[0] = 9;
      bad.add(newer);
      for (byte[] value : bad) {
        MemoryRows damaged = rows.view();
        damaged.put(row, value);
        assertThatThrownBy(() -> KvStore.open(damaged))
            .isInstanceOf(QuorateException.Corrupt.class)
            .hasMessageContaining("the group must stop");
      }
    }
  }

  @Test
  void secrets_have_no_text() {
    assertThat(new UserAddRequest("u", false, HASH).toString()).doesNotContain("$2a");
    assertThat(new User("u", false, HASH, List.of(), 1).toString()).doesNotContain("$2a");
  }
}
