package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.LeaseGrantResponse;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Txn;
import java.time.Duration;
import java.util.Optional;

/**
 * Locks that an owner has by name, for a time: whoever says the name has it, from any process.
 * Nobody keeps such a lock alive; the owner locks it again before its time is over.
 *
 * <p>For what one instance does at a time and a scheduler decides on, say. Who shares a name shares
 * the lock: take one that is unique where that matters, as an instance's id. For everything else
 * there is {@link Mutex}, which excludes and is excluded by these, also where it names the same
 * owner.
 *
 * <p>Safe for use by many threads.
 */
public final class OwnerLocks {
  private final QuorateClient client;

  /** In the store of a client. */
  public OwnerLocks(QuorateClient client) {
    this.client = client;
  }

  /**
   * Takes a lock if it is free, or the owner's already: then its time begins anew.
   *
   * @param key the lock's name, as of a {@link Mutex}
   * @param owner not empty
   * @param ttl after which it is free again by itself; rounded up to seconds
   * @return whether the owner has it
   * @throws QuorateException if that isn't known; the same call again finds out
   */
  public boolean tryLock(String key, String owner, Duration ttl) {
    LockName name = LockName.of(key);
    Bytes mine = Owner.byName(owner);
    if (ttl.isNegative() || ttl.isZero()) {
      throw new IllegalArgumentException("ttl=" + ttl);
    }
    long seconds = ttl.plusNanos(999_999_999).toSeconds();
    while (true) {
      Optional<KeyValue> held = first(name);
      if (held.isPresent() && !held.get().value().equals(mine)) {
        return false;
      }
      LeaseGrantResponse lease = client.lease().grant(seconds);
      boolean taken =
          held.isPresent() ? renew(held.get(), mine, lease.id()) : take(name, mine, lease.id());
      if (taken) {
        return true;
      }
      client.lease().revoke(lease.id()); // somebody was quicker: what is there now decides
    }
  }

  private boolean take(LockName name, Bytes mine, long lease) {
    try {
      return takeIfFree(name, mine, lease) || takeBesideLonger(name, mine, lease);
    } catch (QuorateException.Indeterminate e) {
      var unused = client.lease().revokeAsync(lease); // a copy that comes late takes nothing
      throw e;
    }
  }

  private boolean takeIfFree(LockName name, Bytes mine, long lease) {
    Bytes all = name.prefix();
    return client
        .kv()
        .txn(
            Txn.when(Compare.createRevision(all).is(0).upTo(Keys.prefixEnd(all)))
                .then(Put.of(name.key(lease), mine).lease(lease)))
        .succeeded();
  }

  /** Where keys of longer names are there: it queues, and has it if it is the first. */
  private boolean takeBesideLonger(LockName name, Bytes mine, long lease) {
    Bytes own = name.key(lease);
    var unused = client.kv().put(Put.of(own, mine).lease(lease));
    return first(name).map(kv -> kv.key().equals(own)).orElse(false);
  }

  /** The key goes with another lease from now on; the old one has nothing left to end. */
  private boolean renew(KeyValue held, Bytes mine, long lease) {
    boolean renewed =
        client
            .kv()
            .txn(
                Txn.when(
                        Compare.modRevision(held.key()).is(held.modRevision()),
                        Compare.value(held.key()).is(mine))
                    .then(Put.of(held.key(), mine).lease(lease)))
            .succeeded();
    if (renewed && held.lease() != 0) {
      var unused = client.lease().revokeAsync(held.lease());
    }
    return renewed;
  }

  /**
   * Gives a lock back, if it is the owner's.
   *
   * @return whether it was; after a call whose outcome isn't known, the same call may find it given
   *     back already
   */
  public boolean unlock(String key, String owner) {
    LockName name = LockName.of(key);
    Bytes mine = Owner.byName(owner);
    while (true) {
      Optional<KeyValue> held = first(name);
      if (held.isEmpty() || !held.get().value().equals(mine)) {
        return false;
      }
      Bytes of = held.get().key();
      boolean given =
          client
              .kv()
              .txn(
                  Txn.when(
                          Compare.createRevision(of).is(held.get().createRevision()),
                          Compare.value(of).is(mine))
                      .then(Delete.key(of)))
              .succeeded();
      if (given) {
        if (held.get().lease() != 0) {
          var unused = client.lease().revokeAsync(held.get().lease());
        }
        return true;
      }
    }
  }

  /** Who has a lock, by a name or otherwise; empty if nobody does. */
  public Optional<String> owner(String key) {
    return first(LockName.of(key)).map(kv -> Owner.name(kv.value()));
  }

  private Optional<KeyValue> first(LockName name) {
    return client.kv().range(name.inOrder()).kvs().stream().filter(name::contends).findFirst();
  }
}
