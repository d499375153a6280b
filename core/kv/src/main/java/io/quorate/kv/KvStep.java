package io.quorate.kv;

import io.quorate.base.Bytes;

/**
 * What a {@link ComputedRequest} can do: look at the store, then change it by one transaction or
 * leave it. Used while the request is carried out, by the store's thread.
 */
public interface KvStep {
  /** Reads what is there, before the transaction. */
  KvReader reader();

  /** Whether someone waits for the answer; what only that needs may be left out if not. */
  boolean isAnswered();

  /** Whether a range holds no key: mostly known without a look. It is no single key, nor empty. */
  boolean isVacant(Bytes key, Bytes rangeEnd);

  /**
   * From now on the keys of a prefix are found in the order of their creation as well ({@link
   * KvReader#createdFrom}); of those that are there already nothing is found. What is followed
   * already stays as it is. Not for a prefix of one that is followed, or one that begins with it;
   * nor for more than {@link CreationOrders#FOLLOWED_MAX}: that is left undone. It stays so if
   * nothing else is done, and isn't reckoned as growth: it is two rows for good, and then one for
   * each key.
   *
   * @param grouped whether the keys have groups, each with an order of its own: those that have the
   *     same name up to the first {@code #} behind the prefix. A key without one is in none
   */
  void follow(Bytes prefix, boolean grouped);

  /** Carries out a transaction, whose shape is right; once, and nothing is read behind it. */
  KvResult txn(TxnRequest txn);
}
