package io.quorate.recipes;

import io.quorate.client.Session;
import io.quorate.client.SessionState;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Has all candidates of a session look, twice in a TTL, whether things are as they were told.
 *
 * <p>Thread-safe; may be called with a candidate's lock held, and calls candidates without its own.
 */
final class Rounds {
  private final Session session;

  // Guarded by this.
  private final Set<Candidate> candidates = new LinkedHashSet<>();
  private boolean running;

  private Rounds(Session session) {
    this.session = session;
  }

  static Rounds of(Session session) {
    return session.companion(Rounds.class, Rounds.class, () -> new Rounds(session));
  }

  void add(Candidate candidate) {
    synchronized (this) {
      candidates.add(candidate);
      if (running) {
        return;
      }
      running = true;
    }
    next();
  }

  synchronized void remove(Candidate candidate) {
    candidates.remove(candidate);
  }

  private void next() {
    session.client().timer().after(Math.max(1, session.ttl().toNanos() / 2), this::round);
  }

  private void round() {
    boolean over = session.state() instanceof SessionState.Lost;
    List<Candidate> all;
    synchronized (this) {
      if (candidates.isEmpty() || over) {
        running = false;
        return;
      }
      all = List.copyOf(candidates);
    }
    all.forEach(Candidate::verify);
    next();
  }
}
