package io.quorate.recipes.ids;

import java.time.Instant;
import java.time.temporal.ChronoField;
import java.util.concurrent.locks.LockSupport;

/** Time as a generator sees it; tests turn it back. Safe for many threads. */
public interface IdClock {
  /** Nanoseconds in a millisecond. */
  long NANOS_PER_MILLI = 1_000_000L;

  /** The system's. */
  IdClock SYSTEM =
      new IdClock() {
        @Override
        public long millis() {
          return System.currentTimeMillis();
        }

        @Override
        public long nanosIntoMilli() {
          return Instant.now().get(ChronoField.NANO_OF_SECOND) % NANOS_PER_MILLI;
        }

        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public void pause(long nanos) {
          LockSupport.parkNanos(nanos);
        }
      };

  /** The wall's, in milliseconds since 1970. It may step to and fro. */
  long millis();

  /** How much of the wall's present millisecond is over. */
  long nanosIntoMilli();

  /** Monotonic, from an arbitrary origin. */
  long nanoTime();

  /** Waits for about so long, or shorter. */
  void pause(long nanos);
}
