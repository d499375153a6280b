package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import java.util.List;

/**
 * Who holds what in a store, and who waits, as its keys tell: mutexes, elections, read-write locks
 * and semaphores, whoever made them. For people who look; it writes nothing.
 *
 * <p>It shows the store at one revision, which may be over by the time that it is read.
 *
 * @param revision of the store that it shows
 * @param epoch that stands in the tokens of who holds: see {@link Epoch}; 0 too if it may not be
 *     read
 * @param each in the order of their names
 */
public record Queues(long revision, long epoch, List<NamedQueue> each) {
  /** So many who hold or wait are shown at most. */
  public static final int ENTRIES_MAX = 100_000;

  private static final int ATTEMPTS_MAX = 3;

  /**
   * Those whose names begin with a prefix. All keys below it are read, page by page, and of those
   * that take turns the values; it waits for that.
   *
   * <p>A key is taken for one that takes turns by its form, and by the lease that it is named by.
   *
   * @param prefix empty for all that there are
   * @throws QuorateException.Rejected with {@link ErrorCode#INVALID_REQUEST} if more than {@link
   *     #ENTRIES_MAX} hold or wait
   */
  public static Queues below(QuorateClient client, Bytes prefix) {
    for (int attempt = 1; ; attempt++) {
      try {
        return new QueueScan(client, prefix).queues();
      } catch (QuorateException e) {
        if (e.code() != ErrorCode.REVISION_COMPACTED || attempt == ATTEMPTS_MAX) {
          throw e; // between two pages, else
        }
      }
    }
  }
}
