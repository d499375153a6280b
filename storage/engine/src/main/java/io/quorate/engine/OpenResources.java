package io.quorate.engine;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The views and cursors of an engine that are open, so that a close can end them before the native
 * memory beneath them goes. Safe from any thread.
 */
final class OpenResources {
  /** Something native that ends when its user closes it, or when its engine is closed. */
  abstract static class Resource {
    private @Nullable Resource before;
    private @Nullable Resource after;
    private boolean listed;

    /** Gives back what is native; later calls on it fail, a second time does nothing. */
    abstract void end();
  }

  private @Nullable Resource first;

  synchronized void add(Resource resource) {
    resource.after = first;
    if (first != null) {
      first.before = resource;
    }
    first = resource;
    resource.listed = true;
  }

  synchronized void remove(Resource resource) {
    if (!resource.listed) {
      return;
    }
    Resource before = resource.before;
    Resource after = resource.after;
    if (before == null) {
      first = after;
    } else {
      before.after = after;
    }
    if (after != null) {
      after.before = before;
    }
    resource.before = null;
    resource.after = null;
    resource.listed = false;
  }

  /** Ends all; whoever uses one at this moment finishes its present step first. */
  void endAll() {
    for (Resource resource : all()) {
      resource.end();
    }
  }

  private synchronized List<Resource> all() {
    List<Resource> all = new ArrayList<>();
    for (Resource resource = first; resource != null; resource = resource.after) {
      all.add(resource);
    }
    return all;
  }
}
