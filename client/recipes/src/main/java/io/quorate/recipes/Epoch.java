package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.util.Optional;

/**
 * Which life of the store it is: a number that stands before the revision in each {@link
 * FencingToken}.
 *
 * <p>A store that is restored from a backup may give revisions again that it gave before. Quorate's
 * restore moves the revision on, unless told otherwise; a real etcd's does with {@code
 * --bump-revision}. After a restore that does not, raise the epoch before the first lock is taken,
 * or holders that are new look older than those that are gone.
 */
public final class Epoch {
  /** Where it is kept: a decimal number; absent for 0. */
  static final Bytes KEY = Bytes.utf8("quorate/epoch");

  private Epoch() {}

  /** The present one. */
  public static long of(QuorateClient client) {
    return client.whole().kv().get(KEY).map(known -> parse(known.value())).orElse(0L);
  }

  /** Raises it by one, and gives the new one. */
  public static long raise(QuorateClient client) {
    while (true) {
      Optional<KeyValue> known = client.whole().kv().get(KEY);
      long next = known.map(each -> parse(each.value())).orElse(0L) + 1;
      long revision = known.map(KeyValue::modRevision).orElse(0L);
      TxnResponse raised =
          client
              .whole()
              .kv()
              .txn(
                  Txn.when(Compare.modRevision(KEY).is(revision))
                      .then(Put.of(KEY, Bytes.utf8(Long.toString(next)))));
      if (raised.succeeded()) {
        return next;
      }
    }
  }

  /**
   * A value of the key; 0 for a deleted one.
   *
   * @throws io.quorate.base.QuorateException.Corrupt if it is no number
   */
  static long parse(Bytes value) {
    if (value.isEmpty()) {
      return 0;
    }
    return Decimal.parse(value, "the epoch, under " + KEY.toUtf8() + ",");
  }
}
