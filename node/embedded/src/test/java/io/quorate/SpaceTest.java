package io.quorate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Delete;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.StatusResponse;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A member with a small quota and a real disk: it fills up, and becomes empty without a stop. */
class SpaceTest {
  private static final long QUOTA = 48L << 20;
  private static final int VALUE_BYTES = 64 << 10;
  private static final long WAIT_NANOS = 60_000_000_000L;

  /**
   * Few large values, so that nothing else than the wish for space makes the engine clean up: as
   * many deletions as these go unnoticed in its files.
   */
  @Test
  void a_full_member_gets_room_again_by_deletion_and_compaction_alone(@TempDir Path directory)
      throws Exception {
    try (EmbeddedNode node = Quorate.node(config(directory.resolve("data"))).start()) {
      QuorateClient client = node.client();
      Random random = new Random(1);
      Throwable refused = null;
      for (int i = 0; refused == null; i++) {
        assertThat(i).as("puts of 64 KiB into 48 MiB").isLessThan(2_000);
        byte[] value = new byte[VALUE_BYTES];
        random.nextBytes(value);
        try {
          client.kv().put(Put.of(Bytes.utf8("key-" + i), Bytes.wrap(value)));
        } catch (QuorateException full) {
          refused = full;
        }
      }
      assertThat(refused).matches(ErrorCode.SPACE_EXCEEDED::isOf, "is SPACE_EXCEEDED");
      await(client, status -> !status.errors().isEmpty());
      StatusResponse full = client.maintenance().status();
      assertThat(full.errors()).hasSize(1).first().asString().contains("alarm:NOSPACE ");
      assertThat(full.dbSize()).isGreaterThan(QUOTA);

      long deleted = client.kv().delete(Delete.prefix(Bytes.utf8("key-"))).header().revision();
      assertThatThrownBy(() -> client.kv().put("more", "x"))
          .matches(ErrorCode.SPACE_EXCEEDED::isOf, "is SPACE_EXCEEDED");
      client.kv().compact(deleted, true);
      StatusResponse empty = await(client, status -> status.errors().isEmpty());
      assertThat(empty.dbSize()).isLessThan(QUOTA / 4);
      assertThat(empty.dbSizeInUse()).isLessThan(QUOTA / 4);
      client.kv().put("more", "x");
    }
  }

  private static StatusResponse await(QuorateClient client, Predicate<StatusResponse> wanted)
      throws InterruptedException {
    long deadline = System.nanoTime() + WAIT_NANOS;
    while (true) {
      StatusResponse status = client.maintenance().status();
      if (wanted.test(status)) {
        return status;
      }
      assertThat(System.nanoTime()).as("still waiting, with " + status).isLessThan(deadline);
      Thread.sleep(20); // nothing tells when it is so but asking
    }
  }

  private static MemberConfig config(Path data) {
    MemberConfig alone = MemberConfig.alone(data);
    return new MemberConfig(
        alone.name(),
        data,
        alone.clusterId(),
        alone.memberId(),
        alone.members(),
        alone.founding(),
        alone.listenPeers(),
        alone.peerTls(),
        alone.heartbeatMillis(),
        alone.electionMillis(),
        alone.requestBytesMax(),
        alone.txnOpsMax(),
        alone.watchProgressMillis(),
        alone.leaseCheckpoints(),
        QUOTA,
        alone.entriesKept(),
        alone.compaction(),
        alone.auth(),
        alone.membership(),
        alone.dedicated());
  }
}
