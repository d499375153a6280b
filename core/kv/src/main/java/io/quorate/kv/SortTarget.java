package io.quorate.kv;

/** What a range is sorted by. */
public enum SortTarget {
  /** The key, as unsigned bytes. */
  KEY,
  /** How often the key was put since it was created. */
  VERSION,
  /** The revision that created the key. */
  CREATE,
  /** The revision that last changed the key. */
  MOD,
  /** The value, as unsigned bytes. */
  VALUE,
  /** A number that this version doesn't know; refused by {@link KvValidator}. */
  UNRECOGNIZED
}
