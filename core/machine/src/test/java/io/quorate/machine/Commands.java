package io.quorate.machine;

import io.quorate.base.Bytes;
import io.quorate.kv.AlarmClearRequest;
import io.quorate.kv.AlarmKind;
import io.quorate.kv.AlarmRaiseRequest;
import io.quorate.kv.AlarmRequest;
import io.quorate.kv.AuthDisableRequest;
import io.quorate.kv.AuthEnableRequest;
import io.quorate.kv.AuthRequest;
import io.quorate.kv.AuthenticateRequest;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.LeaseCheckpointRequest;
import io.quorate.kv.LeaseExpireRequest;
import io.quorate.kv.LeaseGrantRequest;
import io.quorate.kv.LeaseRequest;
import io.quorate.kv.LeaseRevokeRequest;
import io.quorate.kv.PasswordHash;
import io.quorate.kv.Permission;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RoleAddRequest;
import io.quorate.kv.RoleDeleteRequest;
import io.quorate.kv.RoleGrantPermissionRequest;
import io.quorate.kv.RoleRevokePermissionRequest;
import io.quorate.kv.SortOrder;
import io.quorate.kv.SortTarget;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.UserAddRequest;
import io.quorate.kv.UserChangePasswordRequest;
import io.quorate.kv.UserDeleteRequest;
import io.quorate.kv.UserGrantRoleRequest;
import io.quorate.kv.UserRevokeRoleRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random commands with every field in use, from a seed. */
final class Commands {
  private final Random random;

  Commands(long seed) {
    random = new Random(seed);
  }

  Command next() {
    return new Command(
        new ProposalId(random.nextLong(), number(), number()), principal(), request());
  }

  private Principal principal() {
    return switch (random.nextInt(4)) {
      case 0 -> new Principal(name(), random.nextInt(1_000));
      case 1 -> Principal.MEMBER;
      default -> Principal.NOBODY;
    };
  }

  KvRequest request() {
    return switch (random.nextInt(10)) {
      case 3 -> auth();
      case 0 -> new CompactRequest(number(), random.nextBoolean());
      case 1 -> lease();
      case 2 -> alarm();
      default -> op(0);
    };
  }

  private AlarmRequest alarm() {
    AlarmKind kind = random.nextBoolean() ? AlarmKind.NO_SPACE : AlarmKind.CORRUPT;
    return random.nextBoolean()
        ? new AlarmRaiseRequest(number(), kind, random.nextBoolean())
        : new AlarmClearRequest(number(), kind, random.nextBoolean());
  }

  private LeaseRequest lease() {
    return switch (random.nextInt(4)) {
      case 0 -> new LeaseGrantRequest(number() | 1, 1 + random.nextInt(1_000_000));
      case 1 -> new LeaseRevokeRequest(number());
      case 2 ->
          new LeaseExpireRequest(
              random.nextInt(100), random.longs(random.nextInt(4)).boxed().toList());
      default ->
          new LeaseCheckpointRequest(
              random.nextInt(100),
              random
                  .longs(random.nextInt(4))
                  .mapToObj(id -> new LeaseCheckpointRequest.Remaining(id, random.nextInt(900)))
                  .toList());
    };
  }

  private String name() {
    return "né".repeat(1 + random.nextInt(2)) + random.nextInt(4);
  }

  private AuthRequest auth() {
    return switch (random.nextInt(12)) {
      case 0 -> new AuthEnableRequest();
      case 1 -> new AuthDisableRequest();
      case 2 -> new AuthenticateRequest(name(), random.nextInt(100), bytes(40));
      case 3 -> new UserAddRequest(name(), random.nextBoolean(), new PasswordHash(bytes(60)));
      case 4 -> new UserDeleteRequest(name());
      case 5 -> new UserChangePasswordRequest(name(), new PasswordHash(bytes(60)));
      case 6 -> new UserGrantRoleRequest(name(), name());
      case 7 -> new UserRevokeRoleRequest(name(), name());
      case 8 -> new RoleAddRequest(name());
      case 9 -> new RoleDeleteRequest(name());
      case 10 -> {
        Permission.Type[] types = Permission.Type.values();
        yield new RoleGrantPermissionRequest(
            name(), new Permission(types[random.nextInt(3)], bytes(20), bytes(20)));
      }
      default -> new RoleRevokePermissionRequest(name(), bytes(20), bytes(20));
    };
  }

  /** Small, large, zero and negative ones. */
  private long number() {
    return switch (random.nextInt(4)) {
      case 0 -> 0;
      case 1 -> random.nextInt(100);
      case 2 -> random.nextLong();
      default -> -random.nextInt(100);
    };
  }

  Bytes bytes(int most) {
    byte[] bytes = new byte[random.nextInt(most)];
    random.nextBytes(bytes);
    return Bytes.wrap(bytes);
  }

  private KvOp op(int depth) {
    return switch (random.nextInt(depth < 4 ? 4 : 3)) {
      case 0 ->
          new PutRequest(
              bytes(20),
              bytes(300),
              number(),
              random.nextBoolean(),
              random.nextBoolean(),
              random.nextBoolean());
      case 1 -> new DeleteRangeRequest(bytes(20), bytes(20), random.nextBoolean());
      case 2 -> range();
      default -> txn(depth + 1);
    };
  }

  private RangeRequest range() {
    SortOrder[] orders = {SortOrder.NONE, SortOrder.ASCEND, SortOrder.DESCEND};
    SortTarget[] targets = {
      SortTarget.KEY, SortTarget.VERSION, SortTarget.CREATE, SortTarget.MOD, SortTarget.VALUE
    };
    boolean filtered = random.nextBoolean();
    return new RangeRequest(
        bytes(20),
        bytes(20),
        number(),
        number(),
        orders[random.nextInt(orders.length)],
        targets[random.nextInt(targets.length)],
        random.nextBoolean(),
        random.nextBoolean(),
        filtered ? number() : 0,
        filtered ? number() : 0,
        filtered ? number() : 0,
        filtered ? number() : 0);
  }

  private TxnRequest txn(int depth) {
    List<Compare> compares = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      Compare.Target[] targets = Compare.Target.values();
      Compare.Result[] results = Compare.Result.values();
      Compare.Target target = targets[random.nextInt(targets.length)];
      compares.add(
          new Compare(
              bytes(20),
              bytes(20),
              target,
              results[random.nextInt(results.length)],
              number(),
              target == Compare.Target.VALUE ? bytes(40) : Bytes.EMPTY));
    }
    return new TxnRequest(compares, ops(depth), ops(depth));
  }

  private List<KvOp> ops(int depth) {
    List<KvOp> ops = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      ops.add(op(depth));
    }
    return ops;
  }
}
