package io.quorate.client;

import java.util.List;
import java.util.Optional;

/**
 * What was read.
 *
 * @param kvs the keys, in the order asked for
 * @param more whether the limit cut keys off
 * @param count how many keys the range has, whatever the limit
 */
public record RangeResponse(Header header, List<KeyValue> kvs, boolean more, long count)
    implements OpResponse {

  /** The first key, if there is one: the answer to a read of one key. */
  public Optional<KeyValue> first() {
    return kvs.isEmpty() ? Optional.empty() : Optional.of(kvs.get(0));
  }
}
