package io.quorate.etcd;

import com.google.protobuf.ByteString;
import io.quorate.base.Bytes;
import io.quorate.kv.DeleteRangeResponse;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvResponse;
import io.quorate.kv.PutResponse;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.TxnResponse;
import io.quorate.protocol.etcdserverpb.Compare;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RequestOp;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Requests and answers of every shape, from a seed. */
final class RandomMessages {
  private static final long[] NUMBERS = {
    0, 1, -1, 127, 128, 300, 16_383, 16_384, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE
  };

  private final Random random;

  RandomMessages(long seed) {
    random = new Random(seed);
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  byte[] bytes(int longest) {
    byte[] bytes = new byte[random.nextInt(longest + 1)];
    random.nextBytes(bytes);
    return bytes;
  }

  PutRequest put() {
    return PutRequest.newBuilder()
        .setKey(field())
        .setValue(field())
        .setLease(number())
        .setPrevKv(random.nextBoolean())
        .setIgnoreValue(random.nextBoolean())
        .setIgnoreLease(random.nextBoolean())
        .build();
  }

  RangeRequest range() {
    return RangeRequest.newBuilder()
        .setKey(field())
        .setRangeEnd(field())
        .setLimit(number())
        .setRevision(number())
        .setSortOrderValue(random.nextInt(6) - 1)
        .setSortTargetValue(random.nextInt(8) - 1)
        .setSerializable(random.nextBoolean())
        .setKeysOnly(random.nextBoolean())
        .setCountOnly(random.nextBoolean())
        .setMinModRevision(number())
        .setMaxModRevision(number())
        .setMinCreateRevision(number())
        .setMaxCreateRevision(number())
        .setUncounted(random.nextBoolean())
        .build();
  }

  DeleteRangeRequest deleteRange() {
    return DeleteRangeRequest.newBuilder()
        .setKey(field())
        .setRangeEnd(field())
        .setPrevKv(random.nextBoolean())
        .build();
  }

  TxnRequest txn(int depth) {
    TxnRequest.Builder txn = TxnRequest.newBuilder();
    for (int i = random.nextInt(3); i > 0; i--) {
      txn.addCompare(compare());
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      txn.addSuccess(op(depth));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      txn.addFailure(op(depth));
    }
    return txn.build();
  }

  private RequestOp op(int depth) {
    return switch (random.nextInt(depth > 0 ? 5 : 4)) {
      case 0 -> RequestOp.newBuilder().setRequestRange(range()).build();
      case 1 -> RequestOp.newBuilder().setRequestPut(put()).build();
      case 2 -> RequestOp.newBuilder().setRequestDeleteRange(deleteRange()).build();
      case 3 -> RequestOp.getDefaultInstance();
      default -> RequestOp.newBuilder().setRequestTxn(txn(depth - 1)).build();
    };
  }

  private Compare compare() {
    Compare.Builder compare =
        Compare.newBuilder()
            .setResultValue(random.nextInt(6) - 1)
            .setTargetValue(random.nextInt(7) - 1)
            .setKey(field())
            .setRangeEnd(field());
    switch (random.nextInt(6)) {
      case 0 -> compare.setVersion(number());
      case 1 -> compare.setCreateRevision(number());
      case 2 -> compare.setModRevision(number());
      case 3 -> compare.setValue(field());
      case 4 -> compare.setLease(number());
      default -> {}
    }
    return compare.build();
  }

  KvResponse response(int depth) {
    return switch (random.nextInt(depth > 0 ? 4 : 3)) {
      case 0 -> new RangeResponse(number(), kvs(), random.nextBoolean(), number());
      case 1 -> new PutResponse(number(), random.nextBoolean() ? kv() : null);
      case 2 -> new DeleteRangeResponse(number(), number(), kvs());
      default -> {
        List<KvResponse> inner = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          inner.add(response(depth - 1));
        }
        yield new TxnResponse(number(), random.nextBoolean(), inner);
      }
    };
  }

  private List<KeyValue> kvs() {
    List<KeyValue> kvs = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      kvs.add(kv());
    }
    return kvs;
  }

  private KeyValue kv() {
    return new KeyValue(
        Bytes.wrap(bytes(200)), number(), number(), number(), Bytes.wrap(bytes(200)), number());
  }

  long number() {
    return random.nextInt(4) == 0 ? random.nextLong() : NUMBERS[random.nextInt(NUMBERS.length)];
  }

  private ByteString field() {
    return ByteString.copyFrom(bytes(random.nextInt(8) == 0 ? 300 : 6));
  }
}
