package io.quorate.recipes;

import io.quorate.client.Session;
import io.quorate.client.SessionState;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Has all places of a session look, twice in a TTL, whether things are as they were told.
 *
 * <p>Thread-safe; may be called with a place's lock held, and calls places without its own.
 */
final class Rounds {
  private final Session session;

  // Guarded by this.
  private final Set<Place> places = new LinkedHashSet<>();
  private boolean running;

  private Rounds(Session session) {
    this.session = session;
  }

  static Rounds of(Session session) {
    return session.companion(Rounds.class, Rounds.class, () -> new Rounds(session));
  }

  void add(Place place) {
    synchronized (this) {
      places.add(place);
      if (running) {
        return;
      }
      running = true;
    }
    next();
  }

  synchronized void remove(Place place) {
    places.remove(place);
  }

  private void next() {
    session.client().timer().after(Math.max(1, session.ttl().toNanos() / 2), this::round);
  }

  private void round() {
    boolean over = session.state() instanceof SessionState.Lost || session.client().isClosed();
    List<Place> all;
    synchronized (this) {
      if (places.isEmpty() || over) {
        running = false;
        return;
      }
      all = List.copyOf(places);
    }
    all.forEach(Place::verify);
    next();
  }
}
