package io.quorate.kv;

import java.util.List;

/**
 * Who hears what the requests that are applied do, in their order and while they are applied. What
 * it hears is not in the engine yet: it keeps it until the batch is written.
 */
public interface StoreObserver {
  /** Nobody who wants to know anything. */
  StoreObserver NONE =
      new StoreObserver() {
        @Override
        public boolean wantsEvents() {
          return false;
        }

        @Override
        public void changed(long revision, List<Event> events) {}

        @Override
        public void leaseGranted(Lease lease) {}

        @Override
        public void leaseEnded(long id) {}
      };

  /** Whether {@link #changed} is wanted from the next request on: making events has its price. */
  boolean wantsEvents();

  /**
   * A request raised the revision.
   *
   * @param events what it did, in the order of its steps; a fresh list
   */
  void changed(long revision, List<Event> events);

  /** A lease was granted. */
  void leaseGranted(Lease lease);

  /** A lease ended; its keys went with it. */
  void leaseEnded(long id);
}
