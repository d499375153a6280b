package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.OpResponse;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that so many may hold at a time, among all clients of a store.
 *
 * <p>Who asks first has a permit first: as many hold one as there are permits, those whose keys
 * were created earliest. The number of permits is in the store: it is that of who came first, and
 * another one is refused.
 *
 * <pre>
 * NAME/limit                 how many permits there are
 * NAME/p/LEASE-NUMBER        one who has a permit, or waits for it
 * </pre>
 *
 * <p>Safe for use by many threads. Handles may be passed between threads.
 */
public final class Semaphore extends PlaceLock {
  private static final int PERMITS_MAX = 10_000;

  private final LockName name;
  private final int permits;
  private final Bytes owner;
  private final SemaphoreKeys keys;
  private final AgreedNumber limit;

  private Semaphore(Session session, LockName name, int permits, String owner) {
    super(session);
    this.name = name;
    this.permits = permits;
    this.owner = Owner.value(owner);
    keys = new SemaphoreKeys(name);
    limit = new AgreedNumber(keys.limit(), permits, "the semaphore " + name, "permits");
  }

  /**
   * The semaphore of this name.
   *
   * @param name not empty, and not ending with a slash
   * @param permits 1 to 10,000
   */
  public static Semaphore of(Session session, String name, int permits) {
    return of(session, name, permits, Owner.thisProcess());
  }

  /**
   * The semaphore of this name.
   *
   * @param owner what others are told of who holds a permit or waits
   */
  public static Semaphore of(Session session, String name, int permits, String owner) {
    if (permits < 1 || permits > PERMITS_MAX) {
      throw new IllegalArgumentException("permits=" + permits + " is not 1 to " + PERMITS_MAX);
    }
    return new Semaphore(session, LockName.of(name), permits, owner);
  }

  @Override
  public String name() {
    return name.toString();
  }

  /** How many may hold it at a time. */
  public int permits() {
    return permits;
  }

  /** Who has a permit, and who waits for one, in the order in which they asked. */
  public List<QueueEntry> queue() {
    Range all = Range.prefix(keys.prefix()).sort(Range.Target.CREATE, Range.Order.ASCEND);
    return keys.entries(session.client().kv().range(all).kvs(), permits);
  }

  /** The keys of those who hold a permit. */
  private Range holders() {
    return Range.prefix(keys.prefix())
        .sort(Range.Target.CREATE, Range.Order.ASCEND)
        .limit(permits)
        .withKeysOnly();
  }

  @Override
  Ownership ownership() {
    return Ownership.PERMIT;
  }

  @Override
  Place place() {
    return new Permit(Bytes.utf8(keys.prefix().toUtf8() + OwnNames.next(session)));
  }

  /** A transaction can't count; so a try looks first, and queues where there is room. */
  @Override
  Txn trying(Place place) {
    return Txn.always(holders(), Range.key(limit.key()));
  }

  /** How many of the keys that were read are places. */
  private long places(OpResponse read) {
    return ((RangeResponse) read)
        .kvs().stream().filter(kv -> Occupancy.isPlace(keys.prefix(), kv)).count();
  }

  @Override
  Tried tried(TxnResponse response) {
    ((RangeResponse) response.responses().get(1)).first().ifPresent(limit::require);
    return places(response.responses().get(0)) < permits ? Tried.OPEN : Tried.TAKEN;
  }

  /**
   * A place among those who have a permit or wait for one. Its turn is what the session's {@link
   * Occupancy} finds it to be, and the store confirms: events may be lost on the way.
   */
  private final class Permit extends Place implements Occupancy.Waiter {
    // Guarded by this.
    private @Nullable Occupancy joined;

    /** Whether keys of other names may hide that its turn has come already. */
    private boolean hidden;

    private boolean asking;
    private boolean asksAgain;

    Permit(Bytes key) {
      super(Semaphore.this.session, key, owner, Owning.ALONE);
    }

    @Override
    Txn entering() {
      return Txn.when(Compare.absent(key))
          .then(limit.with(Put.of(key, value).lease(session.lease())), holders())
          .otherwise(Range.key(key), holders());
    }

    @Override
    Entered entered(TxnResponse response, long revision) {
      KeyValue known = null;
      if (response.responses().get(0) instanceof RangeResponse there) {
        known = there.first().orElse(null);
      } else {
        limit.require((TxnResponse) response.responses().get(0));
      }
      RangeResponse first = (RangeResponse) response.responses().get(1);
      boolean holds = first.kvs().stream().anyMatch(kv -> kv.key().equals(key));
      synchronized (this) {
        hidden = !holds && places(first) < permits;
      }
      return new Entered(known, holds);
    }

    @Override
    void look(long number) {
      Occupancy present = Occupancy.join(session, keys.prefix(), this);
      boolean left;
      boolean asks;
      synchronized (this) {
        left = !isWaiting();
        asks = hidden;
        hidden = false;
        joined = present;
      }
      if (left) {
        present.leave(this); // meanwhile
      }
      if (asks) {
        ask();
      } else {
        waits();
      }
    }

    @Override
    void stepAside() {
      if (joined != null) {
        joined.leave(this);
      }
    }

    @Override
    public long since() {
      return created();
    }

    @Override
    public void ranked(int earlier, boolean isThere) {
      if (!isThere) {
        ownGone();
      } else if (earlier < permits) {
        ask();
      }
    }

    /** Asks the store whether its turn has come: who waits, and what was told, may be wrong. */
    private void ask() {
      synchronized (this) {
        asksAgain = asking;
        if (asking || !isWaiting()) {
          return;
        }
        asking = true;
      }
      Range before = Range.prefix(keys.prefix()).createRevisions(0, created() - 1).withKeysOnly();
      var unused =
          session
              .client()
              .kv()
              .txnAsync(Txn.always(Range.key(key).withKeysOnly(), before))
              .whenComplete((response, failure) -> {
                boolean again;
                synchronized (this) {
                  asking = false;
                  again = asksAgain;
                }
                if (failure == null) {
                  answered(response, again);
                } else if (isFinal(QuorateException.reason(failure))) {
                  lost(QuorateException.reason(failure));
                } else {
                  session.client().timer().after(RETRY_NANOS, this::ask);
                }
              });
    }

    /**
     * @param again whether there was something to ask meanwhile
     */
    private void answered(TxnResponse response, boolean again) {
      long mine =
          ((RangeResponse) response.responses().get(0))
              .first()
              .map(KeyValue::createRevision)
              .orElse(0L);
      if (mine != created()) {
        ownGone();
      } else if (places(response.responses().get(1)) < permits) {
        own();
      } else if (again) {
        ask();
      } else {
        waits();
      }
    }
  }
}
