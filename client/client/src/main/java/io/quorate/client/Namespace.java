package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of the keyspace that looks like all of it: keys below a prefix, which is put before what
 * is asked for and taken from what is answered. As in etcd's {@code clientv3/namespace}, the end of
 * everything becomes the end of the prefix.
 */
final class Namespace {
  /** All of the keyspace. */
  static final Namespace WHOLE = new Namespace(Bytes.EMPTY);

  private final Bytes prefix;

  private Namespace(Bytes prefix) {
    this.prefix = prefix;
  }

  /** The part of this one below a further prefix. */
  Namespace below(Bytes further) {
    return new Namespace(joined(further));
  }

  Bytes prefix() {
    return prefix;
  }

  /** Whether it is all of the keyspace: then nothing has to be renamed. */
  boolean isWhole() {
    return prefix.isEmpty();
  }

  private Bytes joined(Bytes key) {
    byte[] all = new byte[prefix.length() + key.length()];
    prefix.copyTo(all, 0);
    key.copyTo(all, prefix.length());
    return Bytes.wrap(all);
  }

  // ---- what is asked for -----------------------------------------------------------------------

  Bytes key(Bytes key) {
    return isWhole() || key.isEmpty() ? key : joined(key); // an empty key is refused
  }

  private Bytes end(Bytes rangeEnd) {
    if (isWhole() || rangeEnd.isEmpty()) {
      return rangeEnd;
    }
    return rangeEnd.equals(Keys.ZERO) ? Keys.prefixEnd(prefix) : joined(rangeEnd);
  }

  /** Where a range begins: the first key there is isn't one by itself. */
  private Bytes begin(Bytes key, Bytes rangeEnd) {
    return !isWhole() && !rangeEnd.isEmpty() && key.equals(Keys.ZERO) ? prefix : key(key);
  }

  Put into(Put put) {
    return isWhole()
        ? put
        : new Put(
            key(put.key()),
            put.value(),
            put.lease(),
            put.prevKv(),
            put.ignoreValue(),
            put.ignoreLease());
  }

  Range into(Range range) {
    return isWhole()
        ? range
        : range.of(begin(range.key(), range.rangeEnd()), end(range.rangeEnd()));
  }

  Delete into(Delete delete) {
    return isWhole()
        ? delete
        : new Delete(
            begin(delete.key(), delete.rangeEnd()), end(delete.rangeEnd()), delete.prevKv());
  }

  Txn into(Txn txn) {
    return isWhole()
        ? txn
        : new Txn(
            txn.compares().stream().map(this::into).toList(),
            txn.success().stream().map(this::into).toList(),
            txn.failure().stream().map(this::into).toList());
  }

  private Op into(Op op) {
    if (op instanceof Put put) {
      return into(put);
    }
    if (op instanceof Range range) {
      return into(range);
    }
    return op instanceof Delete delete ? into(delete) : into((Txn) op);
  }

  private Compare into(Compare compare) {
    return new Compare(
        compare.target(),
        compare.result(),
        begin(compare.key(), compare.rangeEnd()),
        end(compare.rangeEnd()),
        compare.number(),
        compare.value());
  }

  WatchRequest into(WatchRequest request) {
    return isWhole()
        ? request
        : new WatchRequest(
            begin(request.key(), request.rangeEnd()),
            end(request.rangeEnd()),
            request.startRevision(),
            request.prevKv(),
            request.progressNotify(),
            request.noPut(),
            request.noDelete());
  }

  // ---- what is answered ------------------------------------------------------------------------

  Bytes out(Bytes key) {
    return key.startsWith(prefix) ? key.slice(prefix.length(), key.length()) : key;
  }

  private KeyValue out(KeyValue kv) {
    return new KeyValue(
        out(kv.key()), kv.value(), kv.createRevision(), kv.modRevision(), kv.version(), kv.lease());
  }

  private @Nullable KeyValue outOrNull(@Nullable KeyValue kv) {
    return kv == null ? null : out(kv);
  }

  private List<KeyValue> out(List<KeyValue> kvs) {
    return kvs.stream().map(this::out).toList();
  }

  PutResponse out(PutResponse response) {
    return new PutResponse(response.header(), outOrNull(response.prevKv()));
  }

  RangeResponse out(RangeResponse response) {
    return new RangeResponse(
        response.header(), out(response.kvs()), response.more(), response.count());
  }

  DeleteResponse out(DeleteResponse response) {
    return new DeleteResponse(response.header(), response.deleted(), out(response.prevKvs()));
  }

  TxnResponse out(TxnResponse response) {
    return new TxnResponse(
        response.header(),
        response.succeeded(),
        response.responses().stream().map(this::out).toList());
  }

  StreamsService.AppendResponse out(StreamsService.AppendResponse response) {
    return isWhole()
        ? response
        : new StreamsService.AppendResponse(
            response.header(),
            response.appended(),
            response.versions(),
            response.behind().stream()
                .map(each ->
                    new StreamsService.Behind(out(each.kvs()), each.more(), each.endIsThere()))
                .toList(),
            outOrNull(response.done()),
            response.requiredFailed(),
            out(response.matching()),
            response.unclear());
  }

  StreamsService.ReadResponse out(StreamsService.ReadResponse response) {
    return isWhole()
        ? response
        : new StreamsService.ReadResponse(
            response.header(),
            out(response.commits()),
            response.upTo(),
            response.end(),
            response.since());
  }

  private OpResponse out(OpResponse response) {
    if (response instanceof PutResponse put) {
      return out(put);
    }
    if (response instanceof RangeResponse range) {
      return out(range);
    }
    return response instanceof DeleteResponse delete ? out(delete) : out((TxnResponse) response);
  }

  private WatchResponse out(WatchResponse response) {
    return new WatchResponse(
        response.header(),
        response.watchId(),
        response.created(),
        response.canceled(),
        response.compactRevision(),
        response.cancelReason(),
        response.fragment(),
        response.events().stream()
            .map(each -> new Event(each.kind(), out(each.kv()), outOrNull(each.prevKv())))
            .toList());
  }

  /** Tells a listener of what it sees of the keyspace. */
  WatchListener out(WatchListener listener) {
    return isWhole() ? listener : new Within(listener);
  }

  private final class Within implements WatchListener {
    private final WatchListener listener;

    Within(WatchListener listener) {
      this.listener = listener;
    }

    @Override
    public void created(Header header) {
      listener.created(header);
    }

    @Override
    public void events(WatchResponse response) {
      listener.events(out(response));
    }

    @Override
    public void progress(Header header) {
      listener.progress(header);
    }

    @Override
    public void interrupted(QuorateException why) {
      listener.interrupted(why);
    }

    @Override
    public boolean gap(WatchGap gap) {
      return listener.gap(gap);
    }

    @Override
    public void ended(WatchEnd end) {
      listener.ended(end);
    }
  }
}
