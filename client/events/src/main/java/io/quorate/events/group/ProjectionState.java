package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import org.jspecify.annotations.Nullable;

/**
 * Which generations of a projection there are. Kept as lines of text: the last number that was
 * given, then of what is in use, and of what is in the making, the number and the form.
 *
 * @param last the highest number that was given
 * @param making null if there is none
 * @param revision that it was written at; 0 if it wasn't
 */
record ProjectionState(long last, Made inUse, @Nullable Made making, long revision) {
  /** A generation. */
  record Made(long number, String form) {}

  static ProjectionState first(String form) {
    return new ProjectionState(1, new Made(1, form), null, 0);
  }

  /** With one more in the making. */
  ProjectionState making(String form) {
    return new ProjectionState(last + 1, inUse, new Made(last + 1, form), 0);
  }

  /** With that in use which is in the making. */
  ProjectionState swapped() {
    return new ProjectionState(last, making == null ? inUse : making, null, 0);
  }

  /** With none in the making. */
  ProjectionState abandoned() {
    return new ProjectionState(last, inUse, null, 0);
  }

  /** Whether a generation is in use or in the making. */
  boolean has(long number) {
    return inUse.number == number || (making != null && making.number == number);
  }

  /**
   * Whether a generation was dropped: one that this state doesn't know yet may be in the making.
   */
  boolean isOver(long number) {
    return number <= last && !has(number);
  }

  Bytes encode() {
    String text = last + "\n" + inUse.number + " " + inUse.form;
    return Bytes.utf8(making == null ? text : text + "\n" + making.number + " " + making.form);
  }

  static ProjectionState of(KeyValue kv) {
    String[] lines = kv.value().toUtf8().split("\n", -1);
    try {
      if (lines.length == 2 || lines.length == 3) {
        Made making = lines.length == 3 ? made(lines[2]) : null;
        return new ProjectionState(
            Long.parseLong(lines[0]), made(lines[1]), making, kv.modRevision());
      }
    } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
      throw unreadable(kv, e);
    }
    throw unreadable(kv, null);
  }

  private static Made made(String line) {
    int space = line.indexOf(' ');
    return new Made(Long.parseLong(line.substring(0, space)), line.substring(space + 1));
  }

  private static QuorateException unreadable(KeyValue kv, @Nullable Exception cause) {
    return QuorateException.of(
        ErrorCode.VALUE_UNREADABLE,
        "no projection wrote what " + kv.key().toUtf8() + " holds",
        cause);
  }
}
