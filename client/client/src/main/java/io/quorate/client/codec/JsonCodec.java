package io.quorate.client.codec;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Values as JSON, by Jackson 3, which has to be on the class path: {@code
 * tools.jackson.core:jackson-databind}. Safe for use by many threads.
 */
public final class JsonCodec<T> implements Codec<T> {
  private final ObjectMapper mapper;
  private final JavaType type;

  private JsonCodec(ObjectMapper mapper, JavaType type) {
    this.mapper = mapper;
    this.type = type;
  }

  /** Of a class, such as a record, with Jackson's defaults: unknown fields are passed over. */
  public static <T> JsonCodec<T> of(Class<T> type) {
    ObjectMapper mapper = JsonMapper.shared();
    return new JsonCodec<>(mapper, mapper.constructType(type));
  }

  /** Of a class, by a mapper of the caller's. */
  public static <T> JsonCodec<T> of(ObjectMapper mapper, Class<T> type) {
    return new JsonCodec<>(mapper, mapper.constructType(type));
  }

  /** Of a type with parameters, such as {@code new TypeReference<List<Order>>() {}}. */
  public static <T> JsonCodec<T> of(ObjectMapper mapper, TypeReference<T> type) {
    return new JsonCodec<>(mapper, mapper.constructType(type));
  }

  @Override
  public Bytes encode(T value) {
    try {
      return Bytes.wrap(mapper.writerFor(type).writeValueAsBytes(value));
    } catch (JacksonException e) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST, "the value can't be written as JSON: " + e.getMessage(), e);
    }
  }

  @Override
  public T decode(Bytes bytes) {
    T value;
    try {
      value = mapper.readValue(bytes.array(), bytes.arrayOffset(), bytes.length(), type);
    } catch (JacksonException e) {
      throw Codec.unreadable(e);
    }
    if (value == null) {
      throw Codec.unreadable(new IllegalArgumentException("it is null"));
    }
    return value;
  }
}
