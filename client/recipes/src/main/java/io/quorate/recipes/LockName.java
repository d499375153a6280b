package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;

/**
 * What stands below a lock's or an election's name, as etcd lays it out: one key for each session
 * that has it or waits for it.
 *
 * <pre>
 * NAME/LEASE       the lease's id in hexadecimal digits, without zeros in front
 * </pre>
 *
 * <p>A name may have slashes in it. What stands below a longer name is none of a shorter one's: it
 * is told by the further slash. Nor is what no lease goes with: but {@code etcdctl} waits for that,
 * too, so data is better kept under another name.
 */
final class LockName {
  private static final int HEX = 16;
  private static final int HEX_MAX = 16;
  private static final int SLASH = '/';
  private static final int BYTES_MAX = 1_024;

  private final Bytes prefix;

  private LockName(Bytes prefix) {
    this.prefix = prefix;
  }

  /**
   * @throws IllegalArgumentException if the name is empty, too long, or ends with a slash
   */
  static LockName of(String name) {
    Bytes prefix = Bytes.utf8(name + "/");
    if (name.isEmpty() || name.endsWith("/")) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is no name: it is not empty, and doesn't end with a slash");
    }
    if (prefix.length() > BYTES_MAX) {
      throw new IllegalArgumentException(
          "a name of " + (prefix.length() - 1) + " bytes; " + (BYTES_MAX - 1) + " are the most");
    }
    return new LockName(prefix);
  }

  /** What all keys of the name begin with. */
  Bytes prefix() {
    return prefix;
  }

  /** A session's key. */
  Bytes key(long lease) {
    return Bytes.utf8(prefix.toUtf8() + Long.toHexString(lease));
  }

  /**
   * Whether a key is one of those who contend for the name: a lease's, and named by it. What else
   * is kept below the name, lasting or below a longer one, is in nobody's way.
   */
  boolean contends(KeyValue kv) {
    Bytes key = kv.key();
    if (kv.lease() == 0 || !owns(key) || key.length() - prefix.length() > HEX_MAX) {
      return false;
    }
    for (int i = prefix.length(); i < key.length(); i++) {
      if (Character.digit(key.at(i), HEX) < 0) {
        return false;
      }
    }
    return true;
  }

  /** All that is below the name, in the order in which it came. */
  Range inOrder() {
    return Range.prefix(prefix).sort(Range.Target.CREATE, Range.Order.ASCEND);
  }

  /** Whether a key with this prefix is of this name, and not of a longer one. */
  boolean owns(Bytes key) {
    for (int i = prefix.length(); i < key.length(); i++) {
      if (key.at(i) == SLASH) {
        return false;
      }
    }
    return key.length() > prefix.length();
  }

  /** Who is in the way of whom: all that were there before. */
  Candidate.Queue queue() {
    return new Candidate.Queue(prefix, this::contends, false);
  }

  @Override
  public String toString() {
    String text = prefix.toUtf8();
    return text.substring(0, text.length() - 1);
  }
}
