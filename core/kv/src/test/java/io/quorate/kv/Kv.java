package io.quorate.kv;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import java.util.List;

/** A store over a map, one request a batch, with short words for requests. */
final class Kv {
  static final Bytes FROM_KEY = Bytes.wrap(new byte[] {0});

  final MemoryRows rows = new MemoryRows();
  final KvStore store = KvStore.open(rows);

  static Bytes b(String text) {
    return Bytes.utf8(text);
  }

  /** Validates and applies; afterwards the kept hash must be the one of the rows. */
  KvResult call(KvRequest request) {
    KvError error = KvValidator.validate(request, Limits.TXN_OPS_DEFAULT);
    if (error != null) {
      return new KvFailure(error);
    }
    List<String> before = rows.dump();
    KvResult result = store.apply(request, Principal.NOBODY, true);
    store.finish(rows);
    if (result instanceof KvFailure) {
      assertThat(rows.dump()).as("a refused request changes nothing").isEqualTo(before);
    }
    assertThat(store.recomputedStateHash()).isEqualTo(store.stateHash());
    KvStore reopened = KvStore.open(rows);
    assertThat(reopened.stateHash()).isEqualTo(store.stateHash());
    return result;
  }

  KvReader reader() {
    return store.reader(rows);
  }

  KvError refused(KvRequest request) {
    return ((KvFailure) call(request)).error();
  }

  PutResponse put(String key, String value) {
    return (PutResponse) call(PutRequest.of(b(key), b(value)));
  }

  PutResponse putPrev(String key, String value) {
    return (PutResponse) call(new PutRequest(b(key), b(value), 0, true, false, false));
  }

  PutRequest put(String key, String value, long lease, boolean ignoreValue, boolean ignoreLease) {
    return new PutRequest(b(key), b(value), lease, false, ignoreValue, ignoreLease);
  }

  DeleteRangeResponse delete(String key) {
    return (DeleteRangeResponse) call(DeleteRangeRequest.one(b(key)));
  }

  static DeleteRangeRequest deletion(String key, String rangeEnd) {
    return new DeleteRangeRequest(b(key), b(rangeEnd), false);
  }

  static PutRequest putting(String key, String value) {
    return PutRequest.of(b(key), b(value));
  }

  static RangeRequest getting(String key) {
    return RangeRequest.one(b(key));
  }

  RangeResponse get(String key) {
    return (RangeResponse) reader().range(RangeRequest.one(b(key)));
  }

  RangeResponse range(RangeRequest request) {
    return (RangeResponse) reader().range(request);
  }

  KvError rangeRefused(RangeRequest request) {
    return ((KvFailure) reader().range(request)).error();
  }

  TxnResponse txn(List<Compare> compares, List<KvOp> success, List<KvOp> failure) {
    return (TxnResponse) call(new TxnRequest(compares, success, failure));
  }

  TxnResponse txn(KvOp... steps) {
    return txn(List.of(), List.of(steps), List.of());
  }

  static TxnRequest nest(KvOp... steps) {
    return new TxnRequest(List.of(), List.of(steps), List.of());
  }

  static RangeRequest reading(String key, String rangeEnd, long revision) {
    return new RangeRequest(
        b(key), b(rangeEnd), 0, revision, SortOrder.NONE, SortTarget.KEY, false, false, 0, 0, 0, 0);
  }

  static RangeRequest sorted(SortOrder order, SortTarget target, long limit, boolean keysOnly) {
    return new RangeRequest(
        FROM_KEY, FROM_KEY, limit, 0, order, target, keysOnly, false, 0, 0, 0, 0);
  }

  static List<String> keysOf(RangeResponse response) {
    return response.kvs().stream().map(kv -> kv.key().toUtf8()).toList();
  }

  static List<String> valuesOf(RangeResponse response) {
    return response.kvs().stream().map(kv -> kv.value().toUtf8()).toList();
  }

  /** Grants a lease of a minute. */
  void grant(long lease) {
    call(new LeaseGrantRequest(lease, 60));
  }
}
