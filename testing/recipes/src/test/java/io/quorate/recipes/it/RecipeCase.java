package io.quorate.recipes.it;

import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;

/**
 * What a case of a recipe needs: a client, a name nobody else has, and sessions that end with it.
 */
abstract class RecipeCase {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final Duration TTL = Duration.ofSeconds(5);

  final QuorateClient client;

  /** In the order they were asked for. */
  final List<Session> sessions = new ArrayList<>();

  final String name;

  RecipeCase(Store store, String kind) {
    client = store.connect();
    name = kind + "/case-" + NAMES.incrementAndGet();
  }

  @AfterEach
  final void end() {
    sessions.forEach(Session::close);
    client.close();
  }

  final Session session() {
    Session session = client.session(TTL);
    sessions.add(session);
    return session;
  }

  final void awaitKeys(String prefix, int count) {
    Range range = Range.prefix(prefix).withCountOnly();
    while (client.kv().range(range).count() != count) {
      Thread.onSpinWait();
    }
  }
}
