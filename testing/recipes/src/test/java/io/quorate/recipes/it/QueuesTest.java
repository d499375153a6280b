package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.quorate.base.Bytes;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import io.quorate.recipes.LeaderElection;
import io.quorate.recipes.LeaderHandle;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.LockName;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.NamedQueue;
import io.quorate.recipes.NamedQueue.Kind;
import io.quorate.recipes.OwnerLocks;
import io.quorate.recipes.QueueEntry;
import io.quorate.recipes.QueueEntry.Role;
import io.quorate.recipes.Queues;
import io.quorate.recipes.ReadWriteLock;
import io.quorate.recipes.Semaphore;
import io.quorate.system.Store;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Who looks at a store sees who holds what, and who waits. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(60)
class QueuesTest extends RecipeCase {
  QueuesTest(Store store) {
    super(store, "queues");
  }

  private List<NamedQueue> below(String prefix) {
    long before = client.kv().range(Range.key("none")).header().revision();
    Queues queues = Queues.below(client, Bytes.utf8(prefix));
    assertThat(queues.revision()).isGreaterThanOrEqualTo(before);
    return queues.each();
  }

  private NamedQueue only(String prefix) {
    List<NamedQueue> queues = below(prefix);
    assertThat(queues).hasSize(1);
    return queues.getFirst();
  }

  @Test
  void a_mutex_and_an_election_are_shown_with_who_holds_and_who_waits() {
    Session first = session();
    Session second = session();
    LockHandle held = Mutex.of(first, name + "/lock", "alice").acquire();
    CompletableFuture<LockHandle> waits = Mutex.of(second, name + "/lock", "bob").acquireAsync();
    awaitKeys(name + "/lock/", 2);
    LeaderHandle leads = LeaderElection.of(second, name + "/leader").campaign("10.0.0.7\nzone a");
    List<NamedQueue> queues = below(name + "/");
    assertThat(queues)
        .extracting(queue -> queue.name().toString(), NamedQueue::kind)
        .containsExactly(
            tuple(name + "/leader", Kind.EXCLUSIVE), tuple(name + "/lock", Kind.EXCLUSIVE));
    assertThat(queues.get(0).entries())
        .containsExactly(
            new QueueEntry(
                Role.EXCLUSIVE,
                "10.0.0.7",
                second.lease(),
                leads.token().revision(),
                true,
                leads.asLock().key()));
    assertThat(queues.get(1).entries())
        .extracting(QueueEntry::owner, QueueEntry::lease, QueueEntry::holds)
        .containsExactly(tuple("alice", first.lease(), true), tuple("bob", second.lease(), false));
    assertThat(queues.get(1).entries().get(0).since()).isEqualTo(held.token().revision());
    assertThat(queues.get(0).entries())
        .isEqualTo(LeaderElection.of(first, name + "/leader").queue());
    held.close();
    client.await(waits).close();
    leads.close();
    assertThat(below(name)).isEmpty();
  }

  @Test
  void readers_and_writers_are_shown_as_they_take_turns() {
    ReadWriteLock one = ReadWriteLock.of(session(), name, "one");
    ReadWriteLock two = ReadWriteLock.of(session(), name, "two");
    LockHandle writes = one.writeLock().acquire();
    CompletableFuture<LockHandle> reads = two.readLock().acquireAsync();
    awaitKeys(name + "/", 2);
    CompletableFuture<LockHandle> waits = two.writeLock().acquireAsync();
    awaitKeys(name + "/", 3);
    CompletableFuture<LockHandle> late = one.readLock().acquireAsync();
    awaitKeys(name + "/", 4);
    NamedQueue queue = only(name);
    assertThat(queue.kind()).isEqualTo(Kind.READ_WRITE);
    assertThat(queue.entries())
        .extracting(QueueEntry::role, QueueEntry::owner, QueueEntry::holds)
        .containsExactly(
            tuple(Role.WRITER, "one", true),
            tuple(Role.READER, "two", false),
            tuple(Role.WRITER, "two", false),
            tuple(Role.READER, "one", false));
    one.downgrade(writes);
    LockHandle together = client.await(reads);
    assertThat(only(name).entries())
        .isEqualTo(one.queue())
        .extracting(QueueEntry::role, QueueEntry::owner, QueueEntry::holds)
        .containsExactly(
            tuple(Role.READER, "one", true),
            tuple(Role.READER, "two", true),
            tuple(Role.WRITER, "two", false),
            tuple(Role.READER, "one", false));
    writes.close();
    together.close();
    client.await(waits).close();
    client.await(late).close();
  }

  @Test
  void a_semaphore_is_shown_with_its_permits() {
    Semaphore here = Semaphore.of(session(), name, 2, "here");
    LockHandle first = here.acquire();
    LockHandle second = here.acquire();
    CompletableFuture<LockHandle> waits = here.acquireAsync();
    awaitKeys(name + "/p/", 3);
    NamedQueue queue = only(name);
    assertThat(queue.kind()).isEqualTo(Kind.SEMAPHORE);
    assertThat(queue.permits()).isEqualTo(2);
    assertThat(queue.entries())
        .isEqualTo(here.queue())
        .extracting(QueueEntry::role, QueueEntry::holds)
        .containsExactly(
            tuple(Role.PERMIT, true), tuple(Role.PERMIT, true), tuple(Role.PERMIT, false));
    first.close();
    client.await(waits).close();
    second.close();
  }

  /** Its key is named by the first lease that it went with, and goes with another by now. */
  @Test
  void a_lock_that_is_had_by_a_name_is_shown_also_when_it_was_prolonged() {
    OwnerLocks locks = new OwnerLocks(client);
    for (int i = 0; i < 2; i++) {
      assertThat(locks.tryLock(name, "carol", Duration.ofSeconds(30))).isTrue();
      assertThat(only(name).entries())
          .extracting(QueueEntry::role, QueueEntry::owner, QueueEntry::holds)
          .containsExactly(tuple(Role.BY_NAME, "carol", true));
    }
    locks.unlock(name, "carol");
  }

  /** As ports, numbers and other data that go with a lease, or lie below a lock. */
  @Test
  void what_only_looks_alike_is_not_shown() {
    Session session = session();
    client.kv().put(Put.of(name + "/services/8080", "here").lease(session.lease()));
    client.kv().put(Put.of(name + "/w/1-2", "here").lease(session.lease()));
    client.kv().put(Put.of(name + "/p/1-2", "here").lease(session.lease()));
    client.kv().put(name + "/" + Long.toHexString(session.lease()), "goes with no lease");
    assertThat(below(name)).isEmpty();
    LockHandle held = Mutex.of(session, name + "/lock").acquire();
    client.kv().put(name + "/lock/limit", "data");
    assertThat(only(name).entries()).hasSize(1);
    held.close();
  }

  /** Of a lock whose name the prefix cuts short, only some would be seen. */
  @Test
  void a_prefix_shows_names_that_begin_with_it() {
    Session session = session();
    LockHandle held = Mutex.of(session, name).acquire();
    String key = held.key().toUtf8();
    assertThat(only(name).name()).isEqualTo(LockName.of(name));
    assertThat(below(key.substring(0, key.length() - 1))).isEmpty();
    assertThat(below(name + "/")).isEmpty();
    held.close();
  }

  /** A name and an owner's value may be any bytes. */
  @Test
  void a_name_that_is_no_text_is_a_name() {
    Session session = session();
    byte[] bytes = Bytes.utf8(name + "?").toArray();
    bytes[bytes.length - 1] = (byte) 0xff;
    LockName binary = LockName.of(Bytes.wrap(bytes));
    LeaderElection election = LeaderElection.of(session, binary);
    LeaderHandle leads = election.tryCampaign(Bytes.wrap(new byte[] {(byte) 0xfe})).orElseThrow();
    assertThat(leads.asLock().key().startsWith(binary.bytes())).isTrue();
    assertThat(Mutex.of(session(), binary, "").tryAcquire()).isEmpty();
    assertThat(only(name).name()).isEqualTo(binary);
    leads.close();
    assertThat(election.queue()).isEmpty();
  }

  @Test
  void many_keys_are_read_in_pages_and_those_that_take_turns_found_among_them() {
    Session session = session();
    for (int i = 0; i < 1_200; i += 100) {
      Op[] puts = new Op[100];
      for (int n = 0; n < puts.length; n++) {
        puts[n] = Put.of(name + "/data/%06d".formatted(i + n), "x");
      }
      client.kv().txn(Txn.always(puts));
    }
    LockHandle first = Mutex.of(session, name + "/a").acquire();
    LockHandle last = Mutex.of(session, name + "/z").acquire();
    assertThat(below(name))
        .extracting(queue -> queue.name().toString())
        .containsExactly(name + "/a", name + "/z");
    first.close();
    last.close();
  }
}
