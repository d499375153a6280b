package io.quorate.events.codec;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.RecordedEvent;

/**
 * A form that events have, or had.
 *
 * @param type what happened
 * @param schema which form of this type, from 1 on
 */
record Form(String type, int schema) implements Comparable<Form> {
  Form {
    if (type.isEmpty() || schema < 1) {
      throw new IllegalArgumentException("no event has type=\"" + type + "\" schema=" + schema);
    }
  }

  static Form of(RecordedEvent event) {
    return new Form(event.type(), event.schema());
  }

  /** What is thrown for an event that has no form which is known. */
  static QuorateException unreadable(RecordedEvent event, String why, Throwable cause) {
    return QuorateException.of(
        ErrorCode.VALUE_UNREADABLE, event.inWords() + " can't be read: " + why, cause);
  }

  @Override
  public int compareTo(Form other) {
    int byType = type.compareTo(other.type);
    return byType != 0 ? byType : Integer.compare(schema, other.schema);
  }

  @Override
  public String toString() {
    return type + " " + schema;
  }
}
