package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;

/**
 * A number that all who use a name have in common: that of who came first is in the store, and
 * nothing is done for who has another.
 *
 * @param key where it is
 * @param number what it is for this one
 * @param of what it is a number of, as in “the semaphore x has 2 permits, not 3”
 * @param unit what it counts
 */
record AgreedNumber(Bytes key, int number, String of, String unit) {
  private Bytes text() {
    return Bytes.utf8(Integer.toString(number));
  }

  /** Does this if the number is the agreed one, or none was agreed on. */
  Txn with(Op op) {
    Txn ofThisNumber = Txn.when(Compare.value(key).is(text())).then(op).otherwise(Range.key(key));
    return Txn.when(Compare.absent(key)).then(Put.of(key, text()), op).otherwise(ofThisNumber);
  }

  /**
   * What the operation brought that was done {@link #with} it.
   *
   * @throws QuorateException.Rejected if another number was agreed on
   */
  OpResponse require(TxnResponse response) {
    if (response.succeeded()) {
      return response.responses().get(1);
    }
    TxnResponse ofThisNumber = (TxnResponse) response.responses().get(0);
    OpResponse brought = ofThisNumber.responses().get(0);
    if (ofThisNumber.succeeded()) {
      return brought;
    }
    throw another(((RangeResponse) brought).first().map(KeyValue::value).orElse(Bytes.EMPTY));
  }

  /**
   * @throws QuorateException.Rejected if this is another number
   */
  void require(KeyValue agreed) {
    if (!agreed.value().equals(text())) {
      throw another(agreed.value());
    }
  }

  private QuorateException another(Bytes agreed) {
    return QuorateException.of(
        ErrorCode.INVALID_REQUEST, of + " has " + agreed.toUtf8() + " " + unit + ", not " + number);
  }
}
