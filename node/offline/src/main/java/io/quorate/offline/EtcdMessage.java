package io.quorate.offline;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;

/**
 * A protobuf message in etcd's files, field by field. A few kinds of messages with a handful of
 * fields don't need generated code.
 */
final class EtcdMessage {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final byte[] message;
  private int at;
  private int field;
  private int type;
  private long number;
  private Bytes bytes = Bytes.EMPTY;

  EtcdMessage(byte[] message) {
    this.message = message;
  }

  EtcdMessage(Bytes message) {
    this(message.toArray());
  }

  /** Goes to the next field; false at the end. */
  boolean next() {
    if (at == message.length) {
      return false;
    }
    long tag = varint();
    field = (int) (tag >>> 3);
    type = (int) (tag & 7);
    switch (type) {
      case VARINT -> number = varint();
      case BYTES -> bytes = take(varint());
      case FIXED64 -> take(Long.BYTES);
      case FIXED32 -> take(Integer.BYTES);
      default -> throw damaged();
    }
    return true;
  }

  int field() {
    return field;
  }

  long number() {
    if (type != VARINT) {
      throw damaged();
    }
    return number;
  }

  /** Shares the message's array. */
  Bytes bytes() {
    if (type != BYTES) {
      throw damaged();
    }
    return bytes;
  }

  private Bytes take(long length) {
    if (length < 0 || length > message.length - at) {
      throw damaged();
    }
    at += (int) length;
    return Bytes.wrap(message, at - (int) length, (int) length);
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      if (at == message.length) {
        throw damaged();
      }
      byte group = message[at++];
      value |= (long) (group & 0x7f) << shift;
      if (group >= 0) {
        return value;
      }
    }
    throw damaged();
  }

  private QuorateException damaged() {
    return QuorateException.of(
        ErrorCode.DATA_DAMAGED, "a message in etcd's file can't be read at its byte " + at);
  }
}
