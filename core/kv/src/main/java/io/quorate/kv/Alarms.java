package io.quorate.kv;

import io.quorate.base.RowCursor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The alarms that are raised, and what is refused as long as they are.
 *
 * <p>A request is judged where it is applied: by then the alarm is the same on all members, so that
 * all of them refuse it or none does.
 *
 * <p>Owned by the store.
 */
final class Alarms {
  private static final int BY_CLIENT = 1;
  private static final int BY_MEMBER = 2;
  private static final int STORED_BYTES = 2;

  /** What a version takes beside its bytes, and what a lease takes, roughly; etcd's figures. */
  private static final long PUT_BYTES = 256;

  private static final long LEASE_BYTES = 64;

  private final SideRows side;
  private final TreeMap<Id, Alarm> raised = new TreeMap<>();

  private Alarms(SideRows side) {
    this.side = side;
  }

  /** In the order of the rows: by kind, then by the member's unsigned number. */
  private record Id(AlarmKind kind, long member) implements Comparable<Id> {
    @Override
    public int compareTo(Id that) {
      int byKind = kind.compareTo(that.kind);
      return byKind != 0 ? byKind : Long.compareUnsigned(member, that.member);
    }
  }

  /** Reads all alarms that the rows hold. */
  static Alarms open(SideRows side) {
    Alarms alarms = new Alarms(side);
    try (RowCursor cursor =
        side.scan(new byte[] {RowFormat.ALARM}, RowFormat.endOf(RowFormat.ALARM))) {
      while (cursor.next()) {
        Alarm alarm = decode(cursor.key(), cursor.value());
        alarms.raised.put(new Id(alarm.kind(), alarm.member()), alarm);
      }
    }
    return alarms;
  }

  /** All that are raised, by kind and member. */
  Collection<Alarm> all() {
    return Collections.unmodifiableCollection(raised.values());
  }

  /** Why a request is refused while these alarms are raised; null if it isn't. */
  @Nullable KvError refusal(KvRequest request) {
    if (raised.isEmpty()) {
      return null;
    }
    if (isRaised(AlarmKind.CORRUPT) && changes(request)) {
      return KvError.CORRUPT;
    }
    return isRaised(AlarmKind.NO_SPACE) && grows(request) ? KvError.NO_SPACE : null;
  }

  AlarmResponse apply(AlarmRequest request, long revision) {
    return new AlarmResponse(
        revision,
        switch (request) {
          case AlarmRaiseRequest raise -> List.of(raise(raise));
          case AlarmClearRequest clear -> clear(clear);
        });
  }

  /**
   * Whether a request adds to the state, in whichever branch: what a full group refuses. Deletions
   * add a little too; without them a full group could never get room again. Users and roles have
   * bounds of their own, and whom to let in must be decidable at any time.
   */
  static boolean grows(KvRequest request) {
    return growth(request) > 0;
  }

  /**
   * How much a request adds to the state at most, in bytes, whichever branch it takes: keys, values
   * and a round sum for each, as etcd reckons it.
   */
  static long growth(KvRequest request) {
    return switch (request) {
      case PutRequest put -> growth(put.key().length() + put.value().length());
      case LeaseGrantRequest _ -> LEASE_BYTES;
      case TxnRequest txn -> Math.max(growth(txn.success()), growth(txn.failure()));
      case ComputedRequest computed -> computed.growth();
      case RangeRequest _,
          DeleteRangeRequest _,
          EmptyOp _,
          CompactRequest _,
          AlarmRequest _,
          AuthRequest _,
          LeaseRevokeRequest _,
          LeaseExpireRequest _,
          LeaseCheckpointRequest _ ->
          0;
    };
  }

  /** How much a put adds whose key and value have so many bytes. */
  static long growth(int bytes) {
    return PUT_BYTES + bytes;
  }

  private static long growth(List<KvOp> ops) {
    long sum = 0;
    for (KvOp op : ops) {
      sum += growth(op);
    }
    return sum;
  }

  /** Whether a request changes the state: what a group refuses that has a damaged member. */
  private static boolean changes(KvRequest request) {
    return switch (request) {
      case AlarmRequest _, AuthRequest _, LeaseCheckpointRequest _ -> false;
      case KvOp _, ComputedRequest _, CompactRequest _, LeaseRequest _ -> true;
    };
  }

  private boolean isRaised(AlarmKind kind) {
    Id first = raised.ceilingKey(new Id(kind, 0));
    return first != null && first.kind() == kind;
  }

  private Alarm raise(AlarmRaiseRequest raise) {
    Id id = new Id(raise.kind(), raise.member());
    Alarm before = raised.get(id);
    Alarm alarm =
        new Alarm(
            raise.member(),
            raise.kind(),
            !raise.byMember() || (before != null && before.byClient()),
            raise.byMember() || (before != null && before.byMember()));
    put(id, alarm);
    return alarm;
  }

  private List<Alarm> clear(AlarmClearRequest clear) {
    Id id = new Id(clear.kind(), clear.member());
    Alarm before = raised.get(id);
    List<Alarm> concerned = new ArrayList<>();
    if (before != null && clear.byMember() && before.byClient()) {
      put(id, new Alarm(before.member(), before.kind(), true, false));
    } else if (before != null) {
      raised.remove(id);
      side.delete(RowFormat.alarmRow(id.kind().code(), id.member()));
      concerned.add(before);
    }
    return concerned;
  }

  private void put(Id id, Alarm alarm) {
    raised.put(id, alarm);
    byte[] value = new byte[STORED_BYTES];
    value[0] = RowFormat.FORMAT;
    value[1] = (byte) ((alarm.byClient() ? BY_CLIENT : 0) | (alarm.byMember() ? BY_MEMBER : 0));
    side.put(RowFormat.alarmRow(id.kind().code(), id.member()), value);
  }

  private static Alarm decode(byte[] row, byte[] value) {
    RowFormat.formatByte(row, value);
    AlarmKind kind = AlarmKind.of(RowFormat.kindOfAlarm(row));
    if (value.length != STORED_BYTES || kind == null) {
      throw RowFormat.damaged("an alarm of another kind or length", row);
    }
    int by = value[1];
    if (by == 0 || (by & ~(BY_CLIENT | BY_MEMBER)) != 0) {
      throw RowFormat.damaged("an alarm that nobody raised", row);
    }
    return new Alarm(
        RowFormat.memberOfAlarm(row), kind, (by & BY_CLIENT) != 0, (by & BY_MEMBER) != 0);
  }
}
