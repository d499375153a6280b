package io.quorate;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;

/**
 * Who a founding member and its cluster are: numbers that every member derives alike from the list
 * of founders, as etcd derives them, so that nobody has to hand them out.
 */
public final class Identity {
  private Identity() {}

  /**
   * A founding member's id.
   *
   * @param peerUrls where other members reach it, in any order
   * @param token what sets this cluster apart from others with the same addresses
   */
  public static long memberId(Collection<String> peerUrls, String token) {
    List<String> sorted = new ArrayList<>(peerUrls);
    Collections.sort(sorted);
    String text = String.join("", sorted) + token;
    return firstEightBytes(sha1(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** The id of the cluster that these members found; in any order. */
  public static long clusterId(Collection<Long> memberIds) {
    long[] ids = memberIds.stream().mapToLong(Long::longValue).toArray();
    for (int i = 0; i < ids.length; i++) {
      ids[i] ^= Long.MIN_VALUE; // order as unsigned numbers
    }
    Arrays.sort(ids);
    ByteBuffer buffer = ByteBuffer.allocate(Long.BYTES * ids.length);
    for (long id : ids) {
      buffer.putLong(id ^ Long.MIN_VALUE);
    }
    return firstEightBytes(sha1(buffer.array()));
  }

  private static long firstEightBytes(byte[] hash) {
    return ByteBuffer.wrap(hash).getLong();
  }

  private static byte[] sha1(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-1").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
