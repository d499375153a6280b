package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.AuthDisableRequest;
import io.quorate.kv.AuthEnableRequest;
import io.quorate.kv.AuthRequest;
import io.quorate.kv.AuthenticateRequest;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.EmptyOp;
import io.quorate.kv.KeyRange;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.LeaseCheckpointRequest;
import io.quorate.kv.LeaseExpireRequest;
import io.quorate.kv.Permission;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RoleAddRequest;
import io.quorate.kv.RoleDeleteRequest;
import io.quorate.kv.RoleGrantPermissionRequest;
import io.quorate.kv.RoleRevokePermissionRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.UserAddRequest;
import io.quorate.kv.UserChangePasswordRequest;
import io.quorate.kv.UserDeleteRequest;
import io.quorate.kv.UserGrantRoleRequest;
import io.quorate.kv.UserRevokeRoleRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who may do what after each committed command, told once more, in the simplest way: a range is
 * allowed if each key is at which anything changes. It knows what the simulated clients ask for.
 */
final class Rights {
  private static final String ROOT = "root";

  /** A user: since which revision of the rights by this password, and with which roles. */
  private record Account(long since, List<String> roles) {}

  private record Stand(
      boolean on,
      long revision,
      long offAt,
      TreeMap<String, Account> accounts,
      TreeMap<String, List<Permission>> roles) {}

  private final TreeMap<Long, Stand> stands = new TreeMap<>();

  Rights() {
    stands.put(0L, new Stand(false, 1, 0, new TreeMap<>(), new TreeMap<>()));
  }

  /** Who may do what in a new cluster that begins with a backup of an index. */
  Rights restored(long index) {
    Rights restored = new Rights();
    restored.stands.put(0L, stands.floorEntry(index).getValue());
    return restored;
  }

  /** Whether it matters who asks, by what is applied up to an index. */
  boolean isOn(long index) {
    return stands.floorEntry(index).getValue().on();
  }

  /** Whether somebody may do something, by all that anybody has applied. */
  boolean may(Principal principal, KvRequest request) {
    return may(stands.lastEntry().getValue(), principal, request);
  }

  /** Whether somebody may do something, by what is applied up to an index. */
  boolean may(long index, Principal principal, KvRequest request) {
    return may(stands.floorEntry(index).getValue(), principal, request);
  }

  private static boolean may(Stand stand, Principal principal, KvRequest request) {
    if (!stand.on()
        || principal.isMember()
        || request instanceof LeaseExpireRequest
        || request instanceof LeaseCheckpointRequest) {
      return true;
    }
    Account account = stand.accounts().get(principal.name());
    if (account == null
        || principal.revision() < account.since()
        || principal.revision() < stand.offAt()) {
      return false;
    }
    List<Permission> granted = new ArrayList<>();
    for (String role : account.roles()) {
      granted.addAll(stand.roles().getOrDefault(role, List.of()));
    }
    return account.roles().contains(ROOT) || allows(granted, request);
  }

  private static boolean allows(List<Permission> granted, KvRequest request) {
    return switch (request) {
      case RangeRequest range -> all(granted, Permission.Type.READ, range.key(), range.rangeEnd());
      case PutRequest put -> all(granted, Permission.Type.WRITE, put.key(), Bytes.EMPTY);
      case DeleteRangeRequest delete ->
          all(granted, Permission.Type.WRITE, delete.key(), delete.rangeEnd());
      case TxnRequest txn -> {
        List<KvOp> steps = new ArrayList<>(txn.success());
        steps.addAll(txn.failure());
        yield steps.stream().allMatch(step -> allows(granted, step))
            && txn.compares().stream()
                .allMatch(each -> all(granted, Permission.Type.READ, each.key(), each.rangeEnd()));
      }
      case EmptyOp _ -> true;
      default -> false; // users of worlds have no leases, and are no administrators
    };
  }

  private static boolean all(
      List<Permission> granted, Permission.Type wanted, Bytes key, Bytes rangeEnd) {
    TreeSet<Bytes> points = new TreeSet<>(List.of(key));
    for (Permission each : granted) {
      points.add(each.key());
      points.add(
          each.rangeEnd().isEmpty()
              ? Bytes.wrap(Arrays.copyOf(each.key().toArray(), each.key().length() + 1))
              : each.rangeEnd());
    }
    return points.stream()
        .filter(point -> point.equals(key) || isIn(point, key, rangeEnd))
        .allMatch(point ->
            granted.stream()
                .anyMatch(each ->
                    (each.type() == wanted || each.type() == Permission.Type.READ_WRITE)
                        && isIn(point, each.key(), each.rangeEnd())));
  }

  private static boolean isIn(Bytes point, Bytes key, Bytes rangeEnd) {
    return rangeEnd.isEmpty()
        ? point.equals(key)
        : point.compareTo(key) >= 0
            && (rangeEnd.equals(KeyRange.UNBOUNDED) || point.compareTo(rangeEnd) < 0);
  }

  /** An administrator's request is applied first, at an index. */
  void apply(long index, AuthRequest request) {
    Stand now = stands.lastEntry().getValue();
    TreeMap<String, Account> accounts = new TreeMap<>(now.accounts());
    TreeMap<String, List<Permission>> roles = new TreeMap<>(now.roles());
    boolean on = now.on();
    long offAt = now.offAt();
    long next = now.revision() + 1;
    boolean changes =
        switch (request) {
          case AuthEnableRequest _ -> {
            Account root = accounts.get(ROOT);
            on |= root != null && root.roles().contains(ROOT);
            yield false;
          }
          case AuthDisableRequest _ -> {
            boolean was = on;
            on = false;
            offAt = was ? next : offAt;
            yield was;
          }
          case AuthenticateRequest _ -> false;
          case UserAddRequest add ->
              accounts.putIfAbsent(add.name(), new Account(next, List.of())) == null;
          case UserDeleteRequest delete ->
              !(on && delete.name().equals(ROOT)) && accounts.remove(delete.name()) != null;
          case UserChangePasswordRequest change ->
              accounts.computeIfPresent(
                      change.name(), (name, old) -> new Account(next, old.roles()))
                  != null;
          case UserGrantRoleRequest grant -> {
            Account account = accounts.get(grant.user());
            boolean known = grant.role().equals(ROOT) || roles.containsKey(grant.role());
            boolean gets = false;
            if (account != null && known && !account.roles().contains(grant.role())) {
              gets = true;
              List<String> more = new ArrayList<>(account.roles());
              more.add(grant.role());
              accounts.put(grant.user(), new Account(account.since(), more));
            }
            yield gets;
          }
          case UserRevokeRoleRequest revoke -> {
            boolean stays = on && revoke.user().equals(ROOT) && revoke.role().equals(ROOT);
            yield !stays && without(accounts, revoke.user(), revoke.role());
          }
          case RoleAddRequest add -> roles.putIfAbsent(add.role(), List.of()) == null;
          case RoleDeleteRequest delete -> {
            boolean was =
                !(on && delete.role().equals(ROOT)) && roles.remove(delete.role()) != null;
            if (was) {
              List.copyOf(accounts.keySet())
                  .forEach(each -> without(accounts, each, delete.role()));
            }
            yield was;
          }
          case RoleGrantPermissionRequest grant -> {
            Permission given = grant.permission();
            if (roles.containsKey(grant.role())) {
              List<Permission> more = others(roles, grant.role(), given.key(), given.rangeEnd());
              more.add(given);
              roles.put(grant.role(), more);
            }
            yield roles.containsKey(grant.role());
          }
          case RoleRevokePermissionRequest revoke -> {
            List<Permission> left = others(roles, revoke.role(), revoke.key(), revoke.rangeEnd());
            boolean was = left.size() < roles.getOrDefault(revoke.role(), List.of()).size();
            if (was) {
              roles.put(revoke.role(), left);
            }
            yield was;
          }
        };
    stands.put(index, new Stand(on, changes ? next : now.revision(), offAt, accounts, roles));
  }

  private static boolean without(Map<String, Account> accounts, String user, String role) {
    Account account = accounts.get(user);
    if (account == null || !account.roles().contains(role)) {
      return false;
    }
    List<String> left = account.roles().stream().filter(each -> !each.equals(role)).toList();
    accounts.put(user, new Account(account.since(), left));
    return true;
  }

  private static List<Permission> others(
      Map<String, List<Permission>> roles, String role, Bytes key, Bytes end) {
    List<Permission> others = new ArrayList<>(roles.getOrDefault(role, List.of()));
    others.removeIf(each -> each.key().equals(key) && each.rangeEnd().equals(end));
    return others;
  }
}
