package io.quorate.events;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * Which event it is, among all of all stores: its append, and its place in that.
 *
 * @param append the append's id, which its caller chose
 * @param index of the event among all of that append, from 0 on
 */
public record EventId(UUID append, int index) {
  private static final long VERSION_MASK = 0xf000L;
  private static final long VERSION_5 = 0x5000L;
  private static final long VARIANT_MASK = 0xc000_0000_0000_0000L;
  private static final long VARIANT = 0x8000_0000_0000_0000L;

  /**
   * An id for what is done for this event: the same whoever asks for it, and whenever. So what is
   * handled at least once is appended once:
   *
   * <pre>{@code
   * store.append(
   *     Append.to("shipments/42", ExpectedVersion.any(), shipped)
   *         .id(event.id().uuid("shipping"))
   *         .causedBy(event));
   * }</pre>
   *
   * <p>It is a UUID of version 5 by RFC 9562, whose namespace is the append's id and whose name is
   * the index in decimal digits, a colon and the purpose, in UTF-8; so other languages come to the
   * same one. Ids of different events, or for different purposes, are different but for a chance
   * that is as small as with random ones: 122 bits of a SHA-1. It is no secret: whoever knows the
   * event knows it.
   *
   * @param purpose what is done for the event, another for each thing that is
   */
  public UUID uuid(String purpose) {
    NewEvent.requireText(purpose);
    byte[] name = (index + ":" + purpose).getBytes(StandardCharsets.UTF_8);
    ByteBuffer namespace = ByteBuffer.allocate(2 * Long.BYTES);
    namespace.putLong(append.getMostSignificantBits()).putLong(append.getLeastSignificantBits());
    ByteBuffer hash;
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-1");
      digest.update(namespace.array());
      hash = ByteBuffer.wrap(digest.digest(name));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
    return new UUID(
        (hash.getLong() & ~VERSION_MASK) | VERSION_5, (hash.getLong() & ~VARIANT_MASK) | VARIANT);
  }

  @Override
  public String toString() {
    return append + ":" + index;
  }
}
