package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who shall belong to the cluster: the part of a group's state that operators write. It says what
 * is wanted; the configuration says what is in force, and the leader brings it after ({@link
 * Changes}). So there is one place for it, it comes with every snapshot, and no crash leaves a
 * member half changed: the next leader goes on.
 *
 * <pre>
 * 0 'm' id      a member's name and addresses ({@link MemberRows})
 * 0 'q' id      the last change that was applied of those that this member was asked for
 * 0 'w' id      what the member shall be: 1 a voter, 2 a learner, 3 gone for ever
 * </pre>
 *
 * <p>Founders have no row {@code 'w'} as long as nobody asks for anything else. What is applied
 * depends on these rows alone: whether a change is wise was judged by the leader that took it.
 *
 * <p>Used on the group's loop.
 */
final class Roster {
  private static final byte ASKED = 'q';
  private static final byte WANTED = 'w';

  private static final byte VOTER = 1;
  private static final byte LEARNER = 2;
  private static final byte GONE = 3;

  private final TreeMap<Long, MemberInfo> records = new TreeMap<>();

  /** By member that belongs, whether it shall only learn. */
  private final TreeMap<Long, Boolean> wanted = new TreeMap<>();

  private final TreeSet<Long> gone = new TreeSet<>();
  private final TreeMap<Long, AskedChange> asked = new TreeMap<>();

  /** Rises with every change, so that who acts on it knows when to look again. */
  private long version;

  private Roster() {}

  /** What a state holds. */
  static Roster load(Rows rows) {
    Roster roster = new Roster();
    MemberRows.load(rows).forEach(each -> roster.records.put(each.id(), each));
    try (RowCursor cursor = rows.scan(new byte[] {0, ASKED}, new byte[] {0, ASKED + 1})) {
      while (cursor.next()) {
        AskedChange each = decode(Bytes.wrap(cursor.value()));
        roster.asked.put(each.origin(), each);
      }
    }
    try (RowCursor cursor = rows.scan(new byte[] {0, WANTED}, new byte[] {0, WANTED + 1})) {
      while (cursor.next()) {
        long member = ByteBuffer.wrap(cursor.key()).getLong(2);
        byte[] value = cursor.value();
        roster.want(member, value.length == 1 ? value[0] : 0);
      }
    }
    return roster;
  }

  private void want(long member, byte what) {
    switch (what) {
      case VOTER -> wanted.put(member, false);
      case LEARNER -> wanted.put(member, true);
      case GONE -> {
        wanted.remove(member);
        gone.add(member);
      }
      default ->
          throw QuorateException.of(
              ErrorCode.DATA_DAMAGED, "what member " + member + " shall be can't be read");
    }
  }

  /**
   * A member says its name and its clients' addresses. Its peer URLs are the operators' to change
   * once they are known.
   *
   * @return its record as it is now; null if it is gone
   */
  @Nullable MemberInfo publish(Bytes payload, RowSink rows) {
    MemberInfo said = MemberRows.decode(payload);
    if (gone.contains(said.id())) {
      return null;
    }
    MemberInfo known = records.get(said.id());
    MemberInfo next =
        known == null
            ? said
            : new MemberInfo(said.id(), said.name(), known.peerUrls(), said.clientUrls(), false);
    put(next, rows);
    return next;
  }

  /**
   * A change that was agreed on; one that was applied before changes nothing.
   *
   * @return the member's record, if it is another now
   */
  @Nullable MemberInfo apply(Bytes payload, RowSink rows) {
    AskedChange change = decode(payload);
    if (hasSeen(change)) {
      return null;
    }
    asked.put(change.origin(), change);
    rows.put(row(ASKED, change.origin()), payload.toArray());
    version++;
    long member = change.member();
    if (gone.contains(member)) {
      return null;
    }
    return switch (change.change()) {
      case MembershipChange.Add(List<String> urls, boolean learner) -> {
        want(member, learner ? LEARNER : VOTER, rows);
        yield put(new MemberInfo(member, "", urls, List.of(), false), rows);
      }
      case MembershipChange.Update(long _, List<String> urls) -> {
        MemberInfo known = records.get(member);
        yield put(
            known == null
                ? new MemberInfo(member, "", urls, List.of(), false)
                : new MemberInfo(member, known.name(), urls, known.clientUrls(), false),
            rows);
      }
      case MembershipChange.Promote _ -> {
        want(member, VOTER, rows);
        yield null;
      }
      case MembershipChange.Remove _ -> {
        want(member, GONE, rows);
        records.remove(member);
        MemberRows.delete(member, rows);
        asked.remove(member);
        rows.delete(row(ASKED, member));
        yield null;
      }
    };
  }

  private MemberInfo put(MemberInfo member, RowSink rows) {
    records.put(member.id(), member);
    MemberRows.put(member, rows);
    return member;
  }

  private void want(long member, byte what, RowSink rows) {
    want(member, what);
    rows.put(row(WANTED, member), new byte[] {what});
  }

  private static byte[] row(byte kind, long member) {
    return ByteBuffer.allocate(10).put((byte) 0).put(kind).putLong(member).array();
  }

  /** Whether a change, or a later one of the same run, was applied. */
  boolean hasSeen(AskedChange change) {
    AskedChange last = asked.get(change.origin());
    return gone.contains(change.origin())
        || (last != null && last.isOfRun(change) && last.sequence() >= change.sequence());
  }

  /** Whether the member was removed. */
  boolean isGone(long member) {
    return gone.contains(member);
  }

  /** Who was removed, and has no way back. */
  Iterable<Long> gone() {
    return gone;
  }

  /** By member that operators have said it of, whether it shall only learn. */
  Map<Long, Boolean> wanted() {
    return wanted;
  }

  /** Whether operators want the member to vote, whatever the configuration says yet. */
  boolean shallVote(long member) {
    return Boolean.FALSE.equals(wanted.get(member));
  }

  /** Another number after each change. */
  long version() {
    return version;
  }

  private static AskedChange decode(Bytes payload) {
    try {
      return AskedChange.decode(payload);
    } catch (FrameReader.Malformed e) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED, "a change of membership can't be read: " + e.getMessage(), e);
    }
  }
}
