package io.quorate.machine;

import io.quorate.base.Bytes;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.kv.ComputedRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.streams.StreamAppend;
import org.jspecify.annotations.Nullable;

/** An append to streams in a command: the message that the client sent, and what is beside it. */
final class StreamsCodec {
  static final int KIND = 50;

  /** There is something beside it. */
  static final int BESIDE = 1;

  private StreamsCodec() {}

  static int length(ComputedRequest request) {
    StreamAppend append = append(request);
    return CommandWriter.bytesLength(append.message())
        + (flags(append) == 0 ? 0 : RequestCodec.length(append.beside()));
  }

  static int flags(ComputedRequest request) {
    TxnRequest beside = append(request).beside();
    return beside.compares().isEmpty() && beside.success().isEmpty() ? 0 : BESIDE;
  }

  static void write(ComputedRequest request, CommandWriter out) {
    StreamAppend append = append(request);
    out.putBytes(append.message());
    if (flags(append) != 0) {
      RequestCodec.write(append.beside(), out);
    }
  }

  static StreamAppend read(boolean hasBeside, CommandReader in) {
    Bytes message = in.getBytes();
    @Nullable TxnRequest beside = null;
    if (hasBeside) {
      if (!(RequestCodec.read(in) instanceof TxnRequest txn)) {
        throw in.damaged("what is beside an append is no transaction");
      }
      beside = txn;
    }
    try {
      return StreamAppend.read(message, beside);
    } catch (MalformedMessage e) {
      throw in.damaged("an append can't be read: " + e.getMessage());
    }
  }

  /** The only request of its kind. */
  private static StreamAppend append(ComputedRequest request) {
    if (request instanceof StreamAppend append) {
      return append;
    }
    throw new IllegalArgumentException("no command can hold " + request.getClass());
  }
}
