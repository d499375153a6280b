package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.CachedPrefix;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.DeleteResponse;
import io.quorate.client.Event;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Put;
import io.quorate.client.PutResponse;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.Watcher;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A part of the keyspace looks like all of it, and nothing outside is seen or touched. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class NamespaceTest extends RecipeCase {
  private QuorateClient within = client;

  NamespaceTest(Store store) {
    super(store, "namespaces");
  }

  @BeforeEach
  void begin() {
    within = client.namespace(name + "/").namespace("inner/");
    client.kv().put(name + "/before", "outside");
    client.kv().put(name + "/inner0", "outside"); // the first key behind
  }

  private static String key(@Nullable KeyValue kv) {
    return kv == null ? "none" : kv.key().toUtf8();
  }

  private static List<String> keys(List<KeyValue> kvs) {
    return kvs.stream().map(kv -> kv.key().toUtf8()).toList();
  }

  @Test
  void keys_are_told_without_the_prefix_and_kept_with_it() {
    within.kv().put("b", "1");
    within.kv().put("a", "2");
    assertThat(client.kv().get(name + "/inner/a").orElseThrow().value().toUtf8()).isEqualTo("2");
    assertThat(within.kv().get("a").orElseThrow().key().toUtf8()).isEqualTo("a");
    assertThat(within.kv().get("before")).isEmpty();
    assertThat(within.whole().kv().get(name + "/before")).isPresent();
    assertThat(client.whole()).isSameAs(client);
  }

  @Test
  void whatever_range_is_asked_for_ends_with_the_namespace() {
    List.of("a", "b", "bb", "c").forEach(key -> within.kv().put(key, key));
    for (Range all :
        List.of(
            Range.prefix(""),
            Range.from(Keys.ZERO),
            Range.from(Bytes.EMPTY),
            Range.between(Keys.ZERO, Keys.ZERO),
            Range.from(Bytes.utf8("a")))) {
      assertThat(keys(within.kv().range(all).kvs())).containsExactly("a", "b", "bb", "c");
    }
    assertThat(keys(within.kv().range(Range.prefix("b")).kvs())).containsExactly("b", "bb");
    assertThat(keys(within.kv().range(Range.between(Bytes.utf8("a"), Bytes.utf8("bb"))).kvs()))
        .containsExactly("a", "b");
    assertThat(within.kv().delete(Delete.from(Keys.ZERO)).deleted()).isEqualTo(4);
    assertThat(keys(client.kv().range(Range.prefix(name + "/")).kvs()))
        .containsExactly(name + "/before", name + "/inner0");
  }

  @Test
  void an_empty_key_is_refused_as_everywhere() {
    assertThatThrownBy(() -> within.kv().put("", "1"))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("key is not provided");
    assertThatThrownBy(() -> client.namespace("")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_transaction_compares_and_answers_by_the_names_within() {
    within.kv().put("a", "1");
    within.kv().put("c", "3");
    TxnResponse done =
        within
            .kv()
            .txn(
                Txn.when(
                        Compare.value("a").is("1"),
                        Compare.createRevision(Keys.ZERO).greaterThan(0).upTo(Keys.ZERO),
                        Compare.createRevision("b").is(0))
                    .then(
                        Put.of("a", "2").withPrevKv(),
                        Range.prefix(""),
                        Txn.when(Compare.exists(Bytes.utf8("a"))).then(Range.key("a")),
                        Delete.key("c").withPrevKv()));
    assertThat(done.succeeded()).isTrue();
    assertThat(key(((PutResponse) done.responses().get(0)).prevKv())).isEqualTo("a");
    assertThat(keys(((RangeResponse) done.responses().get(1)).kvs())).containsExactly("a", "c");
    TxnResponse nested = (TxnResponse) done.responses().get(2);
    assertThat(keys(((RangeResponse) nested.responses().get(0)).kvs())).containsExactly("a");
    assertThat(keys(((DeleteResponse) done.responses().get(3)).prevKvs())).containsExactly("c");
  }

  @Test
  void a_watch_and_a_cache_hear_of_what_is_within_only() throws Exception {
    BlockingQueue<Event> heard = new LinkedBlockingQueue<>();
    long now = within.kv().put("a", "0").header().revision();
    try (Watcher _ =
            within
                .watch()
                .start(
                    WatchRequest.prefix("").from(now + 1).withPrevKv(),
                    new WatchListener() {
                      @Override
                      public void events(WatchResponse response) {
                        heard.addAll(response.events());
                      }

                      @Override
                      public void ended(WatchEnd end) {}
                    });
        CachedPrefix cache = within.cache(Bytes.EMPTY)) {
      client.kv().put(name + "/inner0", "still outside");
      within.kv().put("a", "1");
      Event event = heard.take();
      assertThat(event.kv().key().toUtf8()).isEqualTo("a");
      assertThat(key(event.prevKv())).isEqualTo("a");
      while (cache.revision() < event.kv().modRevision()) {
        Thread.onSpinWait();
      }
      assertThat(cache.get(Bytes.utf8("a")).orElseThrow().value().toUtf8()).isEqualTo("1");
      assertThat(cache.view().entries()).hasSize(1);
    }
    assertThat(heard).isEmpty();
  }

  @Test
  void a_lock_within_is_another_than_one_of_the_same_name_outside() {
    try (Session inside = within.session(Duration.ofSeconds(5));
        LockHandle held = Mutex.of(inside, "lock").acquire();
        LockHandle other = Mutex.of(session(), "lock").acquire()) {
      assertThat(held.isHeld()).isTrue();
      assertThat(other.isHeld()).isTrue();
      held.guarded(Put.of("written", "1"));
      assertThat(client.kv().get(name + "/inner/written")).isPresent();
      assertThat(Mutex.of(session(), name + "/inner/lock").tryAcquire()).isEmpty();
    }
  }
}
