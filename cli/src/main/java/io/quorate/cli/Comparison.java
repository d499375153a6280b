package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.KeyValue;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A hash of either side over each key, its value and its lease, in the order of keys; and which key
 * is the first that differs.
 */
final class Comparison implements KeyPairs {
  private final LeaseMirror leases;
  private final MigrationProgress progress;
  private final MessageDigest source = sha256();
  private final MessageDigest target = sha256();
  private final ByteBuffer head = ByteBuffer.allocate(Integer.BYTES + Integer.BYTES + Long.BYTES);
  private long keys;
  private long different;
  private @Nullable Bytes firstDifferent;

  Comparison(LeaseMirror leases, MigrationProgress progress) {
    this.leases = leases;
    this.progress = progress;
  }

  @Override
  public void pair(@Nullable KeyValue there, @Nullable KeyValue here) {
    if (there != null) {
      keys++;
      progress.advance(1);
      add(source, there);
    }
    if (here != null) {
      add(target, here);
    }
    if (there == null || here == null || !same(there, here)) {
      different++;
      if (firstDifferent == null) {
        firstDifferent = there != null ? there.key() : here != null ? here.key() : null;
      }
    }
  }

  private boolean same(KeyValue there, KeyValue here) {
    return there.value().equals(here.value())
        && leases.compared(there.lease()) == leases.compared(here.lease());
  }

  private void add(MessageDigest hash, KeyValue kv) {
    hash.update(
        head.clear()
            .putInt(kv.key().length())
            .putInt(kv.value().length())
            .putLong(leases.compared(kv.lease()))
            .flip());
    hash.update(kv.key().asByteBuffer());
    hash.update(kv.value().asByteBuffer());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /** The hash of both sides. Ends the comparison; throws if they differ. */
  String hash() {
    String there = HexFormat.of().formatHex(source.digest());
    String here = HexFormat.of().formatHex(target.digest());
    if (different > 0 || !there.equals(here)) {
      throw new Failure(
          ExitCodes.FAILED,
          "the destination differs in %,d of %,d keys, first in %s (hash %s, not %s): who else writes there? The same command puts it right"
              .formatted(different, keys, firstDifferent, here, there));
    }
    return there;
  }

  /** How many keys the source has. */
  long keys() {
    return keys;
  }
}
