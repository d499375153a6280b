package io.quorate.xa;

import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Txn;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * Looks when nothing of an incarnation that is over can be found any more, and lets what is known
 * of it go, a day later: its life goes by itself then, and its periods when somebody sees that.
 *
 * <p>A resource is swept when two rounds in a row have found nothing there, and no decision has a
 * branch there. What prepares still later, since a database was slow to notice that a client is
 * gone, is rolled back all the same for as long as the incarnation is known.
 *
 * <p>Used by one round at a time.
 */
final class Sweeps {
  private static final int CLEAN_ROUNDS = 2;

  /** So many leases are let go in one round, and as many renewed; others in the next ones. */
  private static final int LEASES_MAX = 20;

  private static final long RENEWED_NANOS = 24 * 3_600_000_000_000L;

  private final QuorateClient client;
  private final DomainKeys keys;
  private final Duration kept;

  /** How many rounds in a row have found nothing of an incarnation at a resource. */
  private final Map<Findings.Place, Integer> clean = new TreeMap<>();

  /** When leases of periods were last renewed from here. */
  private final Map<Long, Long> renewedNanos = new HashMap<>();

  /**
   * @param kept how long what is known of one stays after that
   */
  Sweeps(QuorateClient client, DomainKeys keys, Duration kept) {
    this.client = client;
    this.keys = keys;
    this.kept = kept;
  }

  /** What is to be written of a life. */
  private record Change(KeyValue before, LifeRecord after, boolean isLast) {}

  /**
   * Counts a round.
   *
   * @param pending where something of an incarnation that is over has been left
   * @return whether all that this process can sweep is swept
   */
  CompletableFuture<Boolean> sweep(
      List<Recoverer.Scan> scans, Recoverer.Lives lives, Set<Findings.Place> pending) {
    clean.keySet().removeIf(place -> !lives.lives().containsKey(place.incarnation()));
    List<Change> changes = new ArrayList<>();
    boolean swept = true;
    for (Map.Entry<Long, KeyValue> each : lives.lives().entrySet()) {
      long incarnation = each.getKey();
      KeyValue before = each.getValue();
      if (!lives.isOver(incarnation) || before.lease() != 0) {
        continue;
      }
      LifeRecord record;
      try {
        record = LifeRecord.decode(before.value());
      } catch (QuorateException e) { // of a later version, which somebody else will read
        continue;
      }
      LifeRecord after = record;
      for (Recoverer.Scan scan : scans) {
        boolean isSwept = count(scan, incarnation, pending) >= CLEAN_ROUNDS;
        String name = scan.resource().name();
        after = isSwept ? after.swept(name) : after;
        swept &= isSwept || !record.unswept().contains(name);
      }
      boolean isLast =
          after.unswept().isEmpty()
              && pending.stream().noneMatch(place -> place.incarnation() == incarnation);
      if (isLast || !after.equals(record)) {
        changes.add(new Change(before, after, isLast));
      }
    }
    boolean all = swept;
    return Recoverer.oneByOne(changes, this::write)
        .thenCompose(unused -> Recoverer.oneByOne(forgotten(lives), this::letGo))
        .thenCompose(unused -> Recoverer.oneByOne(toRenew(lives), this::renew))
        .thenApply(unused -> all);
  }

  /** The leases of what is still known of incarnations of which nothing can be found any more. */
  private static List<Long> forgotten(Recoverer.Lives lives) {
    return lives.periods().entrySet().stream()
        .filter(each -> lives.isOver(each.getKey()) && !lives.lives().containsKey(each.getKey()))
        .flatMap(each -> each.getValue().stream())
        .map(KeyValue::lease)
        .distinct()
        .limit(LEASES_MAX)
        .toList();
  }

  /** If it can't be let go now, it can in the next round, or ends by itself. */
  private CompletableFuture<Void> letGo(long lease) {
    return client.lease().revokeAsync(lease).handle((done, failure) -> null);
  }

  /** The leases of what is known of those that are over and not swept: nobody else keeps them. */
  private List<Long> toRenew(Recoverer.Lives lives) {
    List<Long> leases = new ArrayList<>();
    for (Map.Entry<Long, List<KeyValue>> each : lives.periods().entrySet()) {
      KeyValue life = lives.lives().get(each.getKey());
      if (lives.isOver(each.getKey()) && life != null && life.lease() == 0) {
        each.getValue().forEach(period -> leases.add(period.lease()));
      }
    }
    renewedNanos.keySet().retainAll(leases);
    long now = client.timer().nanoTime();
    return leases.stream()
        .filter(each -> {
          Long renewed = renewedNanos.get(each);
          return renewed == null || now - renewed > RENEWED_NANOS;
        })
        .limit(LEASES_MAX)
        .toList();
  }

  private CompletableFuture<Void> renew(long lease) {
    return client
        .lease()
        .keepAliveOnceAsync(lease)
        .handle((done, failure) -> {
          if (failure == null) {
            renewedNanos.put(lease, client.timer().nanoTime());
          }
          return null;
        });
  }

  private int count(Recoverer.Scan scan, long incarnation, Set<Findings.Place> pending) {
    Findings.Place place = new Findings.Place(incarnation, scan.resource().name());
    boolean isClean =
        !pending.contains(place)
            && scan.branches().stream().noneMatch(branch -> branch.incarnation() == incarnation);
    int count = isClean ? clean.getOrDefault(place, 0) + 1 : 0;
    clean.put(place, count);
    return count;
  }

  private CompletableFuture<Void> write(Change change) {
    Put put = Put.of(change.before.key(), change.after.encoded());
    Txn txn = Txn.when(Compare.modRevision(put.key()).is(change.before.modRevision()));
    if (!change.isLast) {
      return client.kv().txnAsync(txn.then(put)).thenApply(unused -> null);
    }
    // What may be left are records of aborts, which nothing can come behind any more.
    Delete aborts = Delete.prefix(keys.decisions(DomainKeys.lastNumber(put.key())));
    return client
        .lease()
        .grantAsync(Math.max(1, kept.toSeconds()))
        .thenCompose(lease -> client.kv().txnAsync(txn.then(put.lease(lease.id()), aborts)))
        .thenApply(unused -> null);
  }
}
