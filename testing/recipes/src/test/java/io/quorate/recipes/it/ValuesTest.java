package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import io.quorate.client.Value;
import io.quorate.client.Values;
import io.quorate.client.codec.Codec;
import io.quorate.system.Store;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Values of a type are read and written in one step each, and nobody's write is lost. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class ValuesTest extends RecipeCase {
  private static final Codec<Long> NUMBERS = Codec.utf8().map(l -> Long.toString(l), Long::valueOf);

  private final Values<Long> counters = client.values(name + "/", NUMBERS);

  ValuesTest(Store store) {
    super(store, "values");
  }

  @Test
  void a_value_is_written_read_and_deleted_as_told() {
    assertThat(counters.get("a")).isEmpty();
    long written = counters.put("a", 1L);
    Value<Long> one = counters.get("a").orElseThrow();
    assertThat(one).isEqualTo(new Value<>("a", 1L, written));
    assertThat(counters.putIfAbsent("a", 2L)).isFalse();
    assertThat(counters.putIfAbsent("b", 2L)).isTrue();
    assertThat(counters.replace(one, 3L)).isTrue();
    assertThat(counters.replace(one, 4L)).as("it has been written since").isFalse();
    assertThat(counters.delete(one)).isFalse();
    assertThat(counters.all().stream().map(Value::value)).containsExactly(3L, 2L);
    assertThat(counters.delete(counters.get("a").orElseThrow())).isTrue();
    assertThat(counters.delete("b")).isTrue();
    assertThat(counters.delete("b")).isFalse();
    assertThat(counters.all()).isEmpty();
  }

  @Test
  void no_update_is_lost_whoever_else_updates() {
    List<CompletableFuture<Value<Long>>> all =
        IntStream.range(0, 20)
            .mapToObj(i -> counters.updateAsync("n", now -> now.orElse(0L) + 1))
            .toList();
    for (int i = 0; i < 5; i++) {
      counters.update("n", now -> now.orElse(0L) + 1);
    }
    all.forEach(client::await);
    assertThat(counters.get("n").orElseThrow().value()).isEqualTo(25L);
  }

  @Test
  void what_an_update_throws_ends_it_and_nothing_is_written() {
    counters.put("n", 1L);
    assertThatThrownBy(() ->
            counters.update(
                "n",
                now -> {
                  throw new UnsupportedOperationException("no");
                }))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(counters.get("n").orElseThrow().value()).isEqualTo(1L);
  }

  /** What reads it next couldn't. */
  @Test
  @SuppressWarnings("NullAway") // who isn't checked may do it
  void null_is_no_value() {
    counters.put("n", 1L);
    assertThatThrownBy(() -> counters.update("n", now -> null))
        .isInstanceOf(QuorateException.Rejected.class);
    assertThatThrownBy(() -> counters.put("n", null)).isInstanceOf(QuorateException.Rejected.class);
    assertThat(counters.get("n").orElseThrow().value()).isEqualTo(1L);
  }

  @Test
  void values_are_parts_of_transactions_beside_others() {
    Value<Long> from = new Value<>("from", 10L, counters.put("from", 10L));
    Txn transfer =
        Txn.when(counters.unchanged(from), counters.absent("to"))
            .then(counters.putting("from", 4L), counters.putting("to", 6L));
    assertThat(client.kv().txn(transfer).succeeded()).isTrue();
    assertThat(client.kv().txn(transfer).succeeded()).isFalse();
    assertThat(counters.all().stream().map(Value::value)).containsExactly(4L, 6L);
  }

  @Test
  void what_another_wrote_in_another_form_is_told_and_not_taken_for_nothing() {
    client.kv().put(name + "/a", "not a number");
    assertThatThrownBy(() -> counters.get("a"))
        .isInstanceOfSatisfying(
            QuorateException.class,
            why -> assertThat(why.code()).isEqualTo(ErrorCode.VALUE_UNREADABLE));
    assertThatThrownBy(() -> counters.update("a", now -> 1L)).isInstanceOf(QuorateException.class);
    assertThat(client.kv().get(name + "/a").orElseThrow().value().toUtf8())
        .isEqualTo("not a number");
  }

  @Test
  void more_than_a_page_of_values_is_one_revision_and_a_cache_has_them_too() {
    int count = 1_005;
    Txn txn = Txn.always();
    for (int i = 0; i < count; i++) {
      txn = txn.then(counters.putting(String.format("%05d", i), (long) i));
      if (i % 100 == 99 || i == count - 1) {
        client.kv().txn(txn);
        txn = Txn.always();
      }
    }
    assertThat(counters.all().stream().map(Value::value).toList())
        .isEqualTo(IntStream.range(0, count).mapToObj(i -> (long) i).toList());
    try (CachedPrefix cache = client.cache(counters.key(""))) {
      assertThat(cache.view().entries().values().stream().map(counters::of).toList())
          .isEqualTo(counters.all());
    }
    assertThat(client.kv().range(Range.prefix(name + "/").withCountOnly()).count())
        .isEqualTo(count);
  }
}
