package io.quorate.node;

import org.jspecify.annotations.Nullable;

/** One watch of a {@link WatchStream}. Used on the loop. */
public final class Watcher {
  private final WatchStream stream;
  private final long id;
  private final WatchSpec spec;

  /**
   * Everything below was sent. While the watcher is live, it stands for the revision from which it
   * wants to hear, and nothing older is on its way.
   */
  long next;

  /** Whom it hears with, while it is live. */
  @Nullable Audience audience;

  /** Where it is among them. */
  int position;

  /** Where it is, or was, among those of its stream that lag. */
  long place;

  boolean closed;

  /** It has heard something, or was live: a compaction since doesn't take the rest from it. */
  boolean begun;

  Watcher(WatchStream stream, long id, WatchSpec spec, long next) {
    this.stream = stream;
    this.id = id;
    this.spec = spec;
    this.next = next;
  }

  /** The stream it belongs to. */
  public WatchStream stream() {
    return stream;
  }

  /** Its number in the stream. */
  public long id() {
    return id;
  }

  /** What it wants. */
  public WatchSpec spec() {
    return spec;
  }

  /**
   * Whether it has been sent everything up to the store's revision, and waits for no revision that
   * is yet to come.
   */
  public boolean isSynced() {
    return audience != null && stream.hasToldAll() && next <= stream.revision() + 1;
  }
}
