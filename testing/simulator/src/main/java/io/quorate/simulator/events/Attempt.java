package io.quorate.simulator.events;

import io.quorate.base.QuorateException;
import io.quorate.events.AppendResult;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.Position;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** An append as its writer saw it. */
final class Attempt {
  private final UUID id;
  private final Map<String, ExpectedVersion> expected;
  private final @Nullable String unlessTag;
  private final Position after;
  private @Nullable AppendResult result;
  private @Nullable QuorateException failure;

  /**
   * @param unlessTag of which there must be no event behind a position; null if it depends on none
   */
  Attempt(
      UUID id, Map<String, ExpectedVersion> expected, @Nullable String unlessTag, Position after) {
    this.id = id;
    this.expected = Map.copyOf(expected);
    this.unlessTag = unlessTag;
    this.after = after;
  }

  UUID id() {
    return id;
  }

  Map<String, ExpectedVersion> expected() {
    return expected;
  }

  @Nullable String unlessTag() {
    return unlessTag;
  }

  Position after() {
    return after;
  }

  void told(AppendResult what) {
    result = what;
  }

  void failed(QuorateException why) {
    failure = why;
  }

  /** What its writer was told; null if it was told nothing, or of a failure. */
  @Nullable AppendResult result() {
    return result;
  }

  @Nullable QuorateException failure() {
    return failure;
  }

  boolean isOver() {
    return result != null || failure != null;
  }

  @Override
  public String toString() {
    return id + " of " + expected + ", told " + (result == null ? failure : result);
  }
}
