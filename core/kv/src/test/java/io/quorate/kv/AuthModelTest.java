package io.quorate.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random users, roles and permissions, against a model of them; and random requests of theirs,
 * against another authoriser.
 */
class AuthModelTest {
  private static final int SEEDS = 30;
  private static final int STEPS = 1_000;
  private static final String[] NAMES = {"root", "u", "v", "w"};
  private static final String[] ROLES = {"root", "a", "b", "c"};

  @Test
  void who_may_do_what_is_as_the_model_and_the_reference_say() {
    Long fixed = Long.getLong("seed");
    int allowed = 0;
    int denied = 0;
    for (long seed = fixed == null ? 1 : fixed; seed <= (fixed == null ? SEEDS : fixed); seed++) {
      Run run = new Run(seed);
      run.run();
      allowed += run.allowed;
      denied += run.denied;
    }
    assertThat(allowed).as("requests of users that were carried out").isGreaterThan(50);
    assertThat(denied).as("requests of users that were refused").isGreaterThan(50);
  }

  private static final class Run {
    private final String rerun;
    private final Random random;
    private final Requests requests;
    private final AuthModel model = new AuthModel();
    private final MemoryRows rows = new MemoryRows();
    private KvStore store = KvStore.open(rows);
    private int allowed;
    private int denied;

    Run(long seed) {
      rerun = "repeat with: mvn test -pl core/kv -Dtest=AuthModelTest -Dseed=" + seed;
      random = new Random(seed);
      requests = new Requests(seed, 20);
    }

    void run() {
      found();
      for (int i = 0; i < STEPS; i++) {
        if (random.nextInt(4) == 0) {
          change(i);
        } else {
          ask(i);
        }
        if (random.nextInt(5) == 0) {
          store.finish(rows);
          assertThat(store.recomputedStateHash()).as(rerun).isEqualTo(store.stateHash());
          if (random.nextInt(10) == 0) {
            store = KvStore.open(rows);
          }
          compare(i);
        }
      }
    }

    /** A state in which something can be asked: root, and it is on. */
    private void found() {
      for (AuthRequest request :
          List.of(
              new UserAddRequest("root", false, PasswordHash.NONE),
              new UserGrantRoleRequest("root", "root"),
              new AuthEnableRequest())) {
        assertThat(model.apply(request)).isNull();
        assertThat(store.apply(request, Principal.MEMBER, true)).isInstanceOf(KvResponse.class);
      }
    }

    private void compare(int i) {
      AuthState state = store.authorizer().state();
      String what = rerun + ", after step " + i;
      assertThat(state.enabled()).as(what).isEqualTo(model.on);
      assertThat(state.revision()).as(what).isEqualTo(model.revision);
      assertThat(state.users()).as(what).containsExactlyElementsOf(model.users());
      assertThat(state.roles()).as(what).containsExactlyElementsOf(model.roles());
    }

    private void change(int i) {
      AuthRequest request = auth();
      if (KvValidator.validate(request, 0) != null) {
        return;
      }
      KvError expected = model.apply(request);
      assertThat(errorOf(store.apply(request, Principal.MEMBER, true)))
          .as(rerun + ", step " + i + ": " + request)
          .isEqualTo(expected);
    }

    private void ask(int i) {
      KvRequest request = requests.next(store.revision());
      if (KvValidator.validate(request, Limits.TXN_OPS_DEFAULT) != null) {
        return;
      }
      Principal principal =
          switch (random.nextInt(12)) {
            case 0 -> Principal.NOBODY;
            case 1 -> Principal.MEMBER;
            case 2 -> new Principal("stranger", model.revision);
            default ->
                new Principal(
                    NAMES[random.nextInt(NAMES.length)],
                    Math.max(1, model.revision - (random.nextInt(4) == 0 ? 20 : 0)));
          };
      store.finish(rows);
      KvError expected =
          new ReferenceAuthorizer(model, store.reader(rows)).check(principal, request);
      String what = rerun + ", step " + i + ": " + principal + " " + request;
      long before = store.stateHash();
      assertThat(store.authorizer().check(principal, request)).as(what).isEqualTo(expected);
      KvError error = errorOf(store.apply(request, principal, true));
      if (expected != null) {
        assertThat(error).as(what).isEqualTo(expected);
        assertThat(store.stateHash()).as(what).isEqualTo(before);
        denied += expected == KvError.PERMISSION_DENIED ? 1 : 0;
      } else {
        assertThat(error)
            .as(what)
            .isNotIn(KvError.PERMISSION_DENIED, KvError.USER_EMPTY, KvError.AUTH_OLD_REVISION);
        allowed += model.on && !principal.name().isEmpty() ? 1 : 0;
      }
    }

    private AuthRequest auth() {
      String user = NAMES[random.nextInt(NAMES.length)];
      String role = ROLES[random.nextInt(ROLES.length)];
      return switch (random.nextInt(24)) {
        case 0 -> random.nextInt(4) == 0 ? new AuthDisableRequest() : new AuthEnableRequest();
        case 1, 2 -> new AuthEnableRequest();
        case 3 -> new AuthenticateRequest(user, random.nextInt(40), Bytes.EMPTY);
        case 4, 5, 6 -> new UserAddRequest(user, random.nextBoolean(), hash());
        case 7 -> random.nextBoolean() ? new UserDeleteRequest(user) : new RoleAddRequest(role);
        case 8 -> new UserChangePasswordRequest(user, hash());
        case 9, 10, 11, 12 -> new UserGrantRoleRequest(user, role);
        case 13 -> new UserRevokeRoleRequest(user, role);
        case 14, 15 -> new RoleAddRequest(role);
        case 16 -> random.nextInt(4) == 0 ? new RoleDeleteRequest(role) : new RoleAddRequest(role);
        case 17, 18 -> {
          RangeRequest range = requests.range(1);
          yield new RoleRevokePermissionRequest(role, range.key(), range.rangeEnd());
        }
        default -> {
          RangeRequest range = requests.range(1);
          Permission.Type[] types = Permission.Type.values();
          yield new RoleGrantPermissionRequest(
              role,
              new Permission(types[random.nextInt(types.length)], range.key(), range.rangeEnd()));
        }
      };
    }

    private PasswordHash hash() {
      return new PasswordHash(Bytes.utf8("hash " + random.nextInt(5)));
    }

    private static @Nullable KvError errorOf(KvResult result) {
      return result instanceof KvFailure failure ? failure.error() : null;
    }
  }

  /** However the requests were batched, the rows are the same. */
  @Test
  void the_rows_are_the_same_however_requests_were_batched() {
    List<AuthRequest> script = new ArrayList<>();
    Run run = new Run(5);
    while (script.size() < 500) {
      AuthRequest request = run.auth();
      if (KvValidator.validate(request, 0) == null) {
        script.add(request);
      }
    }
    List<String> single = rowsAfter(script, 1);
    assertThat(rowsAfter(script, 7)).isEqualTo(single);
    assertThat(rowsAfter(script, 500)).isEqualTo(single);
  }

  private static List<String> rowsAfter(List<AuthRequest> script, int batch) {
    MemoryRows rows = new MemoryRows();
    KvStore store = KvStore.open(rows);
    for (int i = 0; i < script.size(); i++) {
      store.apply(script.get(i), Principal.MEMBER, false);
      if (i % batch == 0) {
        store.finish(rows);
      }
    }
    store.finish(rows);
    List<String> dump = rows.dump();
    dump.add("hash " + store.stateHash());
    return dump;
  }
}
