package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.Objects;

/**
 * Writes a key.
 *
 * @param key the key
 * @param value the new value; may be empty
 * @param lease the lease to attach the key to; 0 detaches it from the one it has
 * @param prevKv whether to return the version before
 * @param ignoreValue whether to keep the value; the key must exist and {@code value} be empty
 * @param ignoreLease whether to keep the lease; the key must exist and {@code lease} be 0
 */
public record PutRequest(
    Bytes key, Bytes value, long lease, boolean prevKv, boolean ignoreValue, boolean ignoreLease)
    implements KvOp {
  /** Refuses nulls. */
  public PutRequest {
    Objects.requireNonNull(key);
    Objects.requireNonNull(value);
  }

  /** A put without options. */
  public static PutRequest of(Bytes key, Bytes value) {
    return new PutRequest(key, value, 0, false, false, false);
  }
}
