package io.quorate.recipes.it;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.system.PrintLogs;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What a case of a recipe needs: a client, a name nobody else has, and sessions that end with it.
 */
@ExtendWith(PrintLogs.class)
abstract class RecipeCase {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final Duration TTL = Duration.ofSeconds(5);
  private static final long POLL_NANOS = 2_000_000;
  private static final Duration OTHERS_TIMEOUT = Duration.ofSeconds(5);

  private final Store store;
  private final List<QuorateClient> others = new ArrayList<>();
  final QuorateClient client;

  /** In the order they were asked for. */
  final List<Session> sessions = new ArrayList<>();

  final String name;

  RecipeCase(Store store, String kind) {
    this.store = store;
    client = store.connect();
    name = kind + "/case-" + NAMES.incrementAndGet();
  }

  @AfterEach
  final void end() {
    others.forEach(QuorateClient::close);
    sessions.forEach(Session::close);
    client.close();
  }

  final Session session() {
    Session session = client.session(TTL);
    sessions.add(session);
    return session;
  }

  /** A way to the same store for another process. */
  final TroubledWay way() {
    return new TroubledWay(store);
  }

  /** Another process's session, over a way that ends with the case. */
  final Session session(TroubledWay way, Duration ttl) {
    return client(way).session(ttl);
  }

  /** Another process's client, over a way; it ends with the case. */
  final QuorateClient client(TroubledWay way) {
    QuorateClient other = way.client(OTHERS_TIMEOUT);
    endsWithCase(other);
    return other;
  }

  final void endsWithCase(QuorateClient other) {
    others.add(other);
  }

  /** History up to here is gone afterwards, whether by this case or by one beside it. */
  final void compact(long revision) {
    try {
      client.kv().compact(revision, false);
    } catch (QuorateException e) {
      if (e.code() != ErrorCode.REVISION_COMPACTED) {
        throw e;
      }
    }
  }

  /** The same, where nothing may wait. */
  final CompletableFuture<?> compactAsync(long revision) {
    return client
        .kv()
        .compactAsync(revision, false)
        .exceptionallyCompose(failure ->
            QuorateException.reason(failure).code() == ErrorCode.REVISION_COMPACTED
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(failure));
  }

  final void awaitKeys(String prefix, int count) {
    awaitKeys(client, prefix, count);
  }

  static void awaitKeys(QuorateClient by, String prefix, int count) {
    Range range = Range.prefix(prefix).withCountOnly();
    while (by.kv().range(range).count() != count) {
      LockSupport.parkNanos(POLL_NANOS);
    }
  }
}
