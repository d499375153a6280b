package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * One version of a key.
 *
 * @param key the key
 * @param createRevision the revision that created it
 * @param modRevision the revision that wrote this version
 * @param version how often it was put since it was created, this time included
 * @param value the value; empty if only keys were asked for
 * @param lease the lease that it is attached to, or 0
 */
public record KeyValue(
    Bytes key, long createRevision, long modRevision, long version, Bytes value, long lease) {
  /** Refuses nulls. */
  public KeyValue {
    Objects.requireNonNull(key);
    Objects.requireNonNull(value);
  }
}
