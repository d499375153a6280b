package io.quorate.recipes.it;

import io.quorate.client.QuorateClient;
import io.quorate.events.EventStore;
import io.quorate.system.Store;

/** What streams of events run on, and by what: it is all the same to whoever uses them. */
enum EventsOn {
  ETCD(Store.ETCD, false),
  /** By the members' own service. */
  QUORATE(Store.QUORATE, false),
  /** By the keys alone, as on etcd. */
  QUORATE_BY_KEYS(Store.QUORATE, true);

  private final Store store;
  private final boolean byKeys;

  EventsOn(Store store, boolean byKeys) {
    this.store = store;
    this.byKeys = byKeys;
  }

  Store store() {
    return store;
  }

  EventStore events(QuorateClient client, String root) {
    EventStore events = EventStore.of(client, root);
    return byKeys ? events.byKeys() : events;
  }
}
