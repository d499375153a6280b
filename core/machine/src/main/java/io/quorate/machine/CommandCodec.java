package io.quorate.machine;

import io.quorate.base.Bytes;
import io.quorate.kv.KvRequest;

/**
 * Commands to bytes and back. The first byte is the format's version; a member that meets a newer
 * one stops the group rather than guess.
 *
 * <p>Stateless; safe from any thread.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class CommandCodec {
  /** The version that this code writes. */
  public static final byte FORMAT = 1;

  private CommandCodec() {}

  /** The bytes of a command, in an array of exactly their length. */
  public static Bytes encode(long member, long boot, long sequence, KvRequest request) {
    throw new UnsupportedOperationException(member + " " + boot + " " + sequence + request);
  }

  /** The bytes of a command. */
  public static Bytes encode(Command command) {
    ProposalId id = command.proposal();
    return encode(id.member(), id.boot(), id.sequence(), command.request());
  }

  /**
   * The command that the bytes hold; its keys and values share their array.
   *
   * @throws io.quorate.base.QuorateException.Corrupt if they hold none, or one of another format
   */
  public static Command decode(Bytes payload) {
    throw new UnsupportedOperationException(payload.toString());
  }

  /** The member that proposed, without reading the rest. */
  public static long member(Bytes payload) {
    throw new UnsupportedOperationException(payload.toString());
  }

  /** The proposer's start, without reading the rest. */
  public static long boot(Bytes payload) {
    throw new UnsupportedOperationException(payload.toString());
  }

  /** The proposer's number, without reading the rest. */
  public static long sequence(Bytes payload) {
    throw new UnsupportedOperationException(payload.toString());
  }
}
