package io.quorate.kv;

import static io.quorate.kv.Kv.b;
import static io.quorate.kv.Kv.nest;
import static io.quorate.kv.Kv.putting;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KvValidatorTest {
  /**
   * Sorted sets against plain lists compared pair by pair. To repeat: {@code mvn test -pl core/kv
   * -Dtest=KvValidatorTest -Dseed=N}.
   */
  @Test
  void what_is_refused_for_a_key_changed_twice_is_what_comparing_all_pairs_refuses() {
    Long only = Long.getLong("seed");
    int refused = 0;
    int passed = 0;
    for (long seed = only == null ? 1 : only; seed <= (only == null ? 40 : only); seed++) {
      Requests requests = new Requests(seed, 60 + (int) seed * 3);
      for (int i = 0; i < 500; i++) {
        if (requests.next(50) instanceof TxnRequest txn) {
          boolean twice = touchesTwice(txn.success()) || touchesTwice(txn.failure());
          assertThat(KvValidator.validate(txn, Limits.TXN_OPS_DEFAULT))
              .as("repeat with -Dseed=%d, request %d: %s", seed, i, txn)
              .isEqualTo(twice ? KvError.DUPLICATE_KEY : null);
          if (twice) {
            refused++;
          } else {
            passed++;
          }
        }
      }
    }
    assertThat(only != null || (refused > 500 && passed > 500)).isTrue();
  }

  /** Keys put and ranges deleted, as plain lists. */
  private record Touched(List<Bytes> puts, List<DeleteRangeRequest> deletes) {
    boolean deletes(Bytes key) {
      return deletes.stream()
          .anyMatch(it ->
              it.rangeEnd().isEmpty()
                  ? it.key().equals(key)
                  : it.key().compareTo(key) <= 0 && key.compareTo(it.rangeEnd()) < 0);
    }
  }

  private static boolean touchesTwice(List<KvOp> ops) {
    return touch(ops, new Touched(new ArrayList<>(), new ArrayList<>()));
  }

  private static boolean touch(List<KvOp> ops, Touched all) {
    for (KvOp op : ops) {
      if (op instanceof DeleteRangeRequest delete) {
        all.deletes.add(delete);
      }
    }
    for (KvOp op : ops) {
      if (op instanceof TxnRequest txn) {
        Touched success = new Touched(new ArrayList<>(), new ArrayList<>());
        Touched failure = new Touched(new ArrayList<>(), new ArrayList<>());
        if (touch(txn.success(), success) || touch(txn.failure(), failure)) {
          return true;
        }
        List<Bytes> before = List.copyOf(all.puts);
        for (Bytes key : success.puts) {
          if (before.contains(key) || all.deletes(key)) {
            return true;
          }
        }
        for (Bytes key : failure.puts) {
          if ((before.contains(key) && !success.puts.contains(key)) || all.deletes(key)) {
            return true;
          }
        }
        all.puts.addAll(success.puts);
        all.puts.addAll(failure.puts);
        all.deletes.addAll(success.deletes);
        all.deletes.addAll(failure.deletes);
      }
    }
    for (KvOp op : ops) {
      if (op instanceof PutRequest put) {
        if (all.puts.contains(put.key()) || all.deletes(put.key())) {
          return true;
        }
        all.puts.add(put.key());
      }
    }
    return false;
  }

  /** As many puts and deletions as fit into the largest request: seconds if it were quadratic. */
  @Test
  void the_largest_request_is_checked_in_no_time() {
    int sets = 600;
    List<KvOp> outer = new ArrayList<>();
    for (int i = 0; i < sets; i++) {
      KvOp[] inner = new KvOp[120];
      for (int j = 0; j < inner.length; j += 2) {
        String key = "%04d/%04d".formatted(i, j);
        inner[j] = putting(key, "");
        inner[j + 1] = Kv.deletion(key + "a", key + "b");
      }
      outer.add(nest(inner));
    }
    TxnRequest txn = new TxnRequest(List.of(), outer, List.of());
    assertThat(KvValidator.validate(txn, 1_000)).isNull();
    outer.add(putting("0599/0118", ""));
    assertThat(KvValidator.validate(new TxnRequest(List.of(), outer, List.of()), 1_000))
        .isEqualTo(KvError.DUPLICATE_KEY);
  }

  @Test
  void overlapping_and_touching_deletions_merge() {
    TouchedKeys touched = new TouchedKeys();
    touched.addDelete(b("b"), b("d"));
    touched.addDelete(b("f"), b("h"));
    touched.addDelete(b("c"), b("g"));
    touched.addDelete(b("x"), Bytes.EMPTY);
    touched.addDelete(b("a"), b("aa"));
    touched.addDelete(b("z"), b("y"));
    assertThat(List.of("a", "b", "c", "d", "e", "g", "gz", "x"))
        .allMatch(key -> touched.deletes(b(key)));
    assertThat(List.of("aa", "ab", "h", "w", "x0", "y", "z"))
        .noneMatch(key -> touched.deletes(b(key)));
  }

  @Test
  void the_first_fault_in_order_is_told() {
    assertThat(KvValidator.validate(nest(putting("", ""), new EmptyOp()), 128))
        .isEqualTo(KvError.EMPTY_KEY);
    assertThat(KvValidator.validate(nest(new EmptyOp(), putting("", "")), 128))
        .isEqualTo(KvError.KEY_NOT_FOUND);
    assertThat(KvValidator.validate(nest(putting("a", ""), putting("a", ""), new EmptyOp()), 128))
        .as("the shape comes before the keys")
        .isEqualTo(KvError.KEY_NOT_FOUND);
    assertThat(KvValidator.validate(new EmptyOp(), 128)).isEqualTo(KvError.KEY_NOT_FOUND);
    assertThat(KvValidator.validate(new CompactRequest(-5, true), 128)).isNull();
  }
}
