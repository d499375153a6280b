package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.events.Position;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/** The keys of one group. */
final class GroupKeys {
  private static final String PARTITION = "%03x";

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
    group = root + "g/" + name;
  }

  /** Of a stream: the same in every process, and for good. */
  static int partitionOf(String stream, int partitions) {
    CRC32 sum = new CRC32();
    sum.update(stream.getBytes(StandardCharsets.UTF_8));
    return (int) (sum.getValue() % partitions);
  }

  Bytes definition() {
    return Bytes.utf8(group);
  }

  /** What all others begin with. */
  Bytes all() {
    return Bytes.utf8(group + "#");
  }

  Bytes members() {
    return Bytes.utf8(group + "#m#");
  }

  Bytes member(long lease) {
    return Bytes.utf8(group + "#m#" + Long.toHexString(lease));
  }

  Bytes owner(int partition) {
    return Bytes.utf8(group + "#o#" + PARTITION.formatted(partition));
  }

  Bytes checkpoint(int partition) {
    return Bytes.utf8(group + "#c#" + PARTITION.formatted(partition));
  }

  Bytes parked() {
    return Bytes.utf8(group + "#p#");
  }

  Bytes parked(int partition, Position position) {
    return Bytes.utf8(group + "#p#" + PARTITION.formatted(partition) + "#" + position.toText());
  }
}
