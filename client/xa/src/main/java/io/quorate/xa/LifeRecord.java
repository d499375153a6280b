package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.List;

/**
 * That something of an incarnation may still be found. Of its transactions that are {@linkplain
 * Period known}, what isn't decided, and wasn't finished, was not decided at all; without either
 * nothing follows from a decision's absence.
 *
 * @param lease of the incarnation's key
 * @param salt the upper bits of its transactions' numbers ({@link Incarnation})
 * @param unswept the resources where something of it may still be found
 */
record LifeRecord(long lease, long salt, List<String> unswept) {
  private static final String VERSION = "1";

  LifeRecord {
    unswept = List.copyOf(unswept);
  }

  Bytes encoded() {
    String head = VERSION + "\t" + DomainKeys.number(lease) + "\t" + DomainKeys.number(salt) + "\n";
    return Bytes.utf8(head + String.join("\n", unswept));
  }

  /** The same, with that resource looked through. */
  LifeRecord swept(String resource) {
    return new LifeRecord(
        lease, salt, unswept.stream().filter(each -> !each.equals(resource)).toList());
  }

  /**
   * Reads one.
   *
   * @throws QuorateException with {@link ErrorCode#VALUE_UNREADABLE} if it isn't one
   */
  static LifeRecord decode(Bytes value) {
    String[] parts = value.toUtf8().split("\n", 2);
    String[] head = parts[0].split("\t", -1);
    try {
      if (head.length != 3 || !head[0].equals(VERSION)) {
        throw new IllegalArgumentException("it begins with " + parts[0]);
      }
      return new LifeRecord(
          Long.parseUnsignedLong(head[1], 16),
          Long.parseUnsignedLong(head[2], 16),
          parts.length < 2 ? List.of() : parts[1].lines().toList());
    } catch (IllegalArgumentException e) {
      throw QuorateException.of(
          ErrorCode.VALUE_UNREADABLE, "not a life of this version: " + e.getMessage(), e);
    }
  }
}
