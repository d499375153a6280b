package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What is known of the members, agreed on through the log and kept beside the group's state: names
 * and addresses. Rows {@code 0 'm' id}, in the node's own prefix; see {@link Roster}.
 */
final class MemberRows {
  private static final int FORMAT = 1;
  private static final byte[] FROM = {0, 'm'};
  private static final byte[] TO = {0, 'n'};

  /** Most addresses of one kind that a member may have. */
  private static final int URLS_MAX = 64;

  private MemberRows() {}

  /** The entry's payload that makes {@code member} known. Whether it learns is no part of it. */
  static Bytes encode(MemberInfo member) {
    FrameWriter out = new FrameWriter().begin().u8(FORMAT).u64(member.id()).text(member.name());
    writeUrls(out, member.peerUrls());
    writeUrls(out, member.clientUrls());
    return out.toBytes();
  }

  /**
   * Reads a payload back.
   *
   * @throws QuorateException.Corrupt if it is none
   */
  static MemberInfo decode(Bytes payload) {
    try {
      return read(payload);
    } catch (FrameReader.Malformed e) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED, "a member's record can't be read: " + e.getMessage(), e);
    }
  }

  /** As {@link #decode}, of what has not been agreed on. */
  static MemberInfo read(Bytes payload) throws FrameReader.Malformed {
    FrameReader in = new FrameReader(payload);
    if (in.u8() != FORMAT) {
      throw new FrameReader.Malformed("a newer format");
    }
    MemberInfo member =
        new MemberInfo(in.u64(), in.text(), readUrls(in), readUrls(in), /* learner= */ false);
    in.end();
    return member;
  }

  /** Puts a record into the state. */
  static void put(MemberInfo member, RowSink rows) {
    rows.put(row(member.id()), encode(member).toArray());
  }

  /** Takes a member's record out of the state. */
  static void delete(long member, RowSink rows) {
    rows.delete(row(member));
  }

  private static byte[] row(long member) {
    return ByteBuffer.allocate(10).put(FROM).putLong(member).array();
  }

  /** All that a state holds. */
  static List<MemberInfo> load(Rows rows) {
    List<MemberInfo> members = new ArrayList<>();
    try (RowCursor cursor = rows.scan(FROM, TO)) {
      while (cursor.next()) {
        members.add(decode(Bytes.wrap(cursor.value())));
      }
    }
    return members;
  }

  static void writeUrls(FrameWriter out, List<String> urls) {
    out.u32(urls.size());
    urls.forEach(out::text);
  }

  static List<String> readUrls(FrameReader in) throws FrameReader.Malformed {
    int count = in.count(4);
    if (count > URLS_MAX) {
      throw new FrameReader.Malformed(count + " addresses");
    }
    List<String> urls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      urls.add(in.text());
    }
    return urls;
  }
}
