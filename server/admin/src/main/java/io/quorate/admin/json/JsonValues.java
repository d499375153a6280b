package io.quorate.admin.json;

import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;

/**
 * Parts a stream of bytes into the JSON objects that lie in it one behind the other, without
 * looking at what they are. Each must fit within a bound, and so must the blanks before it. Not
 * safe for use by several threads.
 */
public final class JsonValues {
  private final int bytesMax;
  private final ByteArrayOutputStream value = new ByteArrayOutputStream();
  private int blanks;
  private int depth;
  private boolean inText;
  private boolean escaped;

  /**
   * Nothing seen yet.
   *
   * @param bytesMax longest object, and most blanks before one, in bytes
   */
  public JsonValues(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  /**
   * Takes the next byte, and hands over the object that ends with it.
   *
   * @throws JsonFault if something else than an object begins, or one gets too long
   */
  public void feed(byte b, Consumer<byte[]> complete) throws JsonFault {
    if (depth == 0) {
      if (b == ' ' || b == '\n' || b == '\r' || b == '\t') {
        if (++blanks > bytesMax) {
          throw new JsonFault("no message comes after " + bytesMax + " blanks");
        }
        return;
      }
      blanks = 0;
      if (b != '{') {
        throw new JsonFault("an object is expected at the beginning of each message");
      }
    }
    if (value.size() == bytesMax) {
      throw new JsonFault("a message is longer than " + bytesMax + " bytes");
    }
    value.write(b);
    if (inText) {
      inText = escaped || b != '"';
      escaped = !escaped && b == '\\';
    } else {
      switch (b) {
        case '"' -> inText = true;
        case '{', '[' -> depth++;
        case '}', ']' -> depth--;
        default -> {}
      }
      if (depth == 0) {
        byte[] whole = value.toByteArray();
        value.reset();
        complete.accept(whole);
      }
    }
  }

  /** Whether an object has begun that has not ended. */
  public boolean isWithin() {
    return depth > 0;
  }
}
