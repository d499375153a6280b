package io.quorate.cli;

/** Ids in hexadecimal digits, as etcdctl reads and prints them. */
final class Hex {
  private Hex() {}

  /** Sixteen digits, with zeros in front. */
  static String padded(long id) {
    return String.format("%016x", id);
  }

  /** At least sixteen characters, with blanks in front. */
  static String wide(long id) {
    return String.format("%16x", id);
  }

  /** A lease's id. */
  static long lease(String text) {
    return id(text, "bad lease ID arg (strconv.ParseInt: parsing ");
  }

  /** A member's id. */
  static long member(String text) {
    return id(text, "bad member ID arg (strconv.ParseUint: parsing ");
  }

  private static long id(String text, String complaint) {
    try {
      return Long.parseUnsignedLong(text, 16);
    } catch (NumberFormatException _) {
      throw new UsageError(complaint + "\"" + text + "\": invalid syntax), expecting ID in Hex");
    }
  }
}
