package io.quorate.simulator.transactions;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.kv.KeyValue;
import io.quorate.xa.Outcome;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Many transactions at a time: how their decisions are written. */
class DecisionsTest extends ShopCase {
  private static final int MANY = 150;

  /** The revisions at which there was a decision that was not there before. */
  private Set<Long> decidedUntil(List<CompletableFuture<Outcome>> outcomes) {
    Set<Long> revisions = new HashSet<>();
    long until = timeline.now() + 30 * SECOND;
    while (!outcomes.stream().allMatch(CompletableFuture::isDone) && timeline.step(until)) {
      below("dec/").stream().map(KeyValue::createRevision).forEach(revisions::add);
    }
    assertThat(outcomes)
        .allSatisfy(each -> assertThat(each.join().kind()).isEqualTo(Outcome.Kind.COMMITTED));
    return revisions;
  }

  private List<CompletableFuture<Outcome>> begin(Shop shop, String keys) {
    List<CompletableFuture<Outcome>> outcomes = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      outcomes.add(shop.transfer(i, keys.isEmpty() ? "" : keys + i));
    }
    return outcomes;
  }

  @Test
  void those_that_wait_are_written_together() {
    Shop shop = new Shop();
    assertThat(decidedUntil(begin(shop, ""))).hasSizeBetween(MANY / 40, MANY / 3);
    pass(5 * SECOND);
    assertThat(below("dec/")).as("none is left").isEmpty();
    shop.process.end();
  }

  /** What one asks of the store, or writes there, is no reason to refuse another. */
  @Test
  void those_that_write_to_the_store_are_written_each_by_itself() {
    Shop shop = new Shop();
    assertThat(decidedUntil(begin(shop, "article/"))).hasSize(MANY);
    assertThat(witness.below(Bytes.utf8("article/"))).hasSize(MANY);
    pass(5 * SECOND);
    assertThat(below("dec/")).as("none is left").isEmpty();
    shop.process.end();
  }

  /** All of them wait when the client is closed; nobody waits for ever, and nothing breaks. */
  @Test
  void a_client_that_is_closed_ends_all_that_wait() {
    Shop shop = new Shop();
    List<CompletableFuture<Outcome>> outcomes = begin(shop, "article/");
    for (int i = MANY; i < ACCOUNTS; i++) {
      outcomes.add(shop.transfer(i, ""));
    }
    pass(2_000_000L);
    shop.process.client().close();
    pass(60 * SECOND);
    assertThat(outcomes).allMatch(CompletableFuture::isDone);
    shop.process.end();
  }
}
