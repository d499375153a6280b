package io.quorate.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.DiskFullException;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random lives of a log on a disk that fails: after every crash it must hold what was synced, and
 * of what was being synced all or nothing. Each seed is a life of its own; repeat one with {@code
 * mvn -pl storage/wal test -Dtest=WalCrashTest -Dseed=N}, live more of them with {@code -Dseeds=N}.
 */
class WalCrashTest {
  private static final int SEEDS = Integer.getInteger("seeds", 700);

  @Test
  void whatever_the_power_takes_the_log_holds_all_that_was_synced_and_nothing_else() {
    runAll(Faults.POWER);
  }

  @Test
  void after_a_failed_write_or_sync_the_next_life_holds_what_the_device_holds() {
    runAll(Faults.ERRORS);
  }

  @Test
  void a_full_disk_loses_nothing_that_was_acknowledged() {
    runAll(Faults.FULL);
  }

  private static void runAll(Faults faults) {
    Long only = Long.getLong("seed");
    long first = only == null ? 1 : only;
    long last = only == null ? SEEDS : only;
    for (long seed = first; seed <= last; seed++) {
      Life life = new Life(seed, faults);
      try {
        life.live();
      } catch (Throwable wrong) {
        throw new AssertionError(
            "mvn -pl storage/wal test -Dtest=WalCrashTest -Dseed=%d (%s)%n%s"
                .formatted(seed, faults, String.join("\n", life.steps)),
            wrong);
      }
    }
  }

  enum Faults {
    POWER,
    ERRORS,
    FULL
  }

  private static final class Life {
    final List<String> steps = new ArrayList<>();
    private final Random random;
    private final Faults faults;
    private final MemoryDisk disk;
    private final int segmentBytes;
    private final int groups;
    private int starts;

    /** Whether the trap has caught a call. */
    private boolean trapped;

    private @Nullable Wal wal;

    /** What is synced. */
    private Model durable = new Model();

    /** What is synced and staged. */
    private Model model = new Model();

    Life(long seed, Faults faults) {
      this.random = new Random(seed);
      this.faults = faults;
      this.disk = new MemoryDisk(seed);
      this.segmentBytes = new int[] {32, 48, 64}[random.nextInt(3)] * 1024;
      this.groups = 1 + random.nextInt(3);
    }

    void live() {
      int length = 20 + random.nextInt(100);
      for (int i = 0; i < length; i++) {
        if (wal == null) {
          open();
        } else {
          step(wal);
        }
      }
      if (wal == null) {
        disk.hook = (call, path) -> {};
        open();
      }
    }

    private WalSettings settings() {
      return WalSettings.of(7, 1, 1000L + starts).withSegmentBytes(segmentBytes);
    }

    private void open() {
      starts++;
      arm(random.nextInt(4) == 0);
      Model.Collector found = new Model.Collector();
      try {
        wal = Wal.open(disk, "wal", settings(), found);
      } catch (QuorateException refused) {
        if (refused.code() == ErrorCode.DATA_DAMAGED && !trapped) {
          throw refused;
        }
        steps.add("open failed: " + refused.getMessage());
        die();
        return;
      }
      disk.hook = (call, path) -> {};
      steps.add("open " + disk.sizes() + found.holes + found.missing);
      if (!found.missing.isEmpty()) {
        found = settle(wal, found);
      }
      String text = found.model.text();
      if (!text.equals(durable.text())) {
        assertThat(text).isEqualTo(model.text());
      }
      durable = found.model;
      model = durable.copy();
      for (long group : found.holes.keySet()) {
        if (random.nextBoolean()) {
          wal.resolveHole(group);
        }
      }
    }

    /** What the last batch lacks comes from a peer; or no peer has it, and it is let go. */
    private Model.Collector settle(Wal log, Model.Collector found) {
      if (random.nextBoolean()) {
        model.restore(log);
      } else {
        for (var lacking : found.missing.entrySet()) {
          log.mending().cut(lacking.getKey(), lacking.getValue().getFirst());
          Model.Group group = model.group(lacking.getKey());
          group.entries.removeIf(entry -> entry.index() >= lacking.getValue().getFirst());
        }
      }
      found.missing.keySet().forEach(log::resolveHole);
      log.close();
      Model.Collector again = new Model.Collector();
      wal = Wal.open(disk, "wal", settings(), again);
      assertThat(again.missing).isEmpty();
      return again;
    }

    private void step(Wal log) {
      long id = 1L + random.nextInt(groups);
      Model.Group group = model.group(id);
      Model before = model.copy();
      long batches = log.statistics().batches();
      int choice = random.nextInt(100);
      arm(random.nextInt(10) == 0);
      try {
        if (choice < 40) {
          append(log, id, group, group.last() + 1, random.nextInt(400));
        } else if (choice < 44) {
          append(log, id, group, group.last() + 1, 1000 + random.nextInt(2500));
        } else if (choice < 48 && !group.entries.isEmpty()) {
          long index = group.last() - (long) random.nextInt(Math.min(5, group.entries.size()));
          append(log, id, group, index, random.nextInt(100));
        } else if (choice < 54) {
          steps.add("hard state of " + id);
          long term = Math.max(group.term, group.lastTerm()) + random.nextInt(2);
          Bytes blob = bytes(random.nextInt(20));
          long vote = random.nextInt(3);
          log.hardState(id, term, vote, blob);
          group.term = term;
          group.vote = vote;
          group.blob = blob;
        } else if (choice < 56) {
          steps.add("configuration of " + id);
          Bytes configuration = bytes(random.nextInt(20));
          log.configuration(id, configuration);
          group.configuration = configuration;
        } else if (choice < 58) {
          long index = group.last() + random.nextInt(5);
          long term = group.lastTerm() + 1;
          long hash = random.nextLong();
          Bytes configuration = bytes(random.nextInt(20));
          steps.add("mark " + id + " at " + index);
          log.snapshotMark(id, index, term, hash, configuration, starts);
          model.mark(id, index, term, hash, configuration, starts);
        } else if (choice < 66) {
          Model.Group synced = durable.group(id);
          long index = synced.baseIndex + random.nextInt(synced.entries.size() + 1);
          if (index > group.baseIndex && index <= group.last() && log.stagedBytes() == 0) {
            steps.add("trim " + id + " to " + index);
            log.trim(id, index);
            model.trim(id, index);
          }
        } else if (choice < 85) {
          steps.add("sync");
          log.sync();
          durable = model.copy();
        } else if (choice < 90) {
          steps.add("maintain");
          log.maintain();
        } else if (choice < 93) {
          steps.add("prepare");
          var _ =
              log.prepareNextSegment(
                  random.nextBoolean() ? Integer.MAX_VALUE : 1 + random.nextInt(5_000));
        } else if (choice < 96) {
          readBack(log, id);
        } else if (choice < 98) {
          steps.add("close");
          log.close();
          durable = model.copy();
          disk.hook = (call, path) -> {};
          disk.crash();
          wal = null;
        } else {
          steps.add("crash");
          disk.crash();
          wal = null;
          model = durable.copy();
        }
        noteInnerSync(log, batches, before, choice);
      } catch (QuorateException refused) {
        steps.add("refused: " + refused.getMessage());
        if (refused.code() == ErrorCode.DISK_FULL) {
          if (log.statistics().batches() > batches) {
            durable = before.copy();
          }
          disk.hook = (call, path) -> {};
          if (choice >= 96) {
            die();
          } else if (choice >= 66 && choice < 85) {
            steps.add("sync again");
            log.sync();
            durable = model.copy();
          }
          return;
        }
        if (refused.code() != ErrorCode.LOG_FAILED && !trapped) {
          throw refused;
        }
        if (log.statistics().batches() > batches) {
          durable = before.copy();
        }
        die();
      } finally {
        disk.hook = (call, path) -> {};
      }
    }

    private void noteInnerSync(Wal log, long batches, Model before, int choice) {
      boolean explicit = (choice >= 66 && choice < 85) || choice >= 96;
      if (!explicit && log.statistics().batches() > batches) {
        durable = before.copy();
      }
    }

    private void append(Wal log, long id, Model.Group group, long index, int size) {
      long term = index == group.last() + 1 ? Math.max(1, group.lastTerm()) : group.lastTerm() + 1;
      byte kind = (byte) random.nextInt(3);
      Bytes payload = bytes(size);
      steps.add("append %d:%d term %d, %d bytes".formatted(id, index, term, size));
      Model next = model.copy();
      Model.Entry entry = next.append(id, index, term, kind, payload);
      log.append(id, index, term, kind, payload, entry.hash());
      model = next;
    }

    private void readBack(Wal log, long id) {
      Model.Group synced = durable.group(id);
      if (synced.entries.isEmpty()) {
        return;
      }
      steps.add("read " + id);
      List<Model.Entry> read = new ArrayList<>();
      long next = synced.baseIndex + 1;
      while (next <= synced.last()) {
        long from = next;
        next =
            log.read(
                id,
                from,
                synced.last() + 1,
                500,
                (at, term, kind, payload, hash) ->
                    read.add(new Model.Entry(at, term, kind, payload, hash)));
        assertThat(next).isGreaterThan(from);
      }
      assertThat(read).isEqualTo(synced.entries);
    }

    /** Sets a trap for one of the next calls to the disk. */
    private void arm(boolean really) {
      trapped = false;
      if (!really) {
        return;
      }
      int at = disk.calls + 1 + random.nextInt(8);
      disk.hook =
          switch (faults) {
            case POWER ->
                (call, path) -> {
                  if (disk.calls >= at) {
                    trapped = true;
                    throw new IOException("the power is gone");
                  }
                };
            case ERRORS ->
                (call, path) -> {
                  if (disk.calls == at
                      && (call.equals("sync")
                          || call.equals("write")
                          || call.equals("syncDirectory"))) {
                    throw new IOException("EIO at " + call + " of " + path);
                  }
                };
            case FULL ->
                (call, path) -> {
                  boolean takesRoom =
                      call.equals("create") || call.equals("rename") || call.equals("write");
                  if (disk.calls >= at && takesRoom) {
                    throw new DiskFullException("ENOSPC at " + call + " of " + path);
                  }
                };
          };
    }

    private void die() {
      wal = null;
      if (faults == Faults.POWER || random.nextBoolean()) {
        steps.add("crash");
        disk.crash();
      } else {
        steps.add("kill");
        disk.kill();
      }
    }

    private Bytes bytes(int size) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      return Bytes.wrap(bytes);
    }
  }
}
