package io.quorate.kv;

import io.quorate.base.Limits;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What can be refused without looking at the store, before a request is proposed: as etcd does it,
 * in etcd's order, recursively and in both branches of a transaction.
 *
 * <p>First the shape: keys, flags, sort options, the number of operations. Then, of a transaction
 * whose shape is right, the keys: none may be put twice, nor put and deleted, unless only one of
 * the two can happen. The work is sorted sets of keys and ranges, so its cost grows with the number
 * of steps, times its logarithm and the nesting.
 *
 * <p>Stateless; safe from any thread.
 */
public final class KvValidator {
  private KvValidator() {}

  /**
   * Checks a request.
   *
   * @param request what a client asks
   * @param maxTxnOps most operations in one list of a transaction
   * @return why it can't be carried out whatever the store holds, or null if it may
   */
  public static @Nullable KvError validate(KvRequest request, int maxTxnOps) {
    return switch (request) {
      case CompactRequest _, LeaseRequest _, AlarmRequest _ -> null;
      case AuthRequest auth -> auth(auth);
      case ComputedRequest computed -> computed.invalid(maxTxnOps);
      case TxnRequest txn -> {
        KvError error = txn(txn, maxTxnOps, 1);
        if (error == null && (touchesTwice(txn.success()) || touchesTwice(txn.failure()))) {
          error = KvError.DUPLICATE_KEY;
        }
        yield error;
      }
      case KvOp op -> op(op, maxTxnOps, 1);
    };
  }

  private static @Nullable KvError auth(AuthRequest request) {
    return switch (request) {
      case AuthEnableRequest _, AuthDisableRequest _, AuthenticateRequest _ -> null;
      case UserAddRequest add -> name(add.name(), KvError.USER_EMPTY);
      case RoleAddRequest add -> name(add.role(), KvError.ROLE_EMPTY);
      case RoleGrantPermissionRequest grant -> {
        Permission permission = grant.permission();
        boolean anything =
            !permission.key().isEmpty()
                && !KeyRange.isEmpty(permission.key(), permission.rangeEnd());
        yield anything ? null : KvError.INVALID_AUTH_MANAGEMENT;
      }
      case UserDeleteRequest _,
          UserChangePasswordRequest _,
          UserGrantRoleRequest _,
          UserRevokeRoleRequest _,
          RoleDeleteRequest _,
          RoleRevokePermissionRequest _ ->
          null;
    };
  }

  private static @Nullable KvError name(String name, KvError empty) {
    if (name.isEmpty()) {
      return empty;
    }
    return name.length() > Limits.AUTH_NAME_LENGTH_MAX ? KvError.INVALID_AUTH_MANAGEMENT : null;
  }

  private static @Nullable KvError op(KvOp op, int maxTxnOps, int depth) {
    return switch (op) {
      case RangeRequest range -> range(range);
      case PutRequest put -> put(put);
      case DeleteRangeRequest delete -> delete.key().isEmpty() ? KvError.EMPTY_KEY : null;
      case TxnRequest txn -> txn(txn, maxTxnOps, depth);
      case EmptyOp _ -> KvError.KEY_NOT_FOUND;
    };
  }

  private static @Nullable KvError range(RangeRequest range) {
    if (range.key().isEmpty()) {
      return KvError.EMPTY_KEY;
    }
    return range.sortOrder() == SortOrder.UNRECOGNIZED
            || range.sortTarget() == SortTarget.UNRECOGNIZED
        ? KvError.INVALID_SORT
        : null;
  }

  private static @Nullable KvError put(PutRequest put) {
    if (put.key().isEmpty()) {
      return KvError.EMPTY_KEY;
    }
    if (put.ignoreValue() && !put.value().isEmpty()) {
      return KvError.VALUE_PROVIDED;
    }
    return put.ignoreLease() && put.lease() != 0 ? KvError.LEASE_PROVIDED : null;
  }

  /** A nested transaction may use the operations that its parent's largest list has left. */
  private static @Nullable KvError txn(TxnRequest txn, int maxOps, int depth) {
    int ops = Math.max(txn.compares().size(), Math.max(txn.success().size(), txn.failure().size()));
    if (ops > maxOps || depth > Limits.TXN_DEPTH_MAX) {
      return KvError.TOO_MANY_OPS;
    }
    for (Compare compare : txn.compares()) {
      if (compare.key().isEmpty()) {
        return KvError.EMPTY_KEY;
      }
    }
    KvError error = ops(txn.success(), maxOps - ops, depth + 1);
    return error != null ? error : ops(txn.failure(), maxOps - ops, depth + 1);
  }

  private static @Nullable KvError ops(List<KvOp> ops, int maxOps, int depth) {
    for (KvOp op : ops) {
      KvError error = op(op, maxOps, depth);
      if (error != null) {
        return error;
      }
    }
    return null;
  }

  private static boolean touchesTwice(List<KvOp> ops) {
    return (ops.size() > 1 || (ops.size() == 1 && ops.getFirst() instanceof TxnRequest))
        && touched(ops) == null;
  }

  /**
   * What a list of steps may touch, or null if it may put a key that it also puts or deletes
   * elsewhere.
   *
   * <p>In this order, which is etcd's and decides what is refused: the list's own deletions; then
   * its transactions one by one, whose puts must be in nothing so far, while their deletions are
   * only added (so a transaction may delete what one before it puts); then the list's own puts.
   */
  private static @Nullable TouchedKeys touched(List<KvOp> ops) {
    TouchedKeys all = new TouchedKeys();
    for (KvOp op : ops) {
      if (op instanceof DeleteRangeRequest delete) {
        all.addDelete(delete.key(), delete.rangeEnd());
      }
    }
    for (KvOp op : ops) {
      if (op instanceof TxnRequest txn && !addTxn(all, txn)) {
        return null;
      }
    }
    for (KvOp op : ops) {
      if (op instanceof PutRequest put) {
        if (all.puts(put.key()) || all.deletes(put.key())) {
          return null;
        }
        all.addPut(put.key());
      }
    }
    return all;
  }

  private static boolean addTxn(TouchedKeys all, TxnRequest txn) {
    TouchedKeys success = touched(txn.success());
    TouchedKeys failure = success == null ? null : touched(txn.failure());
    if (success == null || failure == null) {
      return false;
    }
    for (var key : success.puts()) {
      if (all.puts(key) || all.deletes(key)) {
        return false;
      }
      all.addPut(key);
    }
    for (var key : failure.puts()) {
      if ((all.puts(key) && !success.puts(key)) || all.deletes(key)) {
        return false;
      }
      all.addPut(key);
    }
    all.addDeletesOf(success);
    all.addDeletesOf(failure);
    return true;
  }
}
