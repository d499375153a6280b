package io.quorate.client.codec;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * How values of a type become bytes, and bytes values. Implementations are safe for use by many
 * threads.
 *
 * @param <T> the type of the values
 */
public interface Codec<T> {
  /**
   * The bytes of a value.
   *
   * @throws QuorateException.Rejected if the value has none
   */
  Bytes encode(T value);

  /**
   * The value of bytes.
   *
   * @throws QuorateException.Rejected with {@link ErrorCode#VALUE_UNREADABLE} if they have none
   */
  T decode(Bytes bytes);

  /** The bytes as they are. */
  static Codec<Bytes> bytes() {
    return of(Function.identity(), Function.identity());
  }

  /** Texts as UTF-8; what isn't UTF-8 is unreadable. */
  static Codec<String> utf8() {
    return of(Bytes::utf8, Codec::text);
  }

  /**
   * By two functions, such as {@code Codec.utf8().map(Long::toString, Long::valueOf)}.
   *
   * @param decode what it throws is told as {@link ErrorCode#VALUE_UNREADABLE}
   */
  static <T> Codec<T> of(Function<T, Bytes> encode, Function<Bytes, T> decode) {
    return new Codec<>() {
      @Override
      public Bytes encode(T value) {
        return encode.apply(value);
      }

      @Override
      public T decode(Bytes bytes) {
        try {
          return decode.apply(bytes);
        } catch (QuorateException e) {
          throw e;
        } catch (RuntimeException e) {
          throw unreadable(e);
        }
      }
    };
  }

  /** Values that are made of this codec's. */
  default <U> Codec<U> map(Function<U, T> to, Function<T, U> from) {
    return of(value -> encode(to.apply(value)), bytes -> from.apply(decode(bytes)));
  }

  /** What is thrown where bytes have no value. */
  static QuorateException unreadable(Exception why) {
    return QuorateException.of(
        ErrorCode.VALUE_UNREADABLE,
        "the value isn't what its codec reads; it was written by another, perhaps: "
            + why.getMessage(),
        why);
  }

  private static String text(Bytes bytes) {
    try {
      ByteBuffer in = bytes.asByteBuffer();
      return StandardCharsets.UTF_8.newDecoder().decode(in).toString();
    } catch (CharacterCodingException e) {
      throw unreadable(e);
    }
  }
}
