package io.quorate.xa.branch;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The name of one branch of a transaction, as a database keeps it: whose it is, and which.
 *
 * <p>As an XA transaction id it has 25 bytes of a global part, which all branches of a transaction
 * share, and 22 of a qualifier, which ends with a checksum: what others have made, or what is
 * damaged, is none of ours. The form as text is that of PostgreSQL's driver, so that its own XA
 * support lists the same branches.
 *
 * @param domain of all who may finish each other's transactions: a hash of the cluster and a name
 * @param incarnation the coordinator's
 * @param sequence of the transaction, within the incarnation
 * @param resource a hash of what it is a branch at
 * @param branch from 0, of several at one resource
 * @param session by which the resource finds the connection that holds it; 0 where it needs none
 */
public record BranchId(
    long domain, long incarnation, long sequence, long resource, int branch, long session) {
  /**
   * Of all that Quorate makes. MariaDB's binary log has room for four bytes that aren't negative.
   */
  public static final int FORMAT = 0x51584131;

  private static final byte VERSION = 1;
  private static final int GLOBAL_BYTES = 1 + 3 * Long.BYTES;
  private static final int QUALIFIER_BYTES = 2 * Long.BYTES + Short.BYTES + Integer.BYTES;
  private static final int BRANCHES_MAX = 1 << 16;
  private static final HexFormat HEX = HexFormat.of();
  private static final Base64.Encoder TO_TEXT = Base64.getEncoder();
  private static final Base64.Decoder FROM_TEXT = Base64.getDecoder();

  /** Refuses a branch's number that has no room. */
  public BranchId {
    if (branch < 0 || branch >= BRANCHES_MAX) {
      throw new IllegalArgumentException("branch " + branch);
    }
  }

  /** A resource's part of its branches' names, or a domain's: eight bytes of a name's SHA-256. */
  public static long hash(String name) {
    try {
      byte[] all =
          MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(all).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** The same branch, held by that session. */
  public BranchId heldBy(long thatSession) {
    return new BranchId(domain, incarnation, sequence, resource, branch, thatSession);
  }

  /** What all branches of a transaction share. */
  public byte[] global() {
    return ByteBuffer.allocate(GLOBAL_BYTES)
        .put(VERSION)
        .putLong(domain)
        .putLong(incarnation)
        .putLong(sequence)
        .array();
  }

  /** What is this branch's alone. */
  public byte[] qualifier() {
    ByteBuffer bytes =
        ByteBuffer.allocate(QUALIFIER_BYTES)
            .putLong(resource)
            .putShort((short) branch)
            .putLong(session);
    return bytes.putInt(checksum(global(), bytes.array())).array();
  }

  private static int checksum(byte[] global, byte[] qualifier) {
    CRC32C sum = new CRC32C();
    sum.update(global, 0, GLOBAL_BYTES);
    sum.update(qualifier, 0, QUALIFIER_BYTES - Integer.BYTES);
    return (int) sum.getValue();
  }

  /** The branch of that name; empty if the name isn't one that Quorate has made. */
  public static Optional<BranchId> of(int format, byte[] global, byte[] qualifier) {
    if (format != FORMAT
        || global.length != GLOBAL_BYTES
        || qualifier.length != QUALIFIER_BYTES
        || global[0] != VERSION) {
      return Optional.empty();
    }
    ByteBuffer first = ByteBuffer.wrap(global, 1, GLOBAL_BYTES - 1);
    ByteBuffer second = ByteBuffer.wrap(qualifier);
    BranchId id =
        new BranchId(
            first.getLong(),
            first.getLong(),
            first.getLong(),
            second.getLong(),
            Short.toUnsignedInt(second.getShort()),
            second.getLong());
    return second.getInt() == checksum(global, qualifier) ? Optional.of(id) : Optional.empty();
  }

  /** As PostgreSQL keeps it: 80 characters. */
  public String toText() {
    return FORMAT
        + "_"
        + TO_TEXT.encodeToString(global())
        + "_"
        + TO_TEXT.encodeToString(qualifier());
  }

  /** The branch of that name; empty if the name isn't one that Quorate has made. */
  public static Optional<BranchId> ofText(String text) {
    String[] parts = text.split("_", -1);
    if (parts.length != 3 || !parts[0].equals(Integer.toString(FORMAT))) {
      return Optional.empty();
    }
    try {
      return of(FORMAT, FROM_TEXT.decode(parts[1]), FROM_TEXT.decode(parts[2]));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * As it stands in addresses and keys: 94 hexadecimal digits, with a dash between its two parts.
   */
  public String toHex() {
    return HEX.formatHex(global()) + "-" + HEX.formatHex(qualifier());
  }

  /** The branch of that name; empty if the name isn't one that Quorate has made. */
  public static Optional<BranchId> ofHex(String text) {
    int dash = text.indexOf('-');
    if (dash < 0) {
      return Optional.empty();
    }
    try {
      return of(
          FORMAT, HEX.parseHex(text.substring(0, dash)), HEX.parseHex(text.substring(dash + 1)));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Sixteen digits, as a domain stands in addresses. */
  public static String hex(long number) {
    return HEX.toHexDigits(number);
  }
}
