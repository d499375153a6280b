package io.quorate.cli;

import io.quorate.base.Bytes;
import org.jspecify.annotations.Nullable;

/** Go's quoted strings, as its {@code %q} writes and reads them. */
final class GoQuote {
  private static final int NOT_UTF8 = -1;

  private GoQuote() {}

  /** Bytes as a quoted text: what is printable UTF-8 as it is, anything else escaped. */
  static String quote(Bytes bytes) {
    StringBuilder out = new StringBuilder(bytes.length() + 2).append('"');
    int at = 0;
    while (at < bytes.length()) {
      int length = Utf8.length(bytes, at);
      int code = length == 0 ? NOT_UTF8 : Utf8.codePoint(bytes, at, length);
      if (code == NOT_UTF8) {
        hex(out.append("\\x"), bytes.at(at) & 0xff, 2);
        at++;
        continue;
      }
      at += length;
      switch (code) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case 0x07 -> out.append("\\a");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case 0x0b -> out.append("\\v");
        default -> {
          if (isPrintable(code)) {
            out.appendCodePoint(code);
          } else if (code < 0x80) {
            hex(out.append("\\x"), code, 2);
          } else if (code < 0x10000) {
            hex(out.append("\\u"), code, 4);
          } else {
            hex(out.append("\\U"), code, 8);
          }
        }
      }
    }
    return out.append('"').toString();
  }

  /** A text as a quoted one. */
  static String quote(String text) {
    return quote(Bytes.utf8(text));
  }

  /**
   * Reads a quoted string at the beginning of a text of one character a byte.
   *
   * @param into receives what it stands for, one character a byte
   * @return where it ends, or -1 if there is none
   */
  static int unquote(String raw, int from, StringBuilder into) {
    if (from >= raw.length()) {
      return -1;
    }
    char mark = raw.charAt(from);
    if (mark == '`') {
      int end = raw.indexOf('`', from + 1);
      if (end >= 0) {
        into.append(raw, from + 1, end);
        return end + 1;
      }
      return -1;
    }
    if (mark != '"') {
      return -1;
    }
    int at = from + 1;
    while (at < raw.length()) {
      char c = raw.charAt(at++);
      if (c == '"') {
        return at;
      }
      if (c != '\\') {
        into.append(c);
        continue;
      }
      if (at == raw.length()) {
        return -1;
      }
      char escape = raw.charAt(at++);
      int digits =
          switch (escape) {
            case 'x' -> 2;
            case 'u' -> 4;
            case 'U' -> 8;
            default -> 0;
          };
      if (digits > 0) {
        Integer code = number(raw, at, digits, 16);
        if (code == null || (digits > 2 && !Character.isValidCodePoint(code))) {
          return -1;
        }
        at += digits;
        if (digits == 2) {
          into.append((char) code.intValue());
        } else {
          Bytes utf8 = Bytes.utf8(Character.toString(code));
          for (int i = 0; i < utf8.length(); i++) {
            into.append((char) (utf8.at(i) & 0xff));
          }
        }
      } else if (escape >= '0' && escape <= '7') {
        Integer code = number(raw, at - 1, 3, 8);
        if (code == null || code > 0xff) {
          return -1;
        }
        at += 2;
        into.append((char) code.intValue());
      } else {
        int plain = "abfnrtv\\\"".indexOf(escape);
        if (plain < 0) {
          return -1;
        }
        into.append("\u0007\b\f\n\r\t\u000b\\\"".charAt(plain));
      }
    }
    return -1;
  }

  private static @Nullable Integer number(String raw, int from, int digits, int radix) {
    if (from + digits > raw.length()) {
      return null;
    }
    int value = 0;
    for (int i = from; i < from + digits; i++) {
      int digit = Character.digit(raw.charAt(i), radix);
      if (digit < 0 || value > Integer.MAX_VALUE / radix - 1) {
        return null;
      }
      value = value * radix + digit;
    }
    return value;
  }

  private static boolean isPrintable(int code) {
    if (code == ' ') {
      return true;
    }
    return switch (Character.getType(code)) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER,
          Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.DECIMAL_DIGIT_NUMBER,
          Character.LETTER_NUMBER,
          Character.OTHER_NUMBER,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.CONNECTOR_PUNCTUATION,
          Character.OTHER_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.MATH_SYMBOL,
          Character.CURRENCY_SYMBOL,
          Character.MODIFIER_SYMBOL,
          Character.OTHER_SYMBOL ->
          true;
      default -> false;
    };
  }

  private static void hex(StringBuilder out, int value, int digits) {
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
      out.append(Character.forDigit((value >> shift) & 0xf, 16));
    }
  }
}
