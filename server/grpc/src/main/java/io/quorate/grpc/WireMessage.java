package io.quorate.grpc;

import io.quorate.base.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;

/**
 * Protobuf's wire format, as much of it as the standard services need: their messages are made of
 * texts, numbers and each other, so that they are read and written by hand.
 */
final class WireMessage {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Adds a number. */
  WireMessage number(int field, long value) {
    varint(((long) field << 3) | VARINT);
    varint(value);
    return this;
  }

  /** Adds a text. */
  WireMessage text(int field, String value) {
    return bytes(field, Bytes.utf8(value));
  }

  /** Adds bytes, or a message. */
  WireMessage bytes(int field, Bytes value) {
    varint(((long) field << 3) | LENGTH_DELIMITED);
    varint(value.length());
    out.write(value.array(), value.arrayOffset(), value.length());
    return this;
  }

  /** What was added. */
  Bytes encoded() {
    return Bytes.wrap(out.toByteArray());
  }

  private void varint(long value) {
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      out.write((int) (rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /**
   * Hands over each field of a message that has a length, by its number; others are passed over.
   *
   * @throws StatusException if it is no message
   */
  static void read(Bytes message, BiConsumer<Integer, Bytes> field) {
    int at = 0;
    while (at < message.length()) {
      long tag = varint(message, at);
      at = afterVarint(message, at);
      switch ((int) tag & 7) {
        case VARINT -> at = afterVarint(message, at);
        case FIXED64 -> at += 8;
        case FIXED32 -> at += 4;
        case LENGTH_DELIMITED -> {
          long length = varint(message, at);
          at = afterVarint(message, at);
          if (length < 0 || length > message.length() - at) {
            throw malformed();
          }
          field.accept((int) (tag >>> 3), message.slice(at, at + (int) length));
          at += (int) length;
        }
        default -> throw malformed();
      }
    }
    if (at > message.length()) {
      throw malformed();
    }
  }

  /**
   * The text that a field holds.
   *
   * @throws StatusException if it is none
   */
  static String text(Bytes utf8) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(utf8.asByteBuffer())
          .toString();
    } catch (CharacterCodingException e) {
      throw malformed();
    }
  }

  private static long varint(Bytes message, int from) {
    long value = 0;
    int end = afterVarint(message, from);
    for (int at = from; at < end; at++) {
      value |= (message.at(at) & 0x7fL) << (7 * (at - from));
    }
    return value;
  }

  private static int afterVarint(Bytes message, int from) {
    int at = from;
    while (true) {
      if (at >= message.length() || at - from > 9) {
        throw malformed();
      }
      if (message.at(at++) >= 0) {
        return at;
      }
    }
  }

  private static StatusException malformed() {
    return Status.of(StatusCode.INTERNAL, "grpc: error unmarshalling request").asException();
  }
}
