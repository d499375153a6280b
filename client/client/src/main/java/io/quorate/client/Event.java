package io.quorate.client;

import org.jspecify.annotations.Nullable;

/**
 * One change of one key.
 *
 * @param kv the key as it is now; of a deletion only key and revision are said
 * @param prevKv the key as it was before, if it was asked for, existed, and isn't compacted
 */
public record Event(Kind kind, KeyValue kv, @Nullable KeyValue prevKv) {

  /** What happened to the key. */
  public enum Kind {
    /** It was written. */
    PUT(0),
    /** It was deleted, or its lease ended. */
    DELETE(1);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    /** Its number on the wire. */
    public int number() {
      return number;
    }
  }

  /** Whether the key wasn't there before. */
  public boolean isCreation() {
    return kind == Kind.PUT && kv.createRevision() == kv.modRevision();
  }
}
