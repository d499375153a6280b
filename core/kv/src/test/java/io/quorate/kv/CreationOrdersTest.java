package io.quorate.kv;

import static io.quorate.kv.Kv.b;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Keys in the order of their creation, against the keys themselves. */
class CreationOrdersTest {
  private final Kv kv = new Kv();

  /** Asks for an order. */
  private record Follow(Bytes prefix, boolean grouped) implements ComputedRequest {
    @Override
    public @Nullable KvError invalid(int maxTxnOps) {
      return null;
    }

    @Override
    public List<KvOp> touches() {
      return List.of();
    }

    @Override
    public long growth() {
      return 0;
    }

    @Override
    public KvResult carryOut(KvStep step) {
      step.follow(prefix, grouped);
      return new Followed(step.reader().revision());
    }
  }

  private record Followed(long revision) implements ComputedResponse {}

  private void follow(String prefix, boolean grouped) {
    assertThat(kv.call(new Follow(b(prefix), grouped))).isInstanceOf(Followed.class);
  }

  private List<String> created(String group, long from) {
    List<String> found = new ArrayList<>();
    try (CreationScan scan = kv.reader().createdFrom(b(group), from)) {
      while (scan.next()) {
        assertThat(scan.key().toUtf8()).isEqualTo(group + scan.rest().toUtf8());
        found.add(scan.key().toUtf8() + "@" + scan.revision());
      }
    }
    return found;
  }

  private long since(String prefix) {
    return kv.reader().followedSince(b(prefix));
  }

  @Test
  void keys_come_in_the_order_of_their_creation_however_often_they_are_put() {
    follow("s/", false);
    kv.put("s/b", "1");
    kv.put("s/a", "1");
    kv.put("s/b", "2");
    kv.put("t", "elsewhere");
    kv.txn(Kv.putting("s/d", "1"), Kv.putting("s/c", "1"));
    assertThat(created("s/", 0)).containsExactly("s/b@2", "s/a@3", "s/c@6", "s/d@6");
    assertThat(created("s/", 3)).containsExactly("s/a@3", "s/c@6", "s/d@6");
    kv.delete("s/b");
    kv.put("s/b", "again");
    assertThat(created("s/", 0)).containsExactly("s/a@3", "s/c@6", "s/d@6", "s/b@8");
    assertThat(since("s/")).isZero();
  }

  @Test
  void a_group_is_what_is_the_same_up_to_the_sign() {
    follow("i/", true);
    kv.put("i/red#2", "");
    kv.put("i/reddish#1", "");
    kv.put("i/red#1", "");
    kv.put("i/red", "in no group");
    assertThat(created("i/red#", 0)).containsExactly("i/red#2@2", "i/red#1@4");
    assertThat(created("i/reddish#", 0)).containsExactly("i/reddish#1@3");
  }

  @Test
  void what_was_there_before_is_in_no_order_and_that_is_told() {
    kv.put("s/old", "");
    assertThat(since("s/")).isEqualTo(Long.MAX_VALUE);
    follow("s/", false);
    assertThat(since("s/")).isEqualTo(3);
    kv.put("s/new", "");
    kv.put("s/old", "put again");
    assertThat(created("s/", 0)).containsExactly("s/new@3");
    kv.delete("s/old");
    follow("s/", true); // stays as it is
    assertThat(since("s/")).isEqualTo(3);
    assertThat(created("s/", 0)).containsExactly("s/new@3");
  }

  @Test
  void no_prefix_within_another_is_followed() {
    follow("a/b/", false);
    follow("a/", false);
    follow("a/b/c/", false);
    follow("a/c/", false);
    assertThat(since("a/")).isEqualTo(Long.MAX_VALUE);
    assertThat(since("a/b/c/")).isEqualTo(Long.MAX_VALUE);
    assertThat(since("a/c/")).isZero();
  }

  /** Requests at random; to repeat: {@code -Dtest=CreationOrdersTest -Dseed=N}. */
  @Test
  void an_order_has_the_keys_that_are_there() {
    Long only = Long.getLong("seed");
    for (long seed = only == null ? 1 : only; seed <= (only == null ? 10 : only); seed++) {
      CreationOrdersTest world = new CreationOrdersTest();
      world.follow("k", false);
      Random random = new Random(seed);
      for (int i = 0; i < 300; i++) {
        world.step(random);
        Map<String, Long> there = new TreeMap<>();
        for (KeyValue each : world.kv.reader().first(b("k"), b("l"), 1_000)) {
          there.put(each.key().toUtf8(), each.createRevision());
        }
        List<String> expected =
            there.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.naturalOrder()))
                .map(each -> each.getKey() + "@" + each.getValue())
                .toList();
        assertThat(world.created("k", 0)).as("seed %d, step %d", seed, i).isEqualTo(expected);
      }
    }
  }

  @Test
  void a_row_that_is_lost_or_too_many_changes_the_hash() {
    kv.put("s/old", "");
    follow("s/", false);
    kv.put("s/a", "");
    kv.delete("s/old");
    long hash = kv.store.stateHash();
    assertThat(kv.store.recomputedStateHash()).isEqualTo(hash);
    byte[] row = RowFormat.creationRow(b("s/"), 3, b("s/a"));
    byte[] value = Objects.requireNonNull(kv.rows.get(row));
    kv.rows.delete(row);
    assertThat(kv.store.recomputedStateHash()).isNotEqualTo(hash);
    kv.rows.put(row, value);
    kv.rows.put(RowFormat.creationRow(b("s/"), 3, b("s/b")), value);
    assertThat(kv.store.recomputedStateHash()).isNotEqualTo(hash);
  }

  /** Some may fail halfway, and are then taken back. */
  private void step(Random random) {
    String key = "k" + random.nextInt(20);
    String other = "k" + random.nextInt(20);
    switch (random.nextInt(4)) {
      case 0 -> kv.delete(key);
      case 1 -> kv.call(Kv.deletion(key, "k7"));
      case 2 -> kv.put(key, "v");
      default ->
          kv.call(
              new TxnRequest(
                  List.of(),
                  List.of(Kv.putting(key, "v"), kv.put(other, "", 0, true, false)),
                  List.of()));
    }
  }
}
