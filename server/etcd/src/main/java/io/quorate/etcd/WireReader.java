package io.quorate.etcd;

import io.quorate.base.Bytes;

/**
 * Reads protobuf's wire format from a slice, without copying: for the few messages whose decoding
 * shows in a profile.
 *
 * <p>It knows the regular case only. Whatever is unusual or malformed turns {@link #irregular} on
 * and ends the reading; the caller then takes the generated classes, which know every case and name
 * every error. Used once, by one thread.
 */
final class WireReader {
  /** Wire types, the lower three bits of a tag. */
  static final int VARINT = 0;

  static final int FIXED64 = 1;
  static final int LENGTH = 2;
  static final int FIXED32 = 5;

  private final byte[] array;
  private final int stop;
  private int at;
  private boolean irregular;

  WireReader(Bytes message) {
    this.array = message.array();
    this.at = message.arrayOffset();
    this.stop = at + message.length();
  }

  /** Whether something was met that this reader leaves to others; nothing read counts then. */
  boolean irregular() {
    return irregular;
  }

  /** Where the whole message ends. */
  int stop() {
    return stop;
  }

  /** The next tag before {@code end}, or 0 where the message ends. */
  int tag(int end) {
    if (at >= end) {
      irregular |= at > end;
      return 0;
    }
    long tag = varint();
    if (tag <= 0 || tag > 0x7FFF_FFFFL || tag >>> 3 == 0) {
      giveUp();
      return 0;
    }
    return (int) tag;
  }

  long varint() {
    if (at < stop) {
      byte first = array[at];
      if (first >= 0) {
        at++;
        return first;
      }
    }
    return longVarint();
  }

  private long longVarint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at >= stop) {
        break;
      }
      byte next = array[at++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    giveUp();
    return 0;
  }

  boolean bool() {
    return varint() != 0;
  }

  /** A slice of the message: a field of bytes. */
  Bytes bytes() {
    int length = length();
    Bytes slice = Bytes.wrap(array, at, length);
    at += length;
    return slice;
  }

  /** Enters a message that is a field; returns where it ends. */
  int enter() {
    int length = length();
    return at + length;
  }

  /** Goes past a field that nobody asked for. */
  void skip(int tag) {
    switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> advance(8);
      case LENGTH -> advance(length());
      case FIXED32 -> advance(4);
      default -> giveUp();
    }
  }

  /** Leaves the message to the generated classes. */
  void giveUp() {
    irregular = true;
    at = stop;
  }

  private int length() {
    long length = varint();
    if (length < 0 || length > stop - at) {
      giveUp();
      return 0;
    }
    return (int) length;
  }

  private void advance(int bytes) {
    if (bytes > stop - at) {
      giveUp();
    } else {
      at += bytes;
    }
  }
}
