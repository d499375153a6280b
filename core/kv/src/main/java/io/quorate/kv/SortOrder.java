package io.quorate.kv;

/** In which direction a range is sorted. */
public enum SortOrder {
  /** By key ascending, or by another target ascending if one is named. */
  NONE,
  /** Smallest first. */
  ASCEND,
  /** Largest first. */
  DESCEND,
  /** A number that this version doesn't know; refused by {@link KvValidator}. */
  UNRECOGNIZED
}
