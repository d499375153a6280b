package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Kv;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The cluster that is written to: some transactions under way at a time, each of which takes effect
 * only while this run holds the mark.
 *
 * <p>The mark is a key that says from which cluster the data comes. It tells a run that goes on
 * from one that would overwrite somebody's data, and it is a fence: where the outcome of a write
 * isn't known the mark is written anew, so that the write can't come later, over a newer value.
 */
final class MigrationTarget {
  /** The mark's key. It is on neither side a part of what is migrated. */
  static final Bytes MARK = Bytes.utf8("quorate.migration");

  private static final int UNDER_WAY_MAX = 8;
  private static final int REPAIRS_MAX = 5;

  private final Kv kv;
  private final Patience patience;
  private final Consumer<List<Op>> grantAgain;
  private final String run = UUID.randomUUID().toString();
  private final Semaphore room = new Semaphore(UNDER_WAY_MAX);
  private final ConcurrentLinkedQueue<Failed> failed = new ConcurrentLinkedQueue<>();
  private final AtomicLong revision = new AtomicLong();
  private Bytes mark = Bytes.EMPTY;
  private volatile long markedAt;
  private int repairs;

  private record Failed(List<Op> ops, Throwable why) {}

  /**
   * Nothing is sent yet.
   *
   * @param grantAgain makes sure that the leases of these operations are there
   */
  MigrationTarget(Kv kv, Patience patience, Consumer<List<Op>> grantAgain) {
    this.kv = kv;
    this.patience = patience;
    this.grantAgain = grantAgain;
  }

  /**
   * Takes the cluster over for this run; another run that is under way ends by that.
   *
   * @param replace whether data may be there that isn't from that source
   */
  void take(long source, boolean replace) {
    String from = String.format(Locale.ROOT, "from cluster %016x", source);
    mark = Bytes.utf8(from + ", run " + run);
    while (true) {
      @Nullable KeyValue found = found();
      if (!replace && found == null) {
        RangeResponse there =
            patience.until("destination", () -> kv.range(Range.from(Keys.ZERO).withCountOnly()));
        if (there.count() > 0) {
          throw new Failure(
              ExitCodes.FAILED,
              "the destination has %,d keys, and no mark of a migration under way (a migration that ended well leaves none); --replace makes it equal to the source, whatever it has"
                  .formatted(there.count()));
        }
      } else if (!replace && found != null && !found.value().toUtf8().startsWith(from)) {
        throw new Failure(
            ExitCodes.FAILED,
            "the destination is being filled from another cluster (the key %s says: %s); --replace makes it equal to this source"
                .formatted(MARK.toUtf8(), found.value().toUtf8()));
      }
      if (marked(found)) {
        return;
      }
    }
  }

  /** The newest revision that a write of this run has made. */
  long revision() {
    return revision.get();
  }

  /** Sends a transaction; its keys must differ from those under way. Waits while enough are. */
  void send(List<Op> ops) {
    var _ = mend();
    room.acquireUninterruptibly();
    launch(List.copyOf(ops));
  }

  /** Waits until all that was sent has taken effect. */
  void drain() {
    do {
      room.acquireUninterruptibly(UNDER_WAY_MAX);
      room.release(UNDER_WAY_MAX);
    } while (mend());
  }

  /** Gives the cluster free: it is nobody's copy from now on. */
  void release() {
    drain();
    patience.until(
        "destination", () -> kv.txn(Txn.when(mine()).then(io.quorate.client.Delete.key(MARK))));
  }

  private Compare mine() {
    return Compare.modRevision(MARK).is(markedAt);
  }

  private void launch(List<Op> ops) {
    var _ =
        kv.txnAsync(Txn.when(mine()).then(ops.toArray(Op[]::new)))
            .whenComplete((response, failure) -> {
              if (failure != null) {
                failed.add(
                    new Failed(
                        ops,
                        failure instanceof CompletionException && failure.getCause() != null
                            ? failure.getCause()
                            : failure));
              } else if (response.succeeded()) {
                var _ = revision.accumulateAndGet(response.header().revision(), Math::max);
              } else {
                failed.add(new Failed(ops, lost()));
              }
              room.release();
            });
  }

  /** Repeats what failed, if that helps; whether there was something. */
  private boolean mend() {
    if (failed.isEmpty()) {
      repairs = 0;
      return false;
    }
    room.acquireUninterruptibly(UNDER_WAY_MAX);
    room.release(UNDER_WAY_MAX);
    List<Failed> all = new ArrayList<>(failed);
    failed.clear();
    boolean leaseGone = false;
    for (Failed each : all) {
      switch (each.why()) {
        case Failure known -> throw known;
        case QuorateException known when known.code() == ErrorCode.NOT_FOUND -> leaseGone = true;
        case QuorateException known when known.code().kind() == ErrorCode.Kind.REJECTED ->
            throw refused(each.ops(), known);
        case QuorateException _ -> {}
        default -> throw new IllegalStateException(each.why());
      }
    }
    Throwable why = all.get(0).why();
    if (leaseGone) {
      if (++repairs > REPAIRS_MAX) {
        throw (QuorateException) why;
      }
      all.forEach(each -> grantAgain.accept(each.ops()));
    } else {
      patience.pause("destination", (QuorateException) why, repairs++);
    }
    fence();
    for (Failed each : all) {
      room.acquireUninterruptibly();
      launch(each.ops());
    }
    return true;
  }

  private static QuorateException refused(List<Op> ops, QuorateException why) {
    String first =
        switch (ops.get(0)) {
          case Put put -> " (a write of " + put.key() + " and " + (ops.size() - 1) + " more)";
          default -> "";
        };
    return QuorateException.of(why.code(), "the destination: " + why.getMessage() + first, why);
  }

  /** From here on nothing that was sent before can take effect any more. */
  private void fence() {
    while (true) {
      KeyValue found = found();
      if (found == null || !found.value().equals(mark)) {
        throw lost();
      }
      if (marked(found)) {
        return;
      }
    }
  }

  private @Nullable KeyValue found() {
    return patience.until("destination", () -> kv.get(MARK)).orElse(null);
  }

  /** Writes the mark, if it is still as it was found; false if it isn't, or may not be. */
  private boolean marked(@Nullable KeyValue found) {
    try {
      TxnResponse response =
          kv.txn(
              Txn.when(Compare.modRevision(MARK).is(found == null ? 0 : found.modRevision()))
                  .then(Put.of(MARK, mark)));
      if (response.succeeded()) {
        markedAt = response.header().revision();
        var _ = revision.accumulateAndGet(markedAt, Math::max);
      }
      return response.succeeded();
    } catch (QuorateException e) {
      patience.pause("destination", e, 0);
      return false;
    }
  }

  private static Failure lost() {
    return new Failure(
        ExitCodes.FAILED,
        "the key "
            + MARK.toUtf8()
            + " of the destination was changed or deleted: another migration has taken over, or"
            + " somebody ended this one");
  }
}
