package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import java.util.List;

/**
 * The answer to a range in parts, which together are what {@link KvReader#range} would answer: keys
 * in all of them, {@code more} and {@code count} in the last.
 *
 * <p>In key order nothing is kept between parts but where to go on, so that each may be read from
 * another state, later than the one before: all are of the revision that the first one read. It may
 * be compacted meanwhile; that ends it. With an order of its own the whole answer is read at once,
 * and kept.
 *
 * <p>Used by one thread at a time.
 */
public final class RangeParts {
  private final RangeRequest request;
  private final long bytesMax;
  private final long keysMax;
  private final boolean whole;

  /** The revision of the first part's store, and the one that is read; −1 before the first. */
  private long headerRevision = -1;

  private long at;
  private Bytes from;
  private long taken;
  private long count;
  private boolean more;
  private boolean ended;

  /** What was read and isn't answered yet. */
  private List<KeyValue> left = List.of();

  /** The parts of a validated request's answer. */
  public RangeParts(RangeRequest request) {
    this(request, Limits.RANGE_PART_BYTES, Limits.RANGE_PART_KEYS_MAX);
  }

  RangeParts(RangeRequest request, long bytesMax, long keysMax) {
    this.request = request;
    this.bytesMax = bytesMax;
    this.keysMax = keysMax;
    this.from = request.key();
    this.whole = KeyRange.isSingle(request.rangeEnd()) || new RangeSelection(request, 0).hasOrder();
  }

  /** Whether the last part was answered. */
  public boolean ended() {
    return ended;
  }

  /**
   * Reads the next part: a {@link RangeResponse} with keys of some {@link Limits#RANGE_PART_BYTES},
   * possibly of none; or the failure COMPACTED or FUTURE_REVISION.
   *
   * @param reader of the state to read, which is not older than that of the part before
   */
  public KvResult next(KvReader reader) {
    if (headerRevision < 0) {
      headerRevision = reader.revision();
      at = request.revision() <= 0 ? headerRevision : request.revision();
      if (whole) {
        KvResult result = reader.range(request);
        if (!(result instanceof RangeResponse all)) {
          return result;
        }
        left = all.kvs();
        more = all.more();
        count = all.count();
      }
    }
    return whole ? nextOfWhole() : nextInKeyOrder(reader);
  }

  private KvResult nextOfWhole() {
    int end = 0;
    for (long bytes = 0; end < left.size() && bytes < bytesMax; end++) {
      bytes += bytes(left.get(end));
    }
    List<KeyValue> kvs = left.subList(0, end);
    left = left.subList(end, left.size());
    ended = left.isEmpty();
    return part(kvs);
  }

  private KvResult nextInKeyOrder(KvReader reader) {
    KvError error = reader.readable(at);
    if (error != null) {
      return new KvFailure(error);
    }
    RangeSelection selection = new RangeSelection(request, taken);
    ended = true;
    if (!KeyRange.isEmpty(from, request.rangeEnd())) {
      try (VersionScan scan = reader.scan(from, request.rangeEnd(), at)) {
        ended = selection.addSome(scan, bytesMax, keysMax);
        if (!ended) {
          from = scan.key();
        }
      }
    }
    RangeResponse some = selection.response(headerRevision);
    taken += some.kvs().size();
    count += some.count();
    more |= some.more();
    return part(some.kvs());
  }

  private RangeResponse part(List<KeyValue> kvs) {
    return new RangeResponse(headerRevision, kvs, ended && more, ended ? count : 0);
  }

  /** About what a key takes in an answer. */
  static long bytes(KeyValue kv) {
    return 32L + kv.key().length() + kv.value().length();
  }
}
