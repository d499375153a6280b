package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Appends and their acknowledgements as frames. The head differs from follower to follower; the
 * body, which is the entries, is the same for all, and built once.
 *
 * <p>Reading goes into fields that are reused, valid until the next frame is read. Used on the
 * loop.
 */
final class AppendCodec {
  /** Kind and length in front of each entry's payload. */
  static final int ENTRY_HEAD_BYTES = 5;

  long term;
  long prevIndex;
  long prevTerm;
  long entryTerm;
  long commit;
  long round;
  int count;
  int[] sizes = new int[64];
  byte[] kinds = new byte[64];
  @Nullable Bytes[] payloads = new Bytes[64];

  // What was built last: both followers of a leader usually want the same.
  private long bodyFirst;
  private long bodyLast = -1;
  private long bodyTerm;
  private Bytes body = Bytes.EMPTY;

  /** The head of an append. */
  static Bytes head(
      FrameWriter out,
      long group,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      int count,
      long commit,
      long round) {
    return out.begin(FrameType.APPEND, group)
        .u64(term)
        .u64(prevIndex)
        .u64(prevTerm)
        .u64(entryTerm)
        .u64(commit)
        .u64(round)
        .u32(count)
        .toBytes();
  }

  /** The entries from {@code first} to {@code last}, all of which the cache holds. */
  Bytes body(EntryCache entries, long first, long last) {
    if (first > last) {
      return Bytes.EMPTY;
    }
    long lastTerm = entries.term(last);
    if (first == bodyFirst && last == bodyLast && lastTerm == bodyTerm) {
      return body;
    }
    int bytes = 0;
    for (long i = first; i <= last; i++) {
      bytes += ENTRY_HEAD_BYTES + entries.payload(i).length();
    }
    byte[] array = new byte[bytes];
    int at = 0;
    for (long i = first; i <= last; i++) {
      at = entry(array, at, entries.kind(i), entries.payload(i));
    }
    bodyFirst = first;
    bodyLast = last;
    bodyTerm = lastTerm;
    body = Bytes.wrap(array);
    return body;
  }

  /** Writes one entry of a body; returns the position behind it. */
  static int entry(byte[] target, int at, byte kind, Bytes payload) {
    target[at] = kind;
    int length = payload.length();
    target[at + 1] = (byte) length;
    target[at + 2] = (byte) (length >>> 8);
    target[at + 3] = (byte) (length >>> 16);
    target[at + 4] = (byte) (length >>> 24);
    return payload.copyTo(target, at + ENTRY_HEAD_BYTES);
  }

  /** Reads an append whose type and group have been read, into the fields. */
  void readAppend(FrameReader in) throws FrameReader.Malformed {
    term = in.u64();
    prevIndex = in.u64();
    prevTerm = in.u64();
    entryTerm = in.u64();
    commit = in.u64();
    round = in.u64();
    count = in.count(ENTRY_HEAD_BYTES);
    if (count > Limits.APPEND_ENTRIES_MAX) {
      throw new FrameReader.Malformed("an append of " + count + " entries");
    }
    if (count > sizes.length) {
      int room = Math.max(count, sizes.length * 2);
      sizes = new int[room];
      kinds = new byte[room];
      payloads = Arrays.copyOf(payloads, room);
    }
    for (int i = 0; i < count; i++) {
      kinds[i] = (byte) in.u8();
      Bytes payload = in.bytes();
      payloads[i] = payload;
      sizes[i] = payload.length();
    }
    in.end();
  }

  /** The payload of entry {@code i} of what was read. */
  Bytes payload(int i) {
    Bytes payload = payloads[i];
    if (payload == null) {
      throw Checks.unreachable("entry " + i + " of an append was let go");
    }
    return payload;
  }

  /** Lets go of the payloads that were read. */
  void release() {
    Arrays.fill(payloads, 0, Math.min(count, payloads.length), null);
    count = 0;
  }

  /**
   * An acknowledgement.
   *
   * @param hash of the log up to {@code match}, 0 if not at hand
   * @param applied the index that the state is at
   * @param stateHash its hash there
   */
  static Bytes ack(
      FrameWriter out,
      long group,
      long term,
      long round,
      long match,
      int flags,
      long rejectedPrev,
      long hintIndex,
      long hintTerm,
      long hash,
      long applied,
      long stateHash) {
    return out.begin(FrameType.APPEND_ACK, group)
        .u64(term)
        .u64(round)
        .u64(match)
        .u8(flags)
        .u64(rejectedPrev)
        .u64(hintIndex)
        .u64(hintTerm)
        .u64(hash)
        .u64(applied)
        .u64(stateHash)
        .toBytes();
  }
}
