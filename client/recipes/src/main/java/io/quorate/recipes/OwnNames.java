package io.quorate.recipes;

import io.quorate.client.Session;
import java.util.concurrent.atomic.AtomicLong;

/** What the keys of one session are told apart by. Thread-safe. */
final class OwnNames {
  private final AtomicLong last = new AtomicLong();

  private OwnNames() {}

  /** {@code LEASE-NUMBER}, with which no other key ends. */
  static String next(Session session) {
    OwnNames names = session.companion(OwnNames.class, OwnNames.class, OwnNames::new);
    return Long.toHexString(session.lease()) + "-" + names.last.incrementAndGet();
  }
}
