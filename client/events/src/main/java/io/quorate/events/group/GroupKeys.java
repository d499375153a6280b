package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.events.Position;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** The keys of one group. */
final class GroupKeys {
  private static final String PARTITION = "%03x";
  private static final String DEFINITIONS = "c/";

  private final String definition;
  private final String group;

  /**
   * @param root of the event store
   */
  GroupKeys(String root, String name) {
    if (name.isEmpty()
        || name.indexOf('#') >= 0
        || name.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "\""
              + name
              + "\" is no name of a group: it is not empty, and has no # and no control"
              + " character");
    }
    definition = root + DEFINITIONS + name;
    group = root + "g/" + name;
  }

  /** Of a stream: the same in every process, and for good. */
  static int partitionOf(String stream, int partitions) {
    CRC32 sum = new CRC32();
    sum.update(stream.getBytes(StandardCharsets.UTF_8));
    return (int) (sum.getValue() % partitions);
  }

  /** What all keys of the group begin with, but for its definition. */
  Bytes all() {
    return Bytes.utf8(group + "#");
  }

  Bytes definition() {
    return Bytes.utf8(definition);
  }

  /** What the keys begin with that say which groups there are. */
  static String definitions(String root) {
    return root + DEFINITIONS;
  }

  /** What the keys begin with that go with a consumer. */
  Bytes live() {
    return Bytes.utf8(group + "#live#");
  }

  Bytes members() {
    return Bytes.utf8(group + "#live#member#");
  }

  Bytes member(long lease) {
    return Bytes.utf8(group + "#live#member#" + Long.toHexString(lease));
  }

  Bytes owners() {
    return Bytes.utf8(group + "#live#owner#");
  }

  Bytes owner(int partition) {
    return Bytes.utf8(group + "#live#owner#" + PARTITION.formatted(partition));
  }

  Bytes checkpoints() {
    return Bytes.utf8(group + "#checkpoint#");
  }

  Bytes checkpoint(int partition) {
    return Bytes.utf8(group + "#checkpoint#" + PARTITION.formatted(partition));
  }

  /**
   * What a checkpoint's key holds.
   *
   * @throws QuorateException.Rejected with {@link ErrorCode#VALUE_UNREADABLE} if no consumer wrote
   *     it
   */
  static Position checkpointIn(KeyValue kv) {
    try {
      return Position.parse(kv.value().toUtf8());
    } catch (IllegalArgumentException e) {
      throw unreadable(kv, "position", e);
    }
  }

  /** How many partitions a group has by its definition; fails as {@link #checkpointIn} does. */
  static int partitionsIn(KeyValue kv) {
    try {
      return GroupOptions.DEFAULT.partitions(Integer.parseInt(kv.value().toUtf8())).partitions();
    } catch (IllegalArgumentException e) {
      throw unreadable(kv, "number of partitions", e);
    }
  }

  private static QuorateException unreadable(KeyValue kv, String what, Exception cause) {
    return QuorateException.of(
        ErrorCode.VALUE_UNREADABLE,
        "no consumer wrote the " + what + " that " + kv.key().toUtf8() + " holds",
        cause);
  }

  Bytes parked() {
    return Bytes.utf8(group + "#parked#");
  }

  Bytes parked(int partition, Position position) {
    return Bytes.utf8(
        group + "#parked#" + PARTITION.formatted(partition) + "#" + position.toText());
  }

  Bytes wanted() {
    return Bytes.utf8(group + "#wanted#");
  }

  Bytes wanted(int partition, Position position) {
    return Bytes.utf8(
        group + "#wanted#" + PARTITION.formatted(partition) + "#" + position.toText());
  }
}
