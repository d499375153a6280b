package io.quorate.machine;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.kv.KvRequest;
import io.quorate.kv.Principal;

/**
 * Commands to bytes and back. The first byte is the format's version; a member that meets another
 * one stops the group rather than guess.
 *
 * <p>Version 1: format (1), member (8, big-endian), life and sequence (varints), then for whom it
 * is, if that matters ({@link PrincipalCodec}), then the request: its kind (1), flags (1), and its
 * fields in the order of the record. Byte strings are a varint of their length and their bytes;
 * numbers that may be negative are zigzag varints; what is 0 or off in nearly every request is left
 * out and flagged where it is there.
 *
 * <p>A command is never longer than its bounds allow: a decoder reads nothing past the end, makes
 * no list longer than the bytes that are left, and nests no deeper than {@link
 * io.quorate.base.Limits#TXN_DEPTH_MAX}.
 *
 * <p>Stateless; safe from any thread.
 */
public final class CommandCodec {
  /** The version that this code writes, and the only one that it reads. */
  public static final byte FORMAT = 1;

  private static final int MEMBER_AT = 1;
  private static final int LIFE_AT = MEMBER_AT + Long.BYTES;

  private CommandCodec() {}

  /**
   * The bytes of a command, in an array of exactly their length.
   *
   * @param principal for whom it is
   * @throws IllegalArgumentException if the request is one that the validator refuses for what it
   *     can't express: an empty step, an unknown sort order, too deep a nest
   */
  public static Bytes encode(
      long member, long life, long sequence, Principal principal, KvRequest request) {
    int length =
        LIFE_AT
            + CommandWriter.varintLength(life)
            + CommandWriter.varintLength(sequence)
            + PrincipalCodec.length(principal)
            + RequestCodec.length(request);
    CommandWriter out = new CommandWriter(length);
    out.putByte(FORMAT);
    out.putLong(member);
    out.putVarint(life);
    out.putVarint(sequence);
    PrincipalCodec.write(principal, out);
    RequestCodec.write(request, out);
    return out.finish();
  }

  /** The bytes of a command for nobody in particular. */
  public static Bytes encode(long member, long life, long sequence, KvRequest request) {
    return encode(member, life, sequence, Principal.NOBODY, request);
  }

  /** The bytes of a command. */
  public static Bytes encode(Command command) {
    ProposalId id = command.proposal();
    return encode(id.member(), id.life(), id.sequence(), command.principal(), command.request());
  }

  /**
   * The command that the bytes hold; its keys and values share their array.
   *
   * @throws QuorateException.Corrupt if they hold none, or one of another format
   */
  public static Command decode(Bytes payload) {
    CommandReader in = open(payload);
    long member = in.getLong();
    long life = in.getVarint();
    long sequence = in.getVarint();
    Principal principal = PrincipalCodec.read(in);
    KvRequest request = RequestCodec.read(in);
    in.end();
    return new Command(new ProposalId(member, life, sequence), principal, request);
  }

  /** A reader that has passed the proposal's identity: the principal comes next. */
  static CommandReader openBehindProposal(Bytes payload) {
    CommandReader in = open(payload);
    in.getLong();
    in.getVarint();
    in.getVarint();
    return in;
  }

  /** The member that proposed, without reading the rest. */
  public static long member(Bytes payload) {
    return open(payload).getLong();
  }

  /** The proposer's life, without reading the rest. */
  public static long life(Bytes payload) {
    CommandReader in = open(payload);
    in.getLong();
    return in.getVarint();
  }

  /** The proposer's number, without reading the rest. */
  public static long sequence(Bytes payload) {
    CommandReader in = open(payload);
    in.getLong();
    in.getVarint();
    return in.getVarint();
  }

  private static CommandReader open(Bytes payload) {
    CommandReader in = new CommandReader(payload);
    byte format = in.getByte();
    if (format != FORMAT) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          "a command has format "
              + (format & 0xff)
              + ", this version reads "
              + FORMAT
              + ": it was written by a newer version, or is damaged; the group must stop");
    }
    Checks.that(in.position() == MEMBER_AT, "the format took %d bytes", in.position());
    return in;
  }
}
