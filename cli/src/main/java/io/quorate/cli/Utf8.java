package io.quorate.cli;

import io.quorate.base.Bytes;

/** UTF-8, one code point at a time. */
final class Utf8 {
  private Utf8() {}

  /** How many bytes the code point at a position takes; 0 if it is none. */
  static int length(Bytes bytes, int at) {
    int first = bytes.at(at) & 0xff;
    if (first < 0x80) {
      return 1;
    }
    int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + length > bytes.length()) {
      return 0;
    }
    for (int i = 1; i < length; i++) {
      if ((bytes.at(at + i) & 0xc0) != 0x80) {
        return 0;
      }
    }
    int code = codePoint(bytes, at, length);
    int least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
    boolean surrogate = code >= 0xd800 && code <= 0xdfff;
    return code < least || code > 0x10ffff || surrogate ? 0 : length;
  }

  /** The code point at a position, of a length that is known. */
  static int codePoint(Bytes bytes, int at, int length) {
    int first = bytes.at(at) & 0xff;
    int code = length == 1 ? first : first & (0xff >> (length + 1));
    for (int i = 1; i < length; i++) {
      code = (code << 6) | (bytes.at(at + i) & 0x3f);
    }
    return code;
  }
}
