package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what, decided key by key: a range is allowed if each point is at which anything
 * changes. Slow, obvious, and written without a look at the real one, which merges intervals.
 */
final class ReferenceAuthorizer {
  private final AuthModel model;
  private final KvReader leases;

  ReferenceAuthorizer(AuthModel model, KvReader leases) {
    this.model = model;
    this.leases = leases;
  }

  @Nullable KvError check(Principal principal, KvRequest request) {
    if (!model.on
        || principal.isMember()
        || request instanceof LeaseExpireRequest
        || request instanceof LeaseCheckpointRequest) {
      return null;
    }
    if (principal.name().isEmpty()) {
      return KvError.USER_EMPTY;
    }
    AuthModel.Account account = model.accounts.get(principal.name());
    if (account == null) {
      return KvError.PERMISSION_DENIED;
    }
    if (principal.revision() < account.since() || principal.revision() < model.offAt) {
      return KvError.AUTH_OLD_REVISION;
    }
    if (account.roles().contains("root")) {
      return null;
    }
    List<Permission> granted = new ArrayList<>();
    account.roles().forEach(role -> granted.addAll(model.roles.getOrDefault(role, List.of())));
    return may(granted, request) ? null : KvError.PERMISSION_DENIED;
  }

  private boolean may(List<Permission> granted, KvRequest request) {
    return switch (request) {
      case RangeRequest range -> all(granted, false, range.key(), range.rangeEnd());
      case PutRequest put ->
          all(granted, true, put.key(), Bytes.EMPTY)
              && (!put.prevKv() || all(granted, false, put.key(), Bytes.EMPTY))
              && attached(put.lease()).stream().allMatch(k -> all(granted, true, k, Bytes.EMPTY));
      case DeleteRangeRequest delete ->
          all(granted, true, delete.key(), delete.rangeEnd())
              && (!delete.prevKv() || all(granted, false, delete.key(), delete.rangeEnd()));
      case TxnRequest txn -> {
        List<KvOp> steps = new ArrayList<>(txn.success());
        steps.addAll(txn.failure());
        yield steps.stream().allMatch(step -> may(granted, step))
            && txn.compares().stream()
                .allMatch(each -> all(granted, false, each.key(), each.rangeEnd()));
      }
      case LeaseRevokeRequest revoke ->
          attached(revoke.id()).stream().allMatch(k -> all(granted, true, k, Bytes.EMPTY));
      case LeaseGrantRequest _, EmptyOp _ -> true;
      default -> false;
    };
  }

  private List<Bytes> attached(long lease) {
    return lease == 0 ? List.of() : leases.leaseKeys(lease);
  }

  private static boolean all(List<Permission> granted, boolean write, Bytes key, Bytes rangeEnd) {
    TreeSet<Bytes> points = new TreeSet<>(List.of(key));
    for (Permission each : granted) {
      points.add(each.key());
      points.add(end(each.key(), each.rangeEnd()));
    }
    return points.stream()
        .filter(point -> point.equals(key) || isIn(point, key, rangeEnd))
        .allMatch(point ->
            granted.stream()
                .anyMatch(each ->
                    each.type() != (write ? Permission.Type.READ : Permission.Type.WRITE)
                        && isIn(point, each.key(), each.rangeEnd())));
  }

  private static boolean isIn(Bytes point, Bytes key, Bytes rangeEnd) {
    boolean open = rangeEnd.equals(Bytes.wrap(new byte[1]));
    return rangeEnd.isEmpty()
        ? point.equals(key)
        : point.compareTo(key) >= 0 && (open || point.compareTo(rangeEnd) < 0);
  }

  /** The first point behind a range, as far as it has one. */
  private static Bytes end(Bytes key, Bytes rangeEnd) {
    return rangeEnd.isEmpty()
        ? Bytes.wrap(Arrays.copyOf(key.toArray(), key.length() + 1))
        : rangeEnd;
  }
}
