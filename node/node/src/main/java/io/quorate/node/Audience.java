package io.quorate.node;

import io.quorate.base.Checks;
import io.quorate.kv.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The live watchers that want the same: an event is looked at once for all of them. Used on the
 * loop.
 */
final class Audience {
  final WatchSpec spec;
  final ArrayList<Watcher> watchers = new ArrayList<>(1);
  private List<Event> gathered = new ArrayList<>();

  Audience(WatchSpec spec) {
    this.spec = spec;
  }

  void add(Watcher watcher) {
    watcher.audience = this;
    watcher.position = watchers.size();
    watchers.add(watcher);
  }

  void remove(Watcher watcher) {
    Checks.that(watchers.get(watcher.position) == watcher, "position=%d", watcher.position);
    Watcher last = watchers.removeLast();
    if (last != watcher) {
      watchers.set(watcher.position, last);
      last.position = watcher.position;
    }
    watcher.audience = null;
  }

  /**
   * Takes an event of a key in its range on, if it wants it.
   *
   * @return whether it is the first since the last batch
   */
  boolean gather(Event event) {
    if (!spec.wants(event)) {
      return false;
    }
    gathered.add(event);
    return gathered.size() == 1;
  }

  /** What was gathered since this was last asked. */
  @Nullable EventBatch takeBatch() {
    if (gathered.isEmpty()) {
      return null;
    }
    EventBatch batch = new EventBatch(gathered);
    gathered = new ArrayList<>();
    return batch;
  }
}
