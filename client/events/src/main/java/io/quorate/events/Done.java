package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.KeyValue;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is kept of an append that names no version somewhere: that it was done, and where. A
 * Protobuf message, {@code quorate.events.v1.Done}.
 *
 * @param events how many it appended
 * @param versions of the last event of each stream
 */
record Done(int events, Map<String, Long> versions) {
  private static final int FORMAT = 1;

  Bytes encode() {
    ProtoWriter out = new ProtoWriter(64);
    out.number(1, FORMAT);
    out.number(2, events);
    versions.forEach((stream, version) -> {
      int mark = out.open(3);
      out.text(1, stream);
      out.number(2, version);
      out.close(mark);
    });
    return out.toBytes();
  }

  /** What a key holds that says so. */
  static Done of(KeyValue kv) {
    try {
      return decode(kv.value());
    } catch (MalformedMessage | ArithmeticException e) {
      throw QuorateException.of(
          ErrorCode.VALUE_UNREADABLE,
          "no append wrote what " + kv.key().toUtf8() + " holds: " + e.getMessage(),
          e);
    }
  }

  private static Done decode(Bytes value) {
    long format = 0;
    int events = 0;
    Map<String, Long> versions = new LinkedHashMap<>();
    ProtoReader in = new ProtoReader(value);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> format = in.number();
        case 2 -> events = Math.toIntExact(in.number());
        case 3 -> version(in.message(), versions);
        default -> {}
      }
    }
    if (format != FORMAT) {
      throw new MalformedMessage("its format is " + format + ", not " + FORMAT);
    }
    return new Done(events, versions);
  }

  private static void version(ProtoReader in, Map<String, Long> versions) {
    String stream = "";
    long version = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> stream = in.text();
        case 2 -> version = in.number();
        default -> {}
      }
    }
    versions.put(stream, version);
  }
}
