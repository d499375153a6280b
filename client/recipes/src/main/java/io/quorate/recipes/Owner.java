package io.quorate.recipes;

import io.quorate.base.Bytes;
import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * What a key says of whose it is.
 *
 * <pre>
 * NAME              the session that has the key
 * NAME, then a line feed and what it has the key as
 * </pre>
 */
final class Owner {
  /** Behind the name of an owner that has a lock by its name, whatever the session. */
  private static final String BY_NAME = "\nby name";

  /** Behind the name of a writer that holds as a reader now. */
  private static final String READS = "\nreads";

  private static final char LINE = '\n';

  private Owner() {}

  /** {@code host:pid}. */
  static String thisProcess() {
    return Holder.NAME;
  }

  /**
   * What a session's key says.
   *
   * @throws IllegalArgumentException if the name has more than one line
   */
  static Bytes value(String name) {
    if (name.indexOf(LINE) >= 0) {
      throw new IllegalArgumentException("an owner's name has one line: " + name);
    }
    return Bytes.utf8(name);
  }

  /** What the key of an owner says that has it by its name. */
  static Bytes byName(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("an owner needs a name");
    }
    return Bytes.utf8(value(name).toUtf8() + BY_NAME);
  }

  static boolean isByName(Bytes value) {
    return value.toUtf8().endsWith(BY_NAME);
  }

  /** What the key of a writer says that reads now. */
  static Bytes reading(String name) {
    return Bytes.utf8(name + READS);
  }

  static boolean reads(Bytes value) {
    return value.toUtf8().endsWith(READS);
  }

  /** The owner's name. */
  static String name(Bytes value) {
    String text = value.toUtf8();
    int end = text.indexOf(LINE);
    return end < 0 ? text : text.substring(0, end);
  }

  private static final class Holder {
    static final String NAME = host() + ":" + ProcessHandle.current().pid();

    private static String host() {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException e) {
        return "unknown";
      }
    }
  }
}
