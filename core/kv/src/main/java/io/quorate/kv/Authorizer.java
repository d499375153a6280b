package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what: the one place that decides it, for whatever way a request came.
 *
 * <p>It is asked when a write is applied, when a read reads, when a watch is made and when it is
 * served after a change; before that, only to spare the way. Each answer is null for yes, or the
 * reason why not. While authentication is off every answer is yes.
 *
 * <p>A range must be allowed as a whole, be it by several permissions together. A transaction needs
 * all that its conditions and both its branches need, at every depth: which branch it takes would
 * tell something already. Whoever has the role {@code root} may do everything.
 *
 * <p>Owned by the store; used by its thread only.
 */
public final class Authorizer {

  private final AuthState state;
  private final LongFunction<List<Bytes>> leaseKeys;

  /**
   * Decides by a state.
   *
   * @param leaseKeys the keys that are attached to a lease
   */
  Authorizer(AuthState state, LongFunction<List<Bytes>> leaseKeys) {
    this.state = state;
    this.leaseKeys = leaseKeys;
  }

  /** Whether it matters who asks. Of all questions the cheapest, and usually the last. */
  public boolean enabled() {
    return state.enabled();
  }

  /** What it decides by. Its revision tells whether an earlier answer may be another now. */
  public AuthState state() {
    return state;
  }

  /** Whether somebody may have a request carried out. */
  public @Nullable KvError check(Principal principal, KvRequest request) {
    if (!enabled() || isMembersOwn(request)) {
      return null;
    }
    KvError error = user(principal);
    if (error != null || mayAll(principal)) {
      return error;
    }
    return allows(state.grants(principal.name()), request) ? null : KvError.PERMISSION_DENIED;
  }

  /** Whether somebody is recognised at all. */
  public @Nullable KvError user(Principal principal) {
    if (!enabled() || principal.isMember()) {
      return null;
    }
    if (principal.isNobody()) {
      return KvError.USER_EMPTY;
    }
    if (state.user(principal.name()) == null) {
      return KvError.PERMISSION_DENIED;
    }
    return state.recognises(principal) ? null : KvError.AUTH_OLD_REVISION;
  }

  /** Whether somebody may do everything. */
  public @Nullable KvError administrator(Principal principal) {
    KvError error = user(principal);
    return error != null || !enabled() || mayAll(principal) ? error : KvError.PERMISSION_DENIED;
  }

  /**
   * Whether somebody may watch a range.
   *
   * @param key where it begins; empty for the first key of all
   * @param rangeEnd where it ends, by the rules of {@link RangeRequest#rangeEnd}
   */
  public @Nullable KvError mayWatch(Principal principal, Bytes key, Bytes rangeEnd) {
    return check(principal, RangeRequest.of(key.isEmpty() ? KeyRange.FIRST_KEY : key, rangeEnd));
  }

  /** Whether somebody may be told of all of these keys, such as those of a lease. */
  public @Nullable KvError mayRead(Principal principal, List<Bytes> keys) {
    KvError error = user(principal);
    if (error != null || !enabled() || mayAll(principal)) {
      return error;
    }
    Grants grants = state.grants(principal.name());
    for (Bytes key : keys) {
      if (!grants.mayRead(key, Bytes.EMPTY)) {
        return KvError.PERMISSION_DENIED;
      }
    }
    return null;
  }

  /** Whether somebody may be told which roles a user has: it is that user, or an administrator. */
  public @Nullable KvError maySeeUser(Principal principal, String name) {
    KvError error = administrator(principal);
    return error == KvError.PERMISSION_DENIED && isUser(principal) && principal.name().equals(name)
        ? null
        : error;
  }

  /** Whether somebody may be told what a role allows: it has the role, or is an administrator. */
  public @Nullable KvError maySeeRole(Principal principal, String role) {
    KvError error = administrator(principal);
    User user = state.user(principal.name());
    return error == KvError.PERMISSION_DENIED && user != null && user.roles().contains(role)
        ? null
        : error;
  }

  private boolean isUser(Principal principal) {
    return state.user(principal.name()) != null;
  }

  private boolean mayAll(Principal principal) {
    User user = state.user(principal.name());
    return principal.isMember() || (user != null && user.isRoot());
  }

  /** What a leader decides by its clock comes from no caller, and can't be asked for by one. */
  private static boolean isMembersOwn(KvRequest request) {
    return request instanceof LeaseExpireRequest || request instanceof LeaseCheckpointRequest;
  }

  private boolean allows(Grants grants, KvRequest request) {
    return switch (request) {
      case RangeRequest range -> grants.mayRead(range.key(), range.rangeEnd());
      case PutRequest put -> allowsPut(grants, put);
      case DeleteRangeRequest delete ->
          grants.mayWrite(delete.key(), delete.rangeEnd())
              && (!delete.prevKv() || grants.mayRead(delete.key(), delete.rangeEnd()));
      case TxnRequest txn ->
          allowsCompares(grants, txn.compares())
              && allowsAll(grants, txn.success())
              && allowsAll(grants, txn.failure());
      case ComputedRequest computed -> allowsAll(grants, computed.touches());
      case EmptyOp _ -> true;
      case LeaseGrantRequest _ -> true;
      case LeaseRevokeRequest revoke -> allowsWritingOf(grants, revoke.id());
      case LeaseExpireRequest _, LeaseCheckpointRequest _ -> true;
      case CompactRequest _, AlarmRequest _, AuthRequest _ -> false;
    };
  }

  /** Who attaches a key to a lease decides when its other keys go, too. */
  private boolean allowsPut(Grants grants, PutRequest put) {
    return grants.mayWrite(put.key(), Bytes.EMPTY)
        && (!put.prevKv() || grants.mayRead(put.key(), Bytes.EMPTY))
        && (put.lease() == 0 || allowsWritingOf(grants, put.lease()));
  }

  private boolean allowsWritingOf(Grants grants, long lease) {
    for (Bytes key : leaseKeys.apply(lease)) {
      if (!grants.mayWrite(key, Bytes.EMPTY)) {
        return false;
      }
    }
    return true;
  }

  private static boolean allowsCompares(Grants grants, List<Compare> compares) {
    for (Compare compare : compares) {
      if (!grants.mayRead(compare.key(), compare.rangeEnd())) {
        return false;
      }
    }
    return true;
  }

  private boolean allowsAll(Grants grants, List<KvOp> ops) {
    for (KvOp op : ops) {
      if (!allows(grants, op)) {
        return false;
      }
    }
    return true;
  }
}
