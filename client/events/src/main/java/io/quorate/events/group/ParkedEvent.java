package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.KeyValue;
import io.quorate.events.Position;

/**
 * An event that a group couldn't handle, and passed by. It stays in its stream; this says which it
 * is. Kept as a Protobuf message, {@code quorate.events.v1.Parked}.
 *
 * @param partition of the group
 * @param position of the event
 * @param stream of the event
 * @param version of the event
 * @param attempts how often it was tried
 * @param reason why it couldn't be handled, the last time
 */
public record ParkedEvent(
    int partition, Position position, String stream, long version, int attempts, String reason) {
  private static final int FORMAT = 1;
  private static final int REASON_LENGTH_MAX = 1_000;

  /** Keeps the reason short. */
  public ParkedEvent {
    reason = reason.substring(0, Math.min(reason.length(), REASON_LENGTH_MAX));
  }

  /** Tried once more, in vain. */
  ParkedEvent failed(String why) {
    return new ParkedEvent(partition, position, stream, version, attempts + 1, why);
  }

  Bytes encode() {
    return new ProtoWriter(stream.length() + reason.length() + 64)
        .number(1, FORMAT)
        .number(2, partition)
        .text(3, position.toText())
        .text(4, stream)
        .number(5, version)
        .number(6, attempts)
        .text(7, reason)
        .toBytes();
  }

  static ParkedEvent of(KeyValue kv) {
    try {
      return decode(new ProtoReader(kv.value()));
    } catch (MalformedMessage | IllegalArgumentException | ArithmeticException e) {
      throw QuorateException.of(
          ErrorCode.VALUE_UNREADABLE,
          "no consumer wrote what " + kv.key().toUtf8() + " holds: " + e.getMessage(),
          e);
    }
  }

  private static ParkedEvent decode(ProtoReader in) {
    long format = 0;
    int partition = 0;
    String position = "";
    String stream = "";
    long version = 0;
    int attempts = 0;
    String reason = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> format = in.number();
        case 2 -> partition = Math.toIntExact(in.number());
        case 3 -> position = in.text();
        case 4 -> stream = in.text();
        case 5 -> version = in.number();
        case 6 -> attempts = Math.toIntExact(in.number());
        case 7 -> reason = in.text();
        default -> {}
      }
    }
    if (format != FORMAT) {
      throw new MalformedMessage("its format is " + format + ", not " + FORMAT);
    }
    return new ParkedEvent(partition, Position.parse(position), stream, version, attempts, reason);
  }
}
