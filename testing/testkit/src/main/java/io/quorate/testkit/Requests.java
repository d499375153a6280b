package io.quorate.testkit;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * Which requests of a process a fault is about: those with one answer. Watches and the renewals of
 * sessions are streams, and none of them; what cuts or pauses meets those as well. Never changes.
 */
public final class Requests {
  private static final String TXN = "etcdserverpb.KV/Txn";

  /** What only reads, beside transactions that do. */
  private static final Set<String> READS =
      Set.of(
          "etcdserverpb.KV/Range",
          "etcdserverpb.Lease/LeaseTimeToLive",
          "etcdserverpb.Lease/LeaseLeases",
          "etcdserverpb.Cluster/MemberList",
          "etcdserverpb.Maintenance/Status",
          "etcdserverpb.Maintenance/Hash",
          "etcdserverpb.Maintenance/HashKV",
          "v3electionpb.Election/Leader",
          "quorate.events.v1.Streams/Read");

  private static final int SUCCESS_FIELD = 2;
  private static final int FAILURE_FIELD = 3;
  private static final int RANGE_OP_FIELD = 1;
  private static final int TXN_OP_FIELD = 4;

  private enum Kind {
    ALL,
    READS,
    WRITES
  }

  private final Kind kind;
  private final String text;
  private final int count;

  private Requests(Kind kind, String text, int count) {
    this.kind = kind;
    this.text = text;
    this.count = count;
  }

  /** All of them. */
  public static Requests all() {
    return new Requests(Kind.ALL, "", Integer.MAX_VALUE);
  }

  /** What changes nothing, and may therefore be sent again: ranges, and transactions of such. */
  public static Requests reads() {
    return new Requests(Kind.READS, "", Integer.MAX_VALUE);
  }

  /**
   * What may change something: puts, deletions, transactions that have such, grants and ends of
   * leases. A lock that is acquired or released is a transaction, and so is a guarded write.
   */
  public static Requests writes() {
    return new Requests(Kind.WRITES, "", Integer.MAX_VALUE);
  }

  /**
   * Of these, only requests in which this text stands somewhere: in a key, say, or in a value.
   *
   * @param part not empty
   */
  public Requests mentioning(String part) {
    if (part.isEmpty()) {
      throw new IllegalArgumentException("an empty text is in every request");
    }
    return new Requests(kind, part, count);
  }

  /**
   * Of these, only the first ones from now on; the fault is over behind them.
   *
   * @param most how many; at least 1
   */
  public Requests first(int most) {
    if (most < 1) {
      throw new IllegalArgumentException("first(" + most + ") is no request at all");
    }
    return new Requests(kind, text, most);
  }

  /** How many are met at most. */
  int count() {
    return count;
  }

  boolean contain(String method, Bytes request) {
    boolean ofKind =
        switch (kind) {
          case ALL -> true;
          case READS -> isRead(method, request);
          case WRITES -> !isRead(method, request);
        };
    return ofKind && (text.isEmpty() || mentions(request, Bytes.utf8(text)));
  }

  private static boolean isRead(String method, Bytes request) {
    return READS.contains(method) || (method.equals(TXN) && onlyReads(request));
  }

  /** Whether all operations of a transaction are ranges, on both of its branches. */
  private static boolean onlyReads(Bytes txn) {
    ProtoReader fields = new ProtoReader(txn);
    while (fields.next()) {
      if (fields.field() == SUCCESS_FIELD || fields.field() == FAILURE_FIELD) {
        ProtoReader op = fields.message();
        while (op.next()) {
          boolean reads =
              op.field() == RANGE_OP_FIELD || (op.field() == TXN_OP_FIELD && onlyReads(op.bytes()));
          if (!reads) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /** By bytes, whatever they mean. */
  private static boolean mentions(Bytes request, Bytes part) {
    return bytewise(request).contains(bytewise(part));
  }

  private static String bytewise(Bytes bytes) {
    return new String(
        bytes.array(), bytes.arrayOffset(), bytes.length(), StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    String which = count == Integer.MAX_VALUE ? "" : "the first " + count + " ";
    String what = kind == Kind.ALL ? "requests" : kind == Kind.READS ? "reads" : "writes";
    return which + what + (text.isEmpty() ? "" : " that mention \"" + text + "\"");
  }
}
