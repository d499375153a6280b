package io.quorate.events;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where streams ended when they were last seen: a guess that saves a question, and is never taken
 * for more. The most recently used are kept. Thread-safe.
 */
final class StreamEnds {
  private static final int STREAMS_MAX = 10_000;

  // Guarded by this.
  private final Map<String, Long> versions =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > STREAMS_MAX;
        }
      };

  /** A version that the stream had once; 0 if none is known. */
  synchronized long hint(String stream) {
    return versions.getOrDefault(stream, 0L);
  }

  /** The stream has reached this version. */
  synchronized void learn(String stream, long version) {
    if (version > 0) {
      versions.merge(stream, version, Math::max);
    }
  }

  /** The stream isn't what it was: the store was put back to an earlier state, perhaps. */
  synchronized void forget(String stream) {
    versions.remove(stream);
  }
}
