package io.quorate.etcd;

import io.quorate.grpc.Call;
import io.quorate.grpc.Status;
import io.quorate.kv.Principal;
import io.quorate.node.Replica;
import io.quorate.node.SparseLog;

/**
 * Tells who was let in, who changed what about users and roles, and who was refused: a line for
 * each, under a logger of its own, with no password, hash, token, key or value in it. Names are
 * quoted, so that none can pass for a line. Of refusals only some have a line, and it says how many
 * hadn't.
 *
 * <p>Used on the replica's loop.
 */
final class AuditLog {
  private static final System.Logger LOG = System.getLogger("io.quorate.audit");

  /** What there is more of a name isn't told: strangers choose the names that they try. */
  private static final int NAME_LENGTH_MAX = 256;

  private final Replica replica;
  private final SparseLog refusals = new SparseLog(LOG, System.Logger.Level.WARNING);

  AuditLog(Replica replica) {
    this.replica = replica;
  }

  /**
   * Something about users, roles or authentication was asked for, and this came of it.
   *
   * @param subject whom it is about; empty for nobody
   */
  void asked(Call call, Principal by, String subject, Status outcome) {
    LOG.log(System.Logger.Level.INFO, line(call, quoted(by.name()), subject, outcome));
  }

  /** Somebody was refused. */
  void refused(Call call, Principal by, Status why) {
    refusals.log(replica.loop().now(), line(call, quoted(by.name()), "", why));
  }

  /** Nobody knows who was refused. */
  void refused(Call call, String user, Status why) {
    refusals.log(replica.loop().now(), line(call, "\"\"", user, why));
  }

  private static String line(Call call, String by, String subject, Status outcome) {
    return "audit call="
        + call.method().substring(call.method().lastIndexOf('/') + 1)
        + " by="
        + by
        + (subject.isEmpty() ? "" : " subject=" + quoted(subject))
        + " from="
        + quoted(String.valueOf(call.remoteAddress()))
        + " outcome="
        + (outcome.isOk() ? "ok" : quoted(outcome.message()));
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .limit(NAME_LENGTH_MAX)
        .forEach(c -> {
          if (isUnseen(c)) {
            quoted.append("\\u{").append(Integer.toHexString(c)).append('}');
          } else if (c == '"' || c == '\\') {
            quoted.append('\\').appendCodePoint(c);
          } else {
            quoted.appendCodePoint(c);
          }
        });
    boolean cut = text.codePointCount(0, text.length()) > NAME_LENGTH_MAX;
    return quoted.append(cut ? "…\"" : "\"").toString();
  }

  /** Whether a character has no form of its own, or changes how others are read. */
  private static boolean isUnseen(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }
}
