package io.quorate.events.group;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How the owner of a partition writes: whatever it writes it writes under two comparisons, that the
 * owner's key is still the one of this tenure, and that what the step changes is still as it was.
 * So a step is repeated until it is answered, and a repetition whose first sending took effect
 * finds that, and does nothing. Where the owner is another the partition is lost, and nothing more
 * is done.
 */
final class Tenure {
  private static final long RETRY_NANOS = 200_000_000L;

  private final Consumer consumer;
  private final QuorateClient client;
  private final int partition;
  private final Bytes owner;
  private final long since;
  private final BooleanSupplier isOver;
  private final Runnable lost;

  /** Whether what a step changes is as the step leaves it. */
  interface IsDone {
    boolean test(@Nullable KeyValue there);
  }

  /** What is done about a refusal by the store. */
  interface Refusal {
    void accept(QuorateException why);
  }

  /**
   * @param since the revision at which the owner's key was created
   * @param isOver whether nothing is to be done any more
   * @param lost told when the owner turns out to be another
   */
  Tenure(
      Consumer consumer,
      ConsumerGroup group,
      int partition,
      long since,
      BooleanSupplier isOver,
      Runnable lost) {
    this.consumer = consumer;
    this.partition = partition;
    this.since = since;
    this.isOver = isOver;
    this.lost = lost;
    client = group.store().client();
    owner = group.keys().owner(partition);
  }

  /** That it isn't over. */
  Compare lasts() {
    return Compare.createRevision(owner).is(since);
  }

  /** Ends it. */
  Op end() {
    return Delete.key(owner);
  }

  /**
   * Has the store do something, once, as the owner of the partition; repeated until it is answered.
   *
   * @param still that it isn't done yet
   * @param changed the key that tells whether it is
   */
  void step(
      Compare still, List<Op> ops, Bytes changed, IsDone isDone, Runnable then, Refusal refused) {
    if (isOver.getAsBoolean()) {
      return;
    }
    Txn txn =
        Txn.when(lasts(), still)
            .then(ops.toArray(Op[]::new))
            .otherwise(Range.key(owner).withKeysOnly(), Range.key(changed));
    var unused =
        client
            .kv()
            .txnAsync(txn)
            .whenComplete((response, failure) -> {
              if (failure == null) {
                stepped(response.succeeded() ? null : response.responses(), isDone, then);
                return;
              }
              QuorateException why = QuorateException.reason(failure);
              if (passes(why) || why.code() == ErrorCode.SPACE_EXCEEDED) {
                later(() -> step(still, ops, changed, isDone, then, refused));
              } else if (why instanceof QuorateException.Rejected) {
                refused.accept(why);
              } else {
                consumer.fail(why);
              }
            });
  }

  private void stepped(@Nullable List<OpResponse> otherwise, IsDone isDone, Runnable then) {
    if (otherwise != null) {
      KeyValue found = ((RangeResponse) otherwise.get(0)).first().orElse(null);
      KeyValue there = ((RangeResponse) otherwise.get(1)).first().orElse(null);
      if (found == null || found.createRevision() != since) {
        lost.run();
        return;
      }
      if (!isDone.test(there)) {
        consumer.fail(
            QuorateException.of(
                ErrorCode.STATE_MOVED,
                "somebody else has changed what partition " + partition + " alone may change"));
        return;
      }
    }
    then.run();
  }

  /** Whether what failed may be asked again. */
  static boolean passes(QuorateException why) {
    return (why instanceof QuorateException.Unavailable
            || why instanceof QuorateException.Indeterminate)
        && why.code() != ErrorCode.STOPPED;
  }

  /** Does something again a little later. */
  void later(Runnable again) {
    if (client.isClosed()) {
      consumer.fail(QuorateException.of(ErrorCode.STOPPED, "the client is closed"));
    } else {
      client.timer().after(RETRY_NANOS, again);
    }
  }
}
