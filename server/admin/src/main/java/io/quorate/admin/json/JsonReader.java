package io.quorate.admin.json;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a JSON object as a message of a given type. Unknown names are passed over; a value that
 * doesn't fit its field is a fault. Safe from any thread.
 */
public final class JsonReader {
  /** How deep objects and lists may lie in each other. */
  static final int DEPTH_MAX = 200;

  private static final int NUMBER_CHARS_MAX = 64;
  private static final BigInteger TWO_TO_64 = BigInteger.ONE.shiftLeft(64);

  private final JsonFactory json;
  private final Map<Descriptor, Map<String, FieldDescriptor>> names = new ConcurrentHashMap<>();

  /**
   * A reader.
   *
   * @param textCharsMax longest text in a message, in characters
   */
  public JsonReader(int textCharsMax) {
    json =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxNumberLength(NUMBER_CHARS_MAX)
                    .maxStringLength(textCharsMax)
                    .build())
            .build();
  }

  /**
   * Reads the first JSON value of {@code text}; nothing at all is an empty message. What follows
   * the value is not looked at.
   *
   * @throws JsonFault if it is no JSON object, or no message of that type
   */
  public Message read(Descriptor type, byte[] text) throws JsonFault {
    try (JsonParser in = json.createParser(ObjectReadContext.empty(), text, 0, text.length)) {
      JsonToken first = in.nextToken();
      if (first == null) {
        return DynamicMessage.getDefaultInstance(type);
      }
      if (first != JsonToken.START_OBJECT) {
        throw fault(in, "an object is expected for " + type.getFullName());
      }
      return object(in, type);
    } catch (StreamConstraintsException e) {
      throw new JsonFault("JSON beyond a bound: " + e.getOriginalMessage());
    } catch (JacksonException e) {
      throw new JsonFault("not JSON" + where(e.getLocation()) + ": " + e.getOriginalMessage());
    }
  }

  /** Reads the object that was just begun. */
  private Message object(JsonParser in, Descriptor type) throws JsonFault {
    DynamicMessage.Builder message = DynamicMessage.newBuilder(type);
    Set<FieldDescriptor> given = new HashSet<>();
    while (in.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = in.currentName();
      FieldDescriptor field = fields(type).get(name);
      JsonToken value = in.nextToken();
      if (field == null) {
        in.skipChildren();
        continue;
      }
      if (!given.add(field)) {
        throw fault(in, name + " is given twice");
      }
      if (value != JsonToken.VALUE_NULL) { // which is as if it weren't there
        set(message, field, name, in);
      }
    }
    return message.build();
  }

  private void set(
      DynamicMessage.Builder message, FieldDescriptor field, String name, JsonParser in)
      throws JsonFault {
    if (field.isRepeated()) {
      message.setField(field, list(in, field, name));
      return;
    }
    OneofDescriptor alternatives = field.getRealContainingOneof();
    if (alternatives != null && message.hasOneof(alternatives)) {
      throw fault(
          in, name + " excludes " + message.getOneofFieldDescriptor(alternatives).getName());
    }
    message.setField(field, value(in, field, name));
  }

  private List<Object> list(JsonParser in, FieldDescriptor field, String name) throws JsonFault {
    if (in.currentToken() != JsonToken.START_ARRAY) {
      throw fault(in, name + " wants a list");
    }
    List<Object> values = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      values.add(value(in, field, name));
    }
    return values;
  }

  private Object value(JsonParser in, FieldDescriptor field, String name) throws JsonFault {
    return switch (field.getJavaType()) {
      case BOOLEAN ->
          switch (in.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            default -> throw fault(in, name + " wants true or false");
          };
      case INT -> (int) number(in, field, name, 32);
      case LONG -> number(in, field, name, 64);
      case FLOAT -> decimal(in, name).floatValue();
      case DOUBLE -> decimal(in, name).doubleValue();
      case STRING -> text(in, name);
      case BYTE_STRING -> ByteString.copyFrom(base64(in, name));
      case ENUM -> constant(in, field, name);
      case MESSAGE -> {
        if (in.currentToken() != JsonToken.START_OBJECT) {
          throw fault(in, name + " wants an object");
        }
        yield object(in, field.getMessageType());
      }
    };
  }

  /** A whole number, as a number or as text; unsigned ones in the bits of a signed one. */
  private static long number(JsonParser in, FieldDescriptor field, String name, int bits)
      throws JsonFault {
    BigDecimal decimal = decimal(in, name);
    boolean unsigned =
        switch (field.getType()) {
          case UINT32, FIXED32, UINT64, FIXED64 -> true;
          default -> false;
        };
    // Before the digits are written out: an exponent may stand for millions of them.
    boolean small = decimal.signum() == 0 || decimal.precision() - (long) decimal.scale() <= 20;
    if (!small) {
      throw fault(in, name + " is out of range");
    }
    BigInteger whole;
    try {
      whole = decimal.toBigIntegerExact();
    } catch (ArithmeticException e) {
      throw fault(in, name + " wants a whole number");
    }
    boolean fits =
        unsigned ? whole.signum() >= 0 && whole.bitLength() <= bits : whole.bitLength() <= bits - 1;
    if (!fits) {
      throw fault(in, name + " is out of range");
    }
    return whole.mod(TWO_TO_64).longValue();
  }

  private static BigDecimal decimal(JsonParser in, String name) throws JsonFault {
    JsonToken token = in.currentToken();
    boolean numeric =
        token == JsonToken.VALUE_NUMBER_INT
            || token == JsonToken.VALUE_NUMBER_FLOAT
            || token == JsonToken.VALUE_STRING;
    String text = numeric ? in.getString() : "";
    if (text.isEmpty() || text.length() > NUMBER_CHARS_MAX || text.charAt(0) == '+') {
      throw fault(in, name + " wants a number");
    }
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException e) {
      throw fault(in, name + " wants a number");
    }
  }

  private static String text(JsonParser in, String name) throws JsonFault {
    if (in.currentToken() != JsonToken.VALUE_STRING) {
      throw fault(in, name + " wants a text");
    }
    String text = in.getString();
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        boolean pair =
            Character.isHighSurrogate(text.charAt(i))
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw fault(in, name + " has half a character");
        }
        i++;
      }
    }
    return text;
  }

  /** Bytes in Base64: either alphabet, padded or not, also over several lines. */
  private static byte[] base64(JsonParser in, String name) throws JsonFault {
    if (in.currentToken() != JsonToken.VALUE_STRING) {
      throw fault(in, name + " wants a text in Base64");
    }
    String text = in.getString();
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == '=') {
      end--;
    }
    byte[] ascii = new byte[end];
    int length = 0;
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\r', '\n' -> {}
        case '-' -> ascii[length++] = '+';
        case '_' -> ascii[length++] = '/';
        default -> ascii[length++] = (byte) (c < 0x80 ? c : '?');
      }
    }
    byte[] exact = length == ascii.length ? ascii : java.util.Arrays.copyOf(ascii, length);
    try {
      return Base64.getDecoder().decode(exact);
    } catch (IllegalArgumentException e) {
      throw fault(in, name + " is not Base64");
    }
  }

  /** An enum by its name or number; a number that has no name is kept, as on the wire. */
  private static EnumValueDescriptor constant(JsonParser in, FieldDescriptor field, String name)
      throws JsonFault {
    if (in.currentToken() == JsonToken.VALUE_STRING) {
      EnumValueDescriptor named = field.getEnumType().findValueByName(in.getString());
      if (named == null) {
        throw fault(in, name + " is none of " + field.getEnumType().getValues());
      }
      return named;
    }
    if (in.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      throw fault(in, name + " wants the name of a " + field.getEnumType().getName());
    }
    return field
        .getEnumType()
        .findValueByNumberCreatingIfUnknown((int) number(in, field, name, 32));
  }

  private Map<String, FieldDescriptor> fields(Descriptor type) {
    return names.computeIfAbsent(type, JsonReader::byName);
  }

  private static Map<String, FieldDescriptor> byName(Descriptor type) {
    Map<String, FieldDescriptor> fields = new HashMap<>();
    for (FieldDescriptor field : type.getFields()) {
      fields.put(field.getName(), field);
      fields.put(field.getJsonName(), field);
    }
    return fields;
  }

  private static JsonFault fault(JsonParser in, String what) {
    return new JsonFault(what + where(in.currentTokenLocation()));
  }

  private static String where(@Nullable TokenStreamLocation at) {
    return at == null
        ? ""
        : " (line %d, column %d)".formatted(at.getLineNr(), Math.max(1, at.getColumnNr()));
  }
}
