package io.quorate.bench;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.http.MethodName;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * An encoded request whose key is written over for every call: the key's digits stand at known
 * places in the array. Belongs to one call.
 */
final class Requests {
  /** Room for the digits of any int. */
  static final int KEY_BYTES_MIN = 10;

  static final MethodName PUT = MethodName.of("etcdserverpb.KV/Put");
  static final MethodName RANGE = MethodName.of("etcdserverpb.KV/Range");
  static final MethodName TXN = MethodName.of("etcdserverpb.KV/Txn");

  private static final byte KEY_FILL = 'k';
  private static final VarHandle STAMP =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final long GREATER = 1;

  private final MethodName method;
  private final byte[] bytes;
  private final int[] keyEnds;

  /** Whether the last bytes are a value's, and enough for a time. */
  private final boolean stamped;

  private Requests(MethodName method, byte[] bytes, boolean stamped, int... keyEnds) {
    this.method = method;
    this.bytes = bytes;
    this.stamped = stamped;
    this.keyEnds = keyEnds;
  }

  static Requests put(LoadSettings settings) {
    ProtoWriter out = new ProtoWriter(settings.keySize() + settings.valueSize() + 16);
    out.bytes(1, emptyKey(settings));
    int keyEnd = out.length();
    out.bytes(2, value(settings));
    return new Requests(PUT, out.toBytes().toArray(), isStamped(settings), keyEnd);
  }

  static Requests range(LoadSettings settings) {
    ProtoWriter out = new ProtoWriter(settings.keySize() + 16);
    out.bytes(1, emptyKey(settings));
    int keyEnd = out.length();
    out.flag(7, settings.serializable());
    return new Requests(RANGE, out.toBytes().toArray(), /* stamped= */ false, keyEnd);
  }

  /** If the key's version is above −1, which always holds, put it. */
  static Requests txn(LoadSettings settings) {
    ProtoWriter compare = new ProtoWriter(settings.keySize() + 32);
    compare.number(1, GREATER).bytes(3, emptyKey(settings));
    int keyEndInCompare = compare.length();
    compare.numberAlways(4, -1);

    ProtoWriter out = new ProtoWriter(2 * settings.keySize() + settings.valueSize() + 64);
    out.bytesAlways(1, compare.toBytes());
    int firstKeyEnd = out.length() - compare.length() + keyEndInCompare;
    Bytes put = put(settings).asBytes();
    ProtoWriter op = new ProtoWriter(put.length() + 16);
    op.bytesAlways(2, put);
    out.bytesAlways(2, op.toBytes());
    int valueBytes = put.length() - put(settings).keyEnds[0];
    int secondKeyEnd = out.length() - valueBytes;
    return new Requests(
        TXN, out.toBytes().toArray(), isStamped(settings), firstKeyEnd, secondKeyEnd);
  }

  private static boolean isStamped(LoadSettings settings) {
    return settings.valueSize() >= Long.BYTES;
  }

  MethodName method() {
    return method;
  }

  byte[] array() {
    return bytes;
  }

  Bytes asBytes() {
    return Bytes.wrap(bytes);
  }

  /** Makes this a request for another key. */
  void key(int number) {
    for (int end : keyEnds) {
      int rest = number;
      for (int i = end - 1; i >= end - KEY_BYTES_MIN; i--) {
        bytes[i] = (byte) ('0' + rest % 10);
        rest /= 10;
      }
    }
  }

  /**
   * Has the value's last bytes tell when the call was due, by this process's clock: how long a
   * watcher waited for it can be told by the event alone. Without effect if the value is too short.
   */
  void stamp(long nanos) {
    if (stamped) {
      STAMP.set(bytes, bytes.length - Long.BYTES, nanos);
    }
  }

  /** When the call was due that put a value. */
  static long stampOf(Bytes value) {
    return (long) STAMP.get(value.array(), value.arrayOffset() + value.length() - Long.BYTES);
  }

  /** The key of a number. */
  static Bytes key(LoadSettings settings, int number) {
    Requests key =
        new Requests(PUT, emptyKey(settings).toArray(), /* stamped= */ false, settings.keySize());
    key.key(number);
    return Bytes.wrap(key.bytes);
  }

  private static Bytes emptyKey(LoadSettings settings) {
    byte[] key = new byte[settings.keySize()];
    Arrays.fill(key, KEY_FILL);
    return Bytes.wrap(key);
  }

  /** Bytes that don't compress, the same in every run. */
  private static Bytes value(LoadSettings settings) {
    byte[] value = new byte[settings.valueSize()];
    new SplittableRandom(settings.seed()).nextBytes(value);
    return Bytes.wrap(value);
  }
}
