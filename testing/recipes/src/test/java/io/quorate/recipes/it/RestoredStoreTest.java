package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.recipes.Epoch;
import io.quorate.recipes.FencedResource;
import io.quorate.recipes.FencingToken;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.ids.IdBuilder;
import io.quorate.recipes.ids.SnowflakeIds;
import io.quorate.recipes.ids.SnowflakeLayout;
import io.quorate.system.ProcessCluster;
import io.quorate.system.Store;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A store that is restored from a backup gives revisions again, and forgets what was reserved. */
@ParameterizedClass(name = "{0}")
@EnumSource(Store.class)
@Timeout(120)
class RestoredStoreTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String WORKER = "quorate/ids/restored/w/0-0";
  private static final String RESERVED = "quorate/ids/restored/hw/0-0";

  @TempDir private Path folder;

  private final Store store;

  RestoredStoreTest(Store store) {
    this.store = store;
  }

  private static FencingToken token(Session session) {
    try (LockHandle held = Mutex.of(session, "restored").acquire()) {
      return held.token();
    }
  }

  private void turnBack(ProcessCluster cluster, Path backup) {
    cluster.member(0).kill();
    if (store == Store.QUORATE) {
      cluster.restore(backup, "--bump-revision=0"); // it moves them on unless told otherwise
    } else {
      cluster.restore(backup);
    }
    cluster.restart(0);
  }

  private static final SnowflakeLayout ONE_WORKER =
      new SnowflakeLayout(Instant.EPOCH, 41, 0, 0, 12);

  private static IdBuilder ids(QuorateClient client) {
    return SnowflakeIds.builder(client, "restored")
        .layout(ONE_WORKER)
        .window(Duration.ofMillis(200))
        .sessionTtl(LONG);
  }

  @Test
  void tokens_of_a_raised_epoch_and_ids_go_on_behind_what_the_store_forgot() {
    Path backup = folder.resolve("backup");
    try (ProcessCluster cluster = store.start(1);
        QuorateClient client = QuorateClient.connect(cluster.endpoint(0));
        Session survives = client.session(LONG);
        SnowflakeIds before = ids(client).open()) {
      assertThat(token(survives).epoch()).isZero();
      before.nextId();
      cluster.save(backup);
      for (int i = 0; i < 20; i++) {
        client.kv().put("more", "" + i);
      }
      FencingToken stale = token(survives);
      long last = afterNow(before, reserved(client));
      turnBack(cluster, backup);
      try (QuorateClient other = QuorateClient.connect(cluster.endpoint(0));
          Session session = other.session(LONG)) {
        tokensGoOn(stale, survives, session);
        assertThat(reserved(other)).as("what the store knows of").isLessThan(millis(last));
        idsGoOn(last, before, other);
      }
    }
  }

  private static void tokensGoOn(FencingToken stale, Session survives, Session session) {
    QuorateClient client = session.client();
    assertThat(stale.isAfter(token(session))).as("what is to be mended").isTrue();
    assertThat(Epoch.raise(client)).isEqualTo(1);
    try (Session after = client.session(LONG)) {
      FencedResource resource = new FencedResource();
      FencingToken next = token(after);
      assertThat(next.isAfter(stale)).isTrue();
      assertThat(resource.use(stale, () -> "before it was restored")).isNotEmpty();
      assertThat(resource.use(next, () -> "after")).isNotEmpty();
      assertThatThrownBy(() -> resource.use(stale, () -> "late"))
          .satisfies(e -> assertThat(ErrorCode.OWNERSHIP_LOST.isOf(e)).isTrue());
    }
    awaitEpoch(session);
    awaitEpoch(survives);
  }

  /** Sessions that know an older epoch hear of the new one. */
  private static void awaitEpoch(Session session) {
    while (token(session).epoch() != 1) {
      Thread.onSpinWait();
    }
  }

  /** One id that is later than what a backup knows to be reserved. */
  private static long afterNow(SnowflakeIds ids, long reserved) {
    long last = ids.nextId();
    while (millis(last) <= reserved) {
      last = ids.nextId();
    }
    return last;
  }

  /** Its claim is in the backup, and what it reserved later isn't: it stops where that ends. */
  private static void idsGoOn(long lastBefore, SnowflakeIds before, QuorateClient client) {
    long last = lastBefore;
    ErrorCode refused = ErrorCode.UNREACHABLE;
    while (refused != ErrorCode.WORKERS_EXHAUSTED) {
      try {
        last = Math.max(last, before.nextId());
      } catch (QuorateException e) {
        refused = e.code();
      }
    }
    client.lease().revoke(first(client, WORKER).lease());
    try (SnowflakeIds next = ids(client).open()) {
      assertThat(next.nextId()).isGreaterThan(last);
    }
  }

  private static long millis(long id) {
    return ONE_WORKER.decode(id).time().toEpochMilli();
  }

  private static KeyValue first(QuorateClient client, String key) {
    return client.kv().range(Range.key(key)).first().orElseThrow();
  }

  private static long reserved(QuorateClient client) {
    return Long.parseLong(first(client, RESERVED).value().toUtf8());
  }
}
