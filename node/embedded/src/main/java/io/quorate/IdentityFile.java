package io.quorate;

import io.quorate.base.Bytes;
import io.quorate.base.Disk;
import io.quorate.base.DiskFile;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.node.MemberInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Who a data directory is: learned or derived once, and kept in the file {@code identity}, so that
 * a member that was started before needs no flags and no peers to know itself. Lines of text, the
 * last of which is a checksum of the others.
 *
 * @param clusterId the cluster that it belongs to
 * @param logClusterId the cluster that its log was begun in; another one only if its member has
 *     been made a cluster of its own since
 * @param memberId this member
 * @param founding whether it founded its cluster
 * @param standsAlone how far it is with being made a cluster of its own
 * @param members who was in the cluster then, itself among them; names and peer URLs
 */
record IdentityFile(
    long clusterId,
    long logClusterId,
    long memberId,
    boolean founding,
    StandsAlone standsAlone,
    List<MemberInfo> members) {
  /** How far a member is with being made a cluster of its own. */
  enum StandsAlone {
    /** Nobody asked for it, or did in an earlier start. */
    NO,
    /** It was asked for; the log may not know it yet. */
    BEGUN,
    /** It is one, by a flag that is still given. */
    DONE
  }

  static final String NAME = "identity";
  private static final String NEXT = "identity.next";
  private static final String FIRST_LINE = "quorate identity 1";
  private static final int BYTES_MAX = 1 << 20;

  /** What a directory says; null if it says nothing. */
  static @Nullable IdentityFile read(Disk disk) {
    try {
      if (!disk.exists(NAME)) {
        return null;
      }
      try (DiskFile file = disk.open(NAME)) {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(file.size(), BYTES_MAX));
        int length = file.read(bytes, 0);
        return parse(Bytes.wrap(bytes.array(), 0, length).toUtf8());
      }
    } catch (IOException | IllegalArgumentException e) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          "the file \"identity\" in the data directory can't be read: "
              + e.getMessage()
              + ". If it is damaged, start this member with an empty directory: the cluster supplies"
              + " it again",
          e);
    }
  }

  /** Keeps it; when this returns, it is on the disk. */
  void write(Disk disk) {
    byte[] bytes = text().getBytes(StandardCharsets.UTF_8);
    try {
      if (disk.exists(NEXT)) {
        disk.delete(NEXT);
      }
      try (DiskFile file = disk.create(NEXT)) {
        file.write(ByteBuffer.wrap(bytes), 0);
        file.sync();
      }
      disk.rename(NEXT, NAME);
      disk.syncDirectory("");
    } catch (IOException e) {
      throw QuorateException.of(
          ErrorCode.LOG_FAILED, "the file \"identity\" can't be written: " + e.getMessage(), e);
    }
  }

  IdentityFile withStandsAlone(StandsAlone next) {
    return new IdentityFile(clusterId, logClusterId, memberId, founding, next, members);
  }

  String text() {
    StringBuilder out = new StringBuilder(FIRST_LINE).append('\n');
    out.append("cluster ").append(Long.toHexString(clusterId)).append('\n');
    out.append("log-cluster ").append(Long.toHexString(logClusterId)).append('\n');
    out.append("member ").append(Long.toHexString(memberId)).append('\n');
    out.append("founding ").append(founding).append('\n');
    out.append("stands-alone ").append(standsAlone).append('\n');
    for (MemberInfo each : members) {
      out.append("knows ").append(Long.toHexString(each.id())).append(' ');
      out.append(String.join(",", each.peerUrls())).append(' ');
      out.append(each.name().replace('\n', ' ')).append('\n');
    }
    String check = check(out.toString());
    return out.append("check ").append(check).append('\n').toString();
  }

  static IdentityFile parse(String text) {
    int last = text.lastIndexOf("check ");
    if (last < 0
        || !text.substring(last).equals("check " + check(text.substring(0, last)) + "\n")) {
      throw new IllegalArgumentException("its checksum is wrong");
    }
    List<String> lines = text.substring(0, last).lines().toList();
    if (!lines.getFirst().equals(FIRST_LINE)) {
      throw new IllegalArgumentException("it is of a newer version");
    }
    List<MemberInfo> members = new ArrayList<>();
    for (String line : lines.subList(6, lines.size())) {
      String[] parts = value(line, "knows").split(" ", 3);
      List<String> urls = parts[1].isEmpty() ? List.of() : List.of(parts[1].split(","));
      members.add(new MemberInfo(hex(parts[0]), parts[2], urls, List.of(), false));
    }
    return new IdentityFile(
        hex(value(lines.get(1), "cluster")),
        hex(value(lines.get(2), "log-cluster")),
        hex(value(lines.get(3), "member")),
        Boolean.parseBoolean(value(lines.get(4), "founding")),
        StandsAlone.valueOf(value(lines.get(5), "stands-alone")),
        List.copyOf(members));
  }

  private static String value(String line, String name) {
    if (!line.startsWith(name + " ")) {
      throw new IllegalArgumentException("\"" + line + "\" is not its " + name);
    }
    return line.substring(name.length() + 1);
  }

  private static long hex(String digits) {
    return Long.parseUnsignedLong(digits, 16);
  }

  private static String check(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }
}
