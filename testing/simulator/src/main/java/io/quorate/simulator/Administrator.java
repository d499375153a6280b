package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.AuthDisableRequest;
import io.quorate.kv.AuthEnableRequest;
import io.quorate.kv.AuthRequest;
import io.quorate.kv.KeyRange;
import io.quorate.kv.KvResult;
import io.quorate.kv.PasswordHash;
import io.quorate.kv.Permission;
import io.quorate.kv.Principal;
import io.quorate.kv.RoleAddRequest;
import io.quorate.kv.RoleDeleteRequest;
import io.quorate.kv.RoleGrantPermissionRequest;
import io.quorate.kv.RoleRevokePermissionRequest;
import io.quorate.kv.UserAddRequest;
import io.quorate.kv.UserChangePasswordRequest;
import io.quorate.kv.UserDeleteRequest;
import io.quorate.kv.UserGrantRoleRequest;
import io.quorate.kv.UserRevokeRoleRequest;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import java.util.List;

/**
 * Gives the users of a world's first group rights and takes them away, changes passwords, and turns
 * authentication on and off, while they read and write. Now and then a user tries the same.
 */
final class Administrator {
  private static final long SECOND = 1_000_000_000L;
  private static final String ROOT = "root";
  private static final List<Bytes> KEYS =
      List.of("k", "kc", "kf", "kk", "kn", "kt", "l").stream().map(Bytes::utf8).toList();

  private final World world;
  private final Plan plan;
  private final Group group;
  private final Chance chance;
  private int passwords;
  private int asked;

  Administrator(World world, Plan plan, Group group) {
    this.world = world;
    this.plan = plan;
    this.group = group;
    this.chance = Chance.of(plan.seed(), "administrator");
  }

  void start() {
    if (plan.users() > 0) {
      act();
    }
  }

  private void act() {
    Timeline timeline = world.timeline();
    boolean begins = asked++ < 12 * plan.users();
    timeline.at(
        timeline.now() + 1 + chance.exponential(begins ? SECOND / 20 : SECOND / 2),
        null,
        this::act);
    Host host = world.host(chance.oneOf(world.asked()));
    if (!host.isUp()) {
      return;
    }
    AuthRequest request = request();
    Principal by = chance.oneIn(10) ? new Principal(user(), Long.MAX_VALUE) : Principal.MEMBER;
    timeline.at(
        timeline.now(),
        host.life(),
        () -> {
          Replica replica = host.replica(group.number());
          if (replica != null) {
            replica.write(request, by, new Unheard());
          }
        });
  }

  private AuthRequest request() {
    return switch (chance.below(20)) {
      case 0 -> new UserAddRequest(ROOT, false, password());
      case 1 -> new UserGrantRoleRequest(ROOT, ROOT);
      case 2, 3 -> new UserAddRequest(user(), false, password());
      case 4, 5 -> new RoleAddRequest(role());
      case 6, 7, 8 -> new UserGrantRoleRequest(user(), role());
      case 9, 10, 11, 12 ->
          new RoleGrantPermissionRequest(
              role(),
              new Permission(
                  chance.oneOf(List.of(Permission.Type.values())), chance.oneOf(KEYS), end()));
      case 13 -> new RoleRevokePermissionRequest(role(), chance.oneOf(KEYS), end());
      case 14 -> new UserRevokeRoleRequest(user(), role());
      case 15 -> new UserChangePasswordRequest(user(), password());
      case 16 -> chance.oneIn(2) ? new UserDeleteRequest(user()) : new RoleDeleteRequest(role());
      case 17 -> chance.oneIn(3) ? new AuthDisableRequest() : new AuthEnableRequest();
      default -> new AuthEnableRequest();
    };
  }

  private String user() {
    return "u" + chance.between(1, plan.users());
  }

  private String role() {
    return "r" + chance.below(3);
  }

  private Bytes end() {
    return switch (chance.below(4)) {
      case 0 -> Bytes.EMPTY;
      case 1 -> KeyRange.UNBOUNDED;
      default -> chance.oneOf(KEYS);
    };
  }

  private PasswordHash password() {
    return new PasswordHash(Bytes.utf8("hash " + ++passwords));
  }

  /** What became of it shows in what users may do. */
  private final class Unheard implements Reply<KvResult> {
    @Override
    public void done(KvResult result) {}

    @Override
    public void refused(Refusal why) {
      world.coverage().refused(why);
    }
  }
}
