package io.quorate.etcd;

import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.PutRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.node.Replica;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Refuses what would make the state grow past its quota; what reads or deletes goes on.
 *
 * <p>It looks at the size on disk, at most every so often, and lets writes go on by itself once
 * there is room again. Used on the replica's loop.
 */
final class SpaceQuota {
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Replica replica;
  private final long bytesMax;

  private long lookedAt;
  private boolean looked;
  private boolean exceeded;

  SpaceQuota(Replica replica, long bytesMax) {
    this.replica = replica;
    this.bytesMax = bytesMax;
  }

  /** Whether the state is larger than it may be. */
  boolean exceeded() {
    if (bytesMax == Long.MAX_VALUE) {
      return false;
    }
    long now = replica.loop().now();
    if (!looked || now - lookedAt >= LOOK_EVERY_NANOS) {
      looked = true;
      lookedAt = now;
      exceeded = replica.status().bytesOnDisk() > bytesMax;
    }
    return exceeded;
  }

  /** Refuses whatever takes space, while the quota is exceeded. */
  void checkSpace() {
    if (exceeded()) {
      throw EtcdError.NO_SPACE.asException();
    }
  }

  /** Refuses a request that puts, in whichever branch, while the quota is exceeded. */
  void check(KvRequest request) {
    if (exceeded() && puts(request)) {
      throw EtcdError.NO_SPACE.asException();
    }
  }

  private static boolean puts(KvRequest request) {
    return switch (request) {
      case PutRequest _ -> true;
      case TxnRequest txn -> puts(txn.success()) || puts(txn.failure());
      default -> false;
    };
  }

  private static boolean puts(List<KvOp> ops) {
    for (KvOp op : ops) {
      if (puts(op)) {
        return true;
      }
    }
    return false;
  }
}
