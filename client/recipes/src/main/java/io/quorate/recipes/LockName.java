package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A lock's or an election's name, which need not be text, and what stands below it, as etcd lays it
 * out: one key for each session that has it or waits for it.
 *
 * <pre>
 * NAME/LEASE       the lease's id in hexadecimal digits, without zeros in front
 * </pre>
 *
 * <p>A name may have slashes in it. What stands below a longer name is none of a shorter one's: it
 * is told by the further slash. Nor is what no lease goes with: but {@code etcdctl} waits for that,
 * too, so data is better kept under another name.
 */
public final class LockName {
  private static final int HEX = 16;
  private static final int HEX_MAX = 16;
  private static final int SLASH = '/';
  private static final int BYTES_MAX = 1_023;

  private final Bytes prefix;

  private LockName(Bytes prefix) {
    this.prefix = prefix;
  }

  /**
   * A name as it is in UTF-8.
   *
   * @throws IllegalArgumentException if it is empty, longer than 1,023 bytes, or ends with a slash
   */
  public static LockName of(String name) {
    return of(Bytes.utf8(name));
  }

  /**
   * A name.
   *
   * @throws IllegalArgumentException if it is empty, longer than 1,023 bytes, or ends with a slash
   */
  public static LockName of(Bytes name) {
    if (name.isEmpty() || name.at(name.length() - 1) == SLASH) {
      throw new IllegalArgumentException(
          "\"" + name.toUtf8() + "\" is no name: it is not empty, and doesn't end with a slash");
    }
    if (name.length() > BYTES_MAX) {
      throw new IllegalArgumentException(
          "a name of " + name.length() + " bytes; " + BYTES_MAX + " are the most");
    }
    return found(name);
  }

  /** A name that keys were found below, whoever chose it. */
  static LockName found(Bytes name) {
    return new LockName(joined(name, "/"));
  }

  private static Bytes joined(Bytes bytes, String text) {
    byte[] more = text.getBytes(StandardCharsets.UTF_8);
    byte[] all = new byte[bytes.length() + more.length];
    int end = bytes.copyTo(all, 0);
    System.arraycopy(more, 0, all, end, more.length);
    return Bytes.wrap(all);
  }

  /** The name itself. */
  public Bytes bytes() {
    return prefix.slice(0, prefix.length() - 1);
  }

  /** What all keys of the name begin with. */
  public Bytes prefix() {
    return prefix;
  }

  /** What stands below the name. */
  Bytes below(String rest) {
    return joined(prefix, rest);
  }

  /** A session's key. */
  Bytes key(long lease) {
    return below(Long.toHexString(lease));
  }

  /**
   * Whether a key is one of those who contend for the name: a lease's, and named by it. What else
   * is kept below the name, lasting or below a longer one, is in nobody's way.
   */
  public boolean contends(KeyValue kv) {
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
  public Range inOrder() {
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

  /** Who holds it, and who waits. */
  List<QueueEntry> entries(Iterable<KeyValue> inOrder) {
    List<QueueEntry> entries = new ArrayList<>();
    for (KeyValue kv : inOrder) {
      if (contends(kv)) {
        boolean byName = Owner.isByName(kv.value());
        QueueEntry.Role role = byName ? QueueEntry.Role.BY_NAME : QueueEntry.Role.EXCLUSIVE;
        entries.add(QueueEntry.of(role, kv, entries.isEmpty()));
      }
    }
    return List.copyOf(entries);
  }

  /** Who is in the way of whom: all that were there before. */
  Candidate.Queue queue() {
    return new Candidate.Queue(prefix, this::contends, false);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LockName that && that.prefix.equals(prefix);
  }

  @Override
  public int hashCode() {
    return prefix.hashCode();
  }

  /** The name as text. */
  @Override
  public String toString() {
    return bytes().toUtf8();
  }
}
