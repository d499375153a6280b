package io.quorate.snapshot;

import io.quorate.base.Hash64;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The bytes of a backup file, version 1. Numbers are big-endian.
 *
 * <pre>
 * file    magic(7) version(1) chunk… padding sha256(32)
 * chunk   kind(1) length(4) hash(8) payload(length)
 *
 * header  clusterId(8) member(8) index(8) term(8) revision(8) compacted(8) software(UTF-8)
 * rows    (keyLength(4) valueLength(4) key value)…
 * end     rows(8) chunks(8)
 * </pre>
 *
 * <p>The first chunk is the header, the last one the end, those between are rows in their order. A
 * chunk's hash is seeded with its kind and its number, so that none passes for another. Zeros fill
 * the file up to a multiple of 512 bytes, and the SHA-256 of everything before ends it: the shape
 * that etcd's own snapshots have, so that its tools save one of ours and find it whole.
 */
final class BackupFormat {
  static final byte[] MAGIC = {'Q', 'B', 'A', 'C', 'K', 'U', 'P'};
  static final byte VERSION = 1;
  static final int START_BYTES = MAGIC.length + 1;

  static final byte HEADER = 1;
  static final byte ROWS = 2;
  static final byte END = 3;

  static final int CHUNK_HEAD_BYTES = 1 + Integer.BYTES + Long.BYTES;
  static final int ROW_HEAD_BYTES = 2 * Integer.BYTES;
  static final int HEADER_BYTES_MIN = 6 * Long.BYTES;
  static final int END_BYTES = 2 * Long.BYTES;
  static final int HASH_BYTES = 32;

  /** The file without its hash is a multiple of this. */
  static final int PAGE_BYTES = 512;

  /** Past this a chunk takes no more rows. */
  static final int ROWS_BYTES = 256 * 1024;

  /** Longest payload that is believed: a chunk with one row of the largest request, many times. */
  static final int PAYLOAD_BYTES_MAX = 64 << 20;

  private BackupFormat() {}

  static long hash(byte kind, long number, byte[] payload, int from, int length) {
    return Hash64.of(payload, from, length, Hash64.combine(kind, number));
  }

  /** How many zeros follow {@code bytes} of content. */
  static int padding(long bytes) {
    return (int) (-bytes & (PAGE_BYTES - 1));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
