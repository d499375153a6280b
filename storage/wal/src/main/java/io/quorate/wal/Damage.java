package io.quorate.wal;

/**
 * A place in the log that is not what was made durable there.
 *
 * @param file path of the segment
 * @param offset where in it
 * @param group whose record it was; -1 if that can't be told
 * @param index which entry it was; -1 if that can't be told, 0 if it was none
 * @param what in words: what was expected and what was found
 */
public record Damage(String file, long offset, long group, long index, String what) {
  /** The place and the damage in one line. */
  @Override
  public String toString() {
    String whose = group < 0 ? "" : ", group " + group + (index > 0 ? ", index " + index : "");
    return "%s at offset %d%s: %s".formatted(file, offset, whose, what);
  }
}
