package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.recipes.FencedResource;
import io.quorate.recipes.FencingToken;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.MultiLock;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.OwnerLocks;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Locks by an owner's name, and what is built on locks. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class OwnerLocksTest {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static final Duration TTL = Duration.ofSeconds(30);

  private final QuorateClient client;
  private final OwnerLocks locks;
  private final String name = "owned/case-" + NAMES.incrementAndGet();

  OwnerLocksTest(Store store) {
    client = store.connect();
    locks = new OwnerLocks(client);
  }

  @AfterEach
  void end() {
    client.close();
  }

  private long lease() {
    return client.kv().range(Range.prefix(name)).kvs().get(0).lease();
  }

  @Test
  void an_owner_may_lock_again_and_nobody_else_may_until_it_unlocks() {
    assertThat(locks.tryLock(name, "a", TTL)).isTrue();
    long first = lease();
    assertThat(locks.tryLock(name, "b", TTL)).isFalse();
    assertThat(locks.tryLock(name, "a", TTL.multipliedBy(2))).as("again").isTrue();
    assertThat(client.lease().timeToLive(lease(), false).grantedTtlSeconds()).isEqualTo(60);
    while (client.lease().timeToLive(first, false).ttlSeconds() >= 0) {
      Thread.onSpinWait(); // the first lease is given back, and the key stays
    }
    assertThat(locks.owner(name)).contains("a");
    assertThat(locks.unlock(name, "b")).isFalse();
    assertThat(locks.unlock(name, "a")).isTrue();
    assertThat(locks.unlock(name, "a")).isFalse();
    assertThat(locks.owner(name)).isEmpty();
    assertThat(locks.tryLock(name, "b", TTL)).isTrue();
    assertThat(locks.unlock(name, "b")).isTrue();
  }

  @Test
  void a_longer_name_is_in_nobodys_way() {
    assertThat(locks.tryLock(name + "/deeper", "a", TTL)).isTrue();
    assertThat(locks.tryLock(name, "b", TTL)).isTrue();
    assertThat(locks.tryLock(name, "c", TTL)).isFalse();
    assertThat(locks.unlock(name, "b")).isTrue();
    assertThat(locks.unlock(name + "/deeper", "a")).isTrue();
  }

  @Test
  void it_is_free_when_its_time_is_over() {
    assertThat(locks.tryLock(name, "a", TTL)).isTrue();
    client.lease().revoke(lease()); // as when it ends
    assertThat(locks.tryLock(name, "b", TTL)).isTrue();
    assertThat(locks.unlock(name, "a")).isFalse();
    assertThat(locks.unlock(name, "b")).isTrue();
  }

  @Test
  void it_and_a_mutex_of_the_name_exclude_each_other() {
    try (Session session = client.session(Duration.ofSeconds(5))) {
      assertThat(locks.tryLock(name, "a", TTL)).isTrue();
      assertThat(Mutex.of(session, name).tryAcquire()).isEmpty();
      assertThat(locks.unlock(name, "a")).isTrue();
      LockHandle held = Mutex.of(session, name).acquire();
      assertThat(locks.tryLock(name, "a", TTL)).isFalse();
      held.close();
    }
  }

  @Test
  void a_mutex_whose_owner_has_the_same_name_is_another_holder() {
    try (Session session = client.session(Duration.ofSeconds(5))) {
      LockHandle held = Mutex.of(session, name, "a").acquire();
      assertThat(locks.owner(name)).contains("a");
      assertThat(locks.tryLock(name, "a", TTL)).isFalse();
      assertThat(locks.unlock(name, "a")).isFalse();
      assertThat(held.isHeld()).isTrue();
      held.close();
      assertThat(locks.tryLock(name, "a", TTL)).isTrue();
      assertThat(Mutex.of(session, name).queue().get(0).owner()).isEqualTo("a");
      assertThat(locks.unlock(name, "a")).isTrue();
    }
    assertThatThrownBy(() -> locks.tryLock(name, "a\nb", TTL)).hasMessageContaining("one line");
  }

  @Test
  void several_are_held_together_or_not_at_all() {
    try (Session session = client.session(Duration.ofSeconds(5));
        Session other = client.session(Duration.ofSeconds(5))) {
      List<Mutex> some = List.of(Mutex.of(session, name + "-b"), Mutex.of(session, name + "-a"));
      LockHandle taken = Mutex.of(other, name + "-b").acquire();
      assertThat(MultiLock.of(some).tryAcquire(Duration.ofMillis(50))).isEmpty();
      RecipeCase.awaitKeys(client, name + "-a/", 0); // what was had of it is given back
      taken.close();
      try (MultiLock.Handles held = MultiLock.of(some).acquire()) {
        assertThat(held.isHeld()).isTrue();
        assertThat(held.each()).hasSize(2);
      }
      assertThat(client.kv().range(Range.prefix(name)).kvs()).isEmpty();
      assertThatThrownBy(() -> MultiLock.of(List.of(some.get(0), some.get(0))))
          .hasMessageContaining("twice the lock");
    }
  }

  @Test
  void a_resource_turns_away_who_held_the_lock_before() {
    FencedResource resource = new FencedResource();
    FencingToken old;
    try (Session session = client.session(Duration.ofSeconds(5))) {
      old = Mutex.of(session, name).acquire().token();
    }
    try (Session session = client.session(Duration.ofSeconds(5));
        LockHandle held = Mutex.of(session, name).acquire()) {
      assertThat(resource.use(old, () -> "early")).isEqualTo("early");
      assertThat(resource.use(held.token(), () -> "in time")).isEqualTo("in time");
      assertThatThrownBy(() -> resource.use(old, () -> "late"))
          .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue());
      assertThat(FencingToken.parse(held.token().toText())).isEqualTo(held.token());
      assertThat(held.token().toText()).isGreaterThan(old.toText());
    }
  }
}
