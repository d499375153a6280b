package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoWriter;
import java.util.List;

/** Requests as etcd's protobuf messages. Field numbers are the protocol's. */
final class Encode {
  private static final int ROOM = 64;

  /** Of Quorate's own: others pass it over. */
  private static final int UNCOUNTED = 1_000;

  private Encode() {}

  static Bytes put(Put put) {
    ProtoWriter out = new ProtoWriter(put.key().length() + put.value().length() + ROOM);
    put(out, put);
    return out.toBytes();
  }

  static Bytes range(Range range) {
    ProtoWriter out = new ProtoWriter(range.key().length() + range.rangeEnd().length() + ROOM);
    range(out, range);
    return out.toBytes();
  }

  static Bytes delete(Delete delete) {
    ProtoWriter out = new ProtoWriter(delete.key().length() + delete.rangeEnd().length() + ROOM);
    delete(out, delete);
    return out.toBytes();
  }

  static Bytes txn(Txn txn) {
    ProtoWriter out = new ProtoWriter(512);
    txn(out, txn);
    return out.toBytes();
  }

  static Bytes compact(long revision, boolean physical) {
    return new ProtoWriter(ROOM).number(1, revision).flag(2, physical).toBytes();
  }

  /** A message of texts alone: the first field, the second, and so on. */
  static Bytes texts(String... texts) {
    ProtoWriter out = new ProtoWriter(ROOM);
    for (int i = 0; i < texts.length; i++) {
      out.text(i + 1, texts[i]);
    }
    return out.toBytes();
  }

  /** A message of one number. */
  static Bytes id(long id) {
    return new ProtoWriter(ROOM).number(1, id).toBytes();
  }

  /** A message of one byte string. */
  static Bytes bytes(Bytes bytes) {
    return new ProtoWriter(bytes.length() + ROOM).bytes(1, bytes).toBytes();
  }

  static Bytes watchCreate(WatchRequest watch, long startRevision) {
    ProtoWriter out = new ProtoWriter(watch.key().length() + watch.rangeEnd().length() + ROOM);
    int mark = out.open(1);
    out.bytes(1, watch.key())
        .bytes(2, watch.rangeEnd())
        .number(3, startRevision)
        .flag(4, watch.progressNotify());
    if (watch.noPut()) {
      out.numberAlways(5, 0);
    }
    if (watch.noDelete()) {
      out.numberAlways(5, 1);
    }
    return out.flag(6, watch.prevKv()).flag(8, true).close(mark).toBytes();
  }

  static Bytes watchProgress() {
    ProtoWriter out = new ProtoWriter(ROOM);
    return out.close(out.open(3)).toBytes();
  }

  static Bytes leaseGrant(long ttlSeconds, long id) {
    return new ProtoWriter(ROOM).number(1, ttlSeconds).number(2, id).toBytes();
  }

  static Bytes leaseTimeToLive(long id, boolean keys) {
    return new ProtoWriter(ROOM).number(1, id).flag(2, keys).toBytes();
  }

  static Bytes memberAdd(List<String> peerUrls, boolean learner) {
    ProtoWriter out = new ProtoWriter(ROOM);
    peerUrls.forEach(url -> out.bytesAlways(1, Bytes.utf8(url)));
    return out.flag(2, learner).toBytes();
  }

  static Bytes memberUpdate(long id, List<String> peerUrls) {
    ProtoWriter out = new ProtoWriter(ROOM).number(1, id);
    peerUrls.forEach(url -> out.bytesAlways(2, Bytes.utf8(url)));
    return out.toBytes();
  }

  static Bytes alarm(int action, AlarmMember alarm) {
    return new ProtoWriter(ROOM)
        .number(1, action)
        .number(2, alarm.memberId())
        .number(3, alarm.alarm().number())
        .toBytes();
  }

  static Bytes downgrade(DowngradeAction action, String version) {
    return new ProtoWriter(ROOM).number(1, action.number()).text(2, version).toBytes();
  }

  static Bytes userAdd(String name, String password, boolean noPassword) {
    ProtoWriter out = new ProtoWriter(ROOM).text(1, name).text(2, password);
    int mark = out.open(3);
    return out.flag(1, noPassword).close(mark).toBytes();
  }

  static Bytes grant(String role, Permission permission) {
    ProtoWriter out = new ProtoWriter(ROOM).text(1, role);
    int mark = out.open(2);
    out.number(1, permission.type().number())
        .bytes(2, permission.key())
        .bytes(3, permission.rangeEnd());
    return out.close(mark).toBytes();
  }

  static Bytes revoke(String role, Bytes key, Bytes rangeEnd) {
    return new ProtoWriter(ROOM).text(1, role).bytes(2, key).bytes(3, rangeEnd).toBytes();
  }

  static Bytes lock(Bytes name, long lease) {
    return new ProtoWriter(ROOM).bytes(1, name).number(2, lease).toBytes();
  }

  static Bytes campaign(Bytes name, long lease, Bytes value) {
    return new ProtoWriter(ROOM).bytes(1, name).number(2, lease).bytes(3, value).toBytes();
  }

  static Bytes proclaim(LeaderKey leader, Bytes value) {
    ProtoWriter out = new ProtoWriter(ROOM);
    leader(out, leader);
    return out.bytes(2, value).toBytes();
  }

  static Bytes resign(LeaderKey leader) {
    ProtoWriter out = new ProtoWriter(ROOM);
    leader(out, leader);
    return out.toBytes();
  }

  private static void leader(ProtoWriter out, LeaderKey leader) {
    int mark = out.open(1);
    out.bytes(1, leader.name())
        .bytes(2, leader.key())
        .number(3, leader.revision())
        .number(4, leader.lease());
    out.close(mark);
  }

  static Bytes memberList(boolean linearizable) {
    return new ProtoWriter(ROOM).flag(1, linearizable).toBytes();
  }

  private static void put(ProtoWriter out, Put put) {
    out.bytes(1, put.key())
        .bytes(2, put.value())
        .number(3, put.lease())
        .flag(4, put.prevKv())
        .flag(5, put.ignoreValue())
        .flag(6, put.ignoreLease());
  }

  private static void range(ProtoWriter out, Range range) {
    out.bytes(1, range.key())
        .bytes(2, range.rangeEnd())
        .number(3, range.limit())
        .number(4, range.revision())
        .number(5, range.order().number())
        .number(6, range.target().number())
        .flag(7, range.serializable())
        .flag(8, range.keysOnly())
        .flag(9, range.countOnly())
        .number(10, range.minModRevision())
        .number(11, range.maxModRevision())
        .number(12, range.minCreateRevision())
        .number(13, range.maxCreateRevision())
        .flag(UNCOUNTED, range.uncounted());
  }

  private static void delete(ProtoWriter out, Delete delete) {
    out.bytes(1, delete.key()).bytes(2, delete.rangeEnd()).flag(3, delete.prevKv());
  }

  private static void txn(ProtoWriter out, Txn txn) {
    for (Compare compare : txn.compares()) {
      int mark = out.open(1);
      compare(out, compare);
      out.close(mark);
    }
    ops(out, 2, txn.success());
    ops(out, 3, txn.failure());
  }

  private static void compare(ProtoWriter out, Compare compare) {
    out.number(1, compare.result().number())
        .number(2, compare.target().number())
        .bytes(3, compare.key());
    switch (compare.target()) {
      case VERSION -> out.numberAlways(4, compare.number());
      case CREATE -> out.numberAlways(5, compare.number());
      case MOD -> out.numberAlways(6, compare.number());
      case VALUE -> out.bytesAlways(7, compare.value());
      case LEASE -> out.numberAlways(8, compare.number());
    }
    out.bytes(64, compare.rangeEnd());
  }

  private static void ops(ProtoWriter out, int field, List<Op> ops) {
    for (Op op : ops) {
      int outer = out.open(field);
      if (op instanceof Range range) {
        int mark = out.open(1);
        range(out, range);
        out.close(mark);
      } else if (op instanceof Put put) {
        int mark = out.open(2);
        put(out, put);
        out.close(mark);
      } else if (op instanceof Delete delete) {
        int mark = out.open(3);
        delete(out, delete);
        out.close(mark);
      } else if (op instanceof Txn txn) {
        int mark = out.open(4);
        txn(out, txn);
        out.close(mark);
      }
      out.close(outer);
    }
  }
}
