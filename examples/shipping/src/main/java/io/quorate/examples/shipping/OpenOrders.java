package io.quorate.examples.shipping;

import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.events.RecordedEvent;
import io.quorate.events.codec.EventCodec;
import io.quorate.events.group.Projector;
import java.util.List;

/**
 * The orders that wait to be paid, as keys of the store: one for each, which is there as long as
 * the order is open. The store changes them in the step in which the checkpoint moves, so they are
 * exactly what the events up to there say.
 */
public final class OpenOrders implements Projector {
  private static final String PREFIX = "shop/open/";

  private final EventCodec<OrderEvent> codec;

  OpenOrders(EventCodec<OrderEvent> codec) {
    this.codec = codec;
  }

  @Override
  public List<Op> project(RecordedEvent event) {
    String key = PREFIX + event.stream();
    return switch (codec.decode(event)) {
      case OrderEvent.Placed placed ->
          List.of(Put.of(key, placed.pieces() + " " + placed.article()));
      case OrderEvent.Paid _, OrderEvent.Cancelled _ -> List.of(Delete.key(key));
    };
  }

  /** What is open, in words. */
  public static List<String> list(QuorateClient client) {
    return client.kv().range(Range.prefix(PREFIX)).kvs().stream()
        .map(KeyValue::value)
        .map(value -> value.toUtf8())
        .toList();
  }
}
