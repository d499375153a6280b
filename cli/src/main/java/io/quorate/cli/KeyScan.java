package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Kv;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads all keys of a cluster in their order, as they are at one revision, and one page ahead of
 * who takes them.
 *
 * <p>Pages are as large as memory allows, a few megabytes of what was seen so far: for each page
 * etcd walks all keys up to the range's end, to count them, and holds up writes meanwhile. So a
 * million keys in a thousand pages would take it minutes.
 */
final class KeyScan {
  private static final int FIRST_PAGE_KEYS = 100;
  private static final int PAGE_GROWTH = 10;
  private static final int PAGE_KEYS_MAX = 50_000;
  private static final long PAGE_BYTES = 8 << 20;

  private final Kv kv;
  private final String who;
  private final Patience patience;
  private final long revision;
  private final long count;
  private RangeResponse page;
  private int taken;
  private long limit = FIRST_PAGE_KEYS;
  private Range nextRange = Range.from(Keys.ZERO);
  private @Nullable CompletableFuture<RangeResponse> next;

  /**
   * Begins, and waits for the first page.
   *
   * @param revision to read at; 0 for what is newest now
   * @throws QuorateException with {@link ErrorCode#REVISION_COMPACTED} if it is gone; so does
   *     {@link #next}
   */
  KeyScan(String who, Kv kv, long revision, Patience patience) {
    this.kv = kv;
    this.who = who;
    this.patience = patience;
    Range first = Range.from(Keys.ZERO).limit(limit).revision(revision);
    page = patience.until(who, () -> kv.range(first));
    this.revision = revision == 0 ? page.header().revision() : revision;
    count = page.count();
    ahead();
  }

  /** At which all keys are read. */
  long revision() {
    return revision;
  }

  /** How many keys there are. */
  long count() {
    return count;
  }

  /** The next key; null behind the last one. */
  @Nullable KeyValue next() {
    while (taken == page.kvs().size()) {
      CompletableFuture<RangeResponse> coming = next;
      if (coming == null) {
        return null;
      }
      page = arrived(coming);
      taken = 0;
      ahead();
    }
    return page.kvs().get(taken++);
  }

  private RangeResponse arrived(CompletableFuture<RangeResponse> coming) {
    try {
      return Patience.answer(coming);
    } catch (QuorateException e) {
      patience.pause(who, e, 0);
    }
    return patience.until(
        who,
        () -> {
          Range again = nextRange.limit(limit);
          limit = Math.max(1, limit / 2); // if that fails, too: is it too much at once?
          return kv.range(again);
        });
  }

  private void ahead() {
    if (!page.more()) {
      next = null;
      return;
    }
    long bytes = 1;
    for (KeyValue each : page.kvs()) {
      bytes += each.key().length() + each.value().length();
    }
    long fitting = page.kvs().size() * PAGE_BYTES / bytes;
    limit = Math.clamp(Math.min(fitting, limit * PAGE_GROWTH), 1, PAGE_KEYS_MAX);
    Bytes last = page.kvs().getLast().key();
    byte[] behind = new byte[last.length() + 1]; // the least key that is greater
    int _ = last.copyTo(behind, 0);
    nextRange = Range.from(Bytes.wrap(behind)).revision(revision);
    next = kv.rangeAsync(nextRange.limit(limit));
  }
}
