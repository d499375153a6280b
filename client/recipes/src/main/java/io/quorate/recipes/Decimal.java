package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;

/** Numbers as they stand in values. */
final class Decimal {
  private Decimal() {}

  /**
   * A decimal number.
   *
   * @param what it is, for who reads the failure
   * @throws QuorateException.Corrupt with {@link ErrorCode#DATA_DAMAGED} if it is none
   */
  static long parse(Bytes value, String what) {
    try {
      return Long.parseLong(value.toUtf8());
    } catch (NumberFormatException e) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED, what + " is no number: " + value.toUtf8(), e);
    }
  }
}
