package io.quorate.client;

import java.util.concurrent.Executor;

/** Changes as they happen: what etcd's Watch service does. */
public final class Watch {
  private final Calls calls;
  private final Namespace namespace;

  Watch(Calls calls, Namespace namespace) {
    this.calls = calls;
    this.namespace = namespace;
  }

  /** Begins to watch; the listener runs on the channel's thread and must not block. */
  public Watcher start(WatchRequest request, WatchListener listener) {
    return start(request, listener, Runnable::run);
  }

  /**
   * Begins to watch.
   *
   * @param executor runs the listener, which may block there
   */
  public Watcher start(WatchRequest request, WatchListener listener, Executor executor) {
    Watcher watcher =
        new Watcher(calls, namespace.into(request), namespace.out(listener), executor);
    watcher.open("");
    return watcher;
  }
}
