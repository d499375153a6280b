package io.quorate.simulator;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.kv.KvStore;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.snapshot.BackupHeader;
import io.quorate.snapshot.BackupLength;
import io.quorate.snapshot.BackupWriter;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A backup that a member makes of its state as it is now: its length first, then part by part,
 * while the state goes on; each step by one of the member's readers, and none sooner than somebody
 * has taken the last. It ends with the process, or with the state, if another one takes its place.
 */
final class BackupUnderWay {
  private static final long MILLIS = 1_000_000L;

  /** Who waits for it; called in the member's process. */
  interface Taker {
    /**
     * It is whole.
     *
     * @param foretold how long it should be
     */
    void finished(BackupHeader header, byte[] backup, long foretold);

    /** It ends without its end; empty if that is as it may be. */
    void brokeOff(String wrong);
  }

  private final Coverage coverage;
  private final Timeline timeline;
  private final Life life;
  private final Replica replica;
  private final Chance chance;
  private final long pauseMean;
  private final long stepBytes;
  private final Taker taker;
  private final BackupHeader header;
  private final Replica.View view;
  private final BackupLength length;
  private final BackupWriter writer;
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();

  /** Of which the first is the header, and the last the end. */
  private int parts;

  /**
   * Begins it, in the member's process.
   *
   * @param replica which has a state
   * @param pauseMean how long a part takes to be taken
   */
  BackupUnderWay(
      World world, Host host, Replica replica, Chance chance, long pauseMean, Taker taker) {
    this.coverage = world.coverage();
    this.timeline = world.timeline();
    this.life = host.life();
    this.replica = replica;
    this.chance = chance;
    this.pauseMean = pauseMean;
    this.stepBytes = chance.oneOf(List.of(1_000L, 100_000L, 8L << 20));
    this.taker = taker;
    ReplicaStatus status = replica.status();
    header =
        new BackupHeader(
            Plan.CLUSTER,
            host.member(),
            status.appliedIndex(),
            status.term(),
            status.revision(),
            status.compactedRevision(),
            "a simulated world");
    view = replica.view();
    int rowsBytes = chance.oneOf(List.of(8 << 10, 64 << 10, 256 << 10));
    length = new BackupLength(header, view.rows().scan(KvStore.firstRow(), null), rowsBytes);
    writer = new BackupWriter(header, view.rows().scan(KvStore.firstRow(), null), rowsBytes);
    measure();
  }

  /** Whether the process that makes it is gone. */
  boolean isOver() {
    return life.isOver();
  }

  private void measure() {
    onReader(
        () -> length.step(stepBytes),
        all -> {
          if (all) {
            write();
          } else {
            measure();
          }
        });
  }

  private void write() {
    onReader(
        writer::next,
        part -> {
          if (part == null) {
            coverage.reachedIf(parts > 3, Probe.BACKUP_IN_PARTS);
            close();
            taker.finished(header, written.toByteArray(), length.bytes());
          } else {
            parts++;
            written.write(part.array(), part.arrayOffset(), part.length());
            later(chance.exponential(pauseMean), this::write);
          }
        });
  }

  private void later(long nanos, Runnable action) {
    timeline.at(timeline.now() + 1 + nanos, life, action);
  }

  private <T extends @Nullable Object> void onReader(Supplier<T> work, Consumer<T> then) {
    try {
      replica
          .readers()
          .execute(() -> {
            try {
              T result = work.get();
              replica.loop().execute(() -> then.accept(result));
            } catch (QuorateException e) {
              replica.loop().execute(() -> brokeOff(e));
            }
          });
    } catch (RejectedExecutionException e) {
      later(MILLIS, () -> onReader(work, then));
    }
  }

  private void brokeOff(QuorateException why) {
    close();
    taker.brokeOff(why.code() == ErrorCode.STOPPED ? "" : why.toString());
  }

  private void close() {
    length.close();
    writer.close();
    view.close();
  }
}
