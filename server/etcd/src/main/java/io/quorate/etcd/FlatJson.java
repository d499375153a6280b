package io.quorate.etcd;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * As much of JSON as signed tokens need: the members of an object that are texts ({@link String}),
 * numbers ({@link Double}) or truth values ({@link Boolean}); null, and objects and lists within
 * it, are read and left out. A member that occurs twice is an error: two readers could take it two
 * ways.
 */
final class FlatJson {
  private static final int DEPTH_MAX = 16;
  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
  private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{4}");

  private final String text;
  private int at;

  private FlatJson(String text) {
    this.text = text;
  }

  /**
   * Reads an object.
   *
   * @throws IllegalArgumentException if it is none
   */
  static SortedMap<String, Object> read(String text) {
    FlatJson json = new FlatJson(text);
    SortedMap<String, Object> members = new TreeMap<>();
    json.space();
    json.object(members, 0);
    json.space();
    if (json.at != text.length()) {
      throw malformed();
    }
    return members;
  }

  /** A text in quotes. */
  static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20) {
        out.append("\\u").append(Integer.toHexString(0x10000 | c).substring(1));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }

  private void object(SortedMap<String, Object> members, int depth) {
    expect('{');
    space();
    if (!skip('}')) {
      do {
        space();
        String name = string();
        space();
        expect(':');
        Object value = value(depth + 1);
        if (depth == 0 && value != null && members.put(name, value) != null) {
          throw malformed();
        }
      } while (skip(','));
      expect('}');
    }
  }

  /** A value; null if it is left out. */
  private @Nullable Object value(int depth) {
    if (depth > DEPTH_MAX) {
      throw malformed();
    }
    space();
    Object value = null;
    switch (peek()) {
      case '"' -> value = string();
      case '{' -> object(new TreeMap<>(), depth);
      case '[' -> {
        at++;
        space();
        if (!skip(']')) {
          do {
            var _ = value(depth + 1);
          } while (skip(','));
          expect(']');
        }
      }
      default -> value = word();
    }
    space();
    return value;
  }

  private @Nullable Object word() {
    int from = at;
    while (at < text.length() && isWord(text.charAt(at))) {
      at++;
    }
    String word = text.substring(from, at);
    return switch (word) {
      case "null" -> null;
      case "true" -> true;
      case "false" -> false;
      default -> {
        if (!NUMBER.matcher(word).matches()) {
          throw malformed();
        }
        yield Double.valueOf(word);
      }
    };
  }

  private static boolean isWord(char c) {
    return Character.isLetterOrDigit(c) || c == '+' || c == '-' || c == '.';
  }

  private String string() {
    expect('"');
    StringBuilder out = new StringBuilder();
    for (char c = next(); c != '"'; c = next()) {
      if (c < 0x20) {
        throw malformed();
      }
      out.append(c == '\\' ? escaped() : c);
    }
    return out.toString();
  }

  private char escaped() {
    char c = next();
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> {
        String code = text.substring(at, Math.min(at + 4, text.length()));
        if (!HEX.matcher(code).matches()) {
          throw malformed();
        }
        at += 4;
        yield (char) Integer.parseInt(code, 16);
      }
      default -> throw malformed();
    };
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private boolean skip(char c) {
    if (peek() != c) {
      return false;
    }
    at++;
    return true;
  }

  private void expect(char c) {
    if (next() != c) {
      throw malformed();
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw malformed();
    }
    return text.charAt(at);
  }

  private char next() {
    char c = peek();
    at++;
    return c;
  }

  private static IllegalArgumentException malformed() {
    return new IllegalArgumentException("not a JSON object");
  }
}
