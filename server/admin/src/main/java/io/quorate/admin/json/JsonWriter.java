package io.quorate.admin.json;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.quorate.base.Bytes;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes messages as JSON. Safe from any thread. */
public final class JsonWriter {
  private static final byte[] RESULT = "{\"result\":".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "}\n".getBytes(StandardCharsets.US_ASCII);

  private final JsonFactory json = JsonFactory.builder().build();

  /** A writer. */
  public JsonWriter() {}

  /** The JSON of an encoded message. */
  public byte[] write(Descriptor type, Bytes message) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64 + 2 * message.length());
    write(decoded(type, message), out);
    return out.toByteArray();
  }

  /** The same as one of many answers: as {@code result}, on a line of its own. */
  public byte[] writeResult(Descriptor type, Bytes message) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64 + 2 * message.length());
    out.writeBytes(RESULT);
    write(decoded(type, message), out);
    out.writeBytes(END);
    return out.toByteArray();
  }

  /** How a call failed, in the gateway's words. */
  public String failure(int code, String message) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(128);
    try (JsonGenerator to = json.createGenerator(ObjectWriteContext.empty(), out)) {
      to.writeStartObject();
      to.writeName("code").writeNumber(code);
      to.writeName("message").writeString(message);
      to.writeName("details").writeStartArray().writeEndArray();
      to.writeEndObject();
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static Message decoded(Descriptor type, Bytes message) {
    try {
      return DynamicMessage.parseFrom(
          type,
          com.google.protobuf.CodedInputStream.newInstance(
              message.array(), message.arrayOffset(), message.length()));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an answer is no " + type.getFullName(), e);
    } catch (java.io.IOException e) {
      throw new IllegalStateException("from memory", e);
    }
  }

  private void write(Message message, ByteArrayOutputStream out) {
    try (JsonGenerator to = json.createGenerator(ObjectWriteContext.empty(), out)) {
      write(message, to);
    }
  }

  private static void write(Message message, JsonGenerator to) {
    to.writeStartObject();
    message
        .getAllFields()
        .forEach((field, value) -> {
          to.writeName(field.getName());
          if (field.isRepeated()) {
            to.writeStartArray();
            ((List<?>) value).forEach(each -> write(field, each, to));
            to.writeEndArray();
          } else {
            write(field, value, to);
          }
        });
    to.writeEndObject();
  }

  private static void write(FieldDescriptor field, Object value, JsonGenerator to) {
    switch (field.getJavaType()) {
      case BOOLEAN -> to.writeBoolean((boolean) value);
      case INT ->
          to.writeNumber(
              isUnsigned(field) ? Integer.toUnsignedLong((int) value) : (long) (int) value);
      case LONG ->
          to.writeString(
              isUnsigned(field)
                  ? Long.toUnsignedString((long) value)
                  : Long.toString((long) value));
      case FLOAT -> to.writeNumber((float) value);
      case DOUBLE -> to.writeNumber((double) value);
      case STRING -> to.writeString((String) value);
      case BYTE_STRING -> to.writeBinary(((ByteString) value).toByteArray());
      case ENUM -> {
        EnumValueDescriptor constant = (EnumValueDescriptor) value;
        if (constant.getIndex() < 0) { // it has no name here
          to.writeNumber(constant.getNumber());
        } else {
          to.writeString(constant.getName());
        }
      }
      case MESSAGE -> write((Message) value, to);
    }
  }

  private static boolean isUnsigned(FieldDescriptor field) {
    return switch (field.getType()) {
      case UINT32, FIXED32, UINT64, FIXED64 -> true;
      default -> false;
    };
  }
}
