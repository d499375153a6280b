package io.quorate.node;

import static io.quorate.node.WorldCalls.leader;
import static io.quorate.node.WorldCalls.restart;
import static io.quorate.node.WorldCalls.warm;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.kv.AuthDisableRequest;
import io.quorate.kv.AuthEnableRequest;
import io.quorate.kv.AuthenticateRequest;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResponse;
import io.quorate.kv.KvResult;
import io.quorate.kv.PasswordHash;
import io.quorate.kv.Permission;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RoleAddRequest;
import io.quorate.kv.RoleGrantPermissionRequest;
import io.quorate.kv.User;
import io.quorate.kv.UserAddRequest;
import io.quorate.kv.UserGrantRoleRequest;
import io.quorate.kv.UserRevokeRoleRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Whole members: who may do what is decided by the log, and tokens are known everywhere. */
class NodeAuthTest {
  private static final long SECOND = 1_000_000_000L;
  private static final PasswordHash HASH = new PasswordHash(Bytes.utf8("hash"));
  private static final KvRequest PUT = PutRequest.of(Bytes.utf8("p"), Bytes.utf8("1"));

  private static KvResult write(World world, long member, Principal principal, KvRequest request) {
    KvResult[] told = new KvResult[1];
    world
        .place(member)
        .replica()
        .write(
            request,
            principal,
            new Reply<KvResult>() {
              @Override
              public void done(KvResult result) {
                told[0] = result;
              }

              @Override
              public void refused(Refusal why) {
                throw new AssertionError(request + " was refused: " + why);
              }
            });
    world.runUntil("the answer to " + request, 5 * SECOND, () -> told[0] != null);
    return Objects.requireNonNull(told[0]);
  }

  private static void turnOn(World world) {
    for (KvRequest request :
        List.of(
            new UserAddRequest("root", false, HASH),
            new UserGrantRoleRequest("root", "root"),
            new UserAddRequest("u", false, HASH),
            new RoleAddRequest("r"),
            new RoleGrantPermissionRequest(
                "r", new Permission(Permission.Type.WRITE, Bytes.utf8("p"), Bytes.EMPTY)),
            new UserGrantRoleRequest("u", "r"),
            new AuthEnableRequest())) {
      assertThat(write(world, 1, Principal.NOBODY, request)).isInstanceOf(KvResponse.class);
    }
  }

  /** Shows it through the leader, whose own request isn't decoded again, and through a follower. */
  @Test
  void what_is_forwarded_is_carried_out_for_whom_it_was_asked() {
    World world = new World(71);
    warm(world, 3);
    turnOn(world);
    for (long member = 1; member <= 3; member++) {
      Principal user = new Principal("u", 7);
      assertThat(write(world, member, user, PUT)).isInstanceOf(KvResponse.class);
      assertThat(write(world, member, Principal.NOBODY, PUT))
          .isEqualTo(new KvFailure(KvError.USER_EMPTY));
      KvRequest elsewhere = PutRequest.of(Bytes.utf8("q"), Bytes.utf8("1"));
      assertThat(write(world, member, user, elsewhere))
          .isEqualTo(new KvFailure(KvError.PERMISSION_DENIED));
      assertThat(write(world, member, Principal.MEMBER, elsewhere)).isInstanceOf(KvResponse.class);
    }
    write(world, leader(world), Principal.MEMBER, new UserRevokeRoleRequest("u", "r"));
    assertThat(write(world, 2, new Principal("u", 7), PUT))
        .isEqualTo(new KvFailure(KvError.PERMISSION_DENIED));
  }

  @Test
  void a_token_becomes_known_at_every_member_once() {
    World world = new World(72);
    warm(world, 3);
    turnOn(world);
    TreeMap<Long, List<AuthenticateResponse>> heard = new TreeMap<>();
    for (long member = 1; member <= 3; member++) {
      List<AuthenticateResponse> own = new ArrayList<>();
      heard.put(member, own);
      world.place(member).replica().observeTokens(own::add);
    }
    User user = Objects.requireNonNull(world.place(2).replica().authorizer().state().user("u"));
    KvResult result =
        write(
            world,
            2,
            Principal.MEMBER,
            new AuthenticateRequest("u", user.since(), Bytes.utf8("digest")));
    world.run(SECOND);
    assertThat(heard.values())
        .allSatisfy(own -> {
          assertThat(own).hasSize(1);
          assertThat(own.getFirst()).isEqualTo(result);
        });
  }

  /** Shows that users, roles and that they matter outlive a member's state being lost. */
  @Test
  void users_are_there_after_a_restart_and_in_a_snapshot() {
    World world = new World(73);
    warm(world, 3);
    turnOn(world);
    world.run(SECOND);
    world.place(3).kill();
    for (int i = 0; i < 400; i++) {
      write(world, 1, new Principal("u", 7), PUT);
    }
    restart(world, 3);
    world.runUntil(
        "the state",
        20 * SECOND,
        () ->
            world.place(3).replica().hasState()
                && world.place(3).replica().status().appliedIndex()
                    == world.place(leader(world)).replica().status().appliedIndex());
    assertThat(world.place(3).replica().authorizer().state().users()).hasSize(2);
    assertThat(write(world, 3, Principal.NOBODY, PUT)).isEqualTo(new KvFailure(KvError.USER_EMPTY));
    assertThat(write(world, 3, new Principal("root", 7), new AuthDisableRequest()))
        .isInstanceOf(KvResponse.class);
    assertThat(write(world, 3, Principal.NOBODY, PUT)).isInstanceOf(KvResponse.class);
  }
}
