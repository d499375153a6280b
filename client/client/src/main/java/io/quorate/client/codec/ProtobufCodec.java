package io.quorate.client.codec;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.quorate.base.Bytes;

/**
 * Messages of Protobuf in their binary form, by {@code com.google.protobuf:protobuf-java} or {@code
 * protobuf-javalite}, which has to be on the class path. Safe for use by many threads.
 */
public final class ProtobufCodec<T extends MessageLite> implements Codec<T> {
  private final Parser<T> parser;

  private ProtobufCodec(Parser<T> parser) {
    this.parser = parser;
  }

  /** Of the messages that a parser reads, such as {@code Order.parser()}. */
  public static <T extends MessageLite> ProtobufCodec<T> of(Parser<T> parser) {
    return new ProtobufCodec<>(parser);
  }

  @Override
  public Bytes encode(T value) {
    return Bytes.wrap(value.toByteArray());
  }

  @Override
  public T decode(Bytes bytes) {
    try {
      return parser.parseFrom(bytes.array(), bytes.arrayOffset(), bytes.length());
    } catch (InvalidProtocolBufferException e) {
      throw Codec.unreadable(e);
    }
  }
}
