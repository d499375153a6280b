package io.quorate.events;

import io.quorate.client.StreamsService;

/**
 * What an append demands of a stream: who decided by what the stream says demands that nobody else
 * has appended meanwhile.
 */
public final class ExpectedVersion {
  private enum Kind {
    EXACTLY,
    ANY,
    EXISTS
  }

  private static final ExpectedVersion NONE = new ExpectedVersion(Kind.EXACTLY, 0);
  private static final ExpectedVersion ANY = new ExpectedVersion(Kind.ANY, 0);
  private static final ExpectedVersion EXISTS = new ExpectedVersion(Kind.EXISTS, 0);

  private final Kind kind;
  private final long version;

  private ExpectedVersion(Kind kind, long version) {
    this.kind = kind;
    this.version = version;
  }

  /**
   * The stream's last event has this version.
   *
   * @param version as a read told it; 0 for a stream without events
   */
  public static ExpectedVersion exactly(long version) {
    if (version < 0 || version >= Layout.VERSION_MAX) {
      throw new IllegalArgumentException("no event has the version " + version);
    }
    return version == 0 ? NONE : new ExpectedVersion(Kind.EXACTLY, version);
  }

  /** Nothing was ever appended to the stream. */
  public static ExpectedVersion none() {
    return NONE;
  }

  /** Whatever the stream has. Costs a read of its end, and a key that tells the append was done. */
  public static ExpectedVersion any() {
    return ANY;
  }

  /** The stream has had an event, whichever. Costs what {@link #any} does. */
  public static ExpectedVersion exists() {
    return EXISTS;
  }

  /** Whether it names a version. */
  boolean isExact() {
    return kind == Kind.EXACTLY;
  }

  /** The version that it names. */
  long version() {
    return version;
  }

  /** The same in the words of the members' service. */
  StreamsService.Expected asDemanded() {
    return switch (kind) {
      case EXACTLY -> StreamsService.Expected.EXACTLY;
      case ANY -> StreamsService.Expected.ANY;
      case EXISTS -> StreamsService.Expected.EXISTS;
    };
  }

  /** Whether a stream may get events behind its last one, of this version. */
  boolean allows(long last) {
    return switch (kind) {
      case EXACTLY -> last == version;
      case ANY -> true;
      case EXISTS -> last > 0;
    };
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExpectedVersion that && kind == that.kind && version == that.version;
  }

  @Override
  public int hashCode() {
    return kind.hashCode() * 31 + Long.hashCode(version);
  }

  @Override
  public String toString() {
    return switch (kind) {
      case EXACTLY -> version == 0 ? "no event" : "version " + version;
      case ANY -> "any version";
      case EXISTS -> "an event";
    };
  }
}
