package io.quorate.node;

import io.quorate.kv.Event;
import io.quorate.kv.Lease;
import io.quorate.kv.StoreObserver;
import java.util.List;

/** What a state's changes concern on this member, beside the state: watchers and leases' clocks. */
record AppliedChanges(WatchHub watches, LeaseCalls leases) implements StoreObserver {
  @Override
  public boolean wantsEvents() {
    return watches.isWatched();
  }

  @Override
  public void changed(long revision, List<Event> events) {
    watches.changed(revision, events);
  }

  @Override
  public void leaseGranted(Lease lease) {
    leases.granted(lease);
  }

  @Override
  public void leaseEnded(long id) {
    leases.ended(id);
  }
}
