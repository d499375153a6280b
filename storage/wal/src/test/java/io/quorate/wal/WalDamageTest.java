package io.quorate.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.base.DiskFullException;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Damage, place by place: whatever byte changes and whatever call fails, a log shows what was
 * acknowledged, or says what it can't show and where.
 */
class WalDamageTest {
  private static final WalSettings SETTINGS = WalSettings.of(7, 1, 42).withSegmentBytes(32 * 1024);

  /** A log of three segments: overrides, hard state, a mark, a trim, a batch of two groups. */
  private static List<Model> write(MemoryDisk disk, boolean close) {
    List<Model> states = new ArrayList<>();
    Model model = new Model();
    states.add(model.copy());
    Wal wal = Wal.open(disk, "wal", SETTINGS, new Model.Collector());
    run(wal, model, states);
    if (close) {
      wal.close();
    }
    return states;
  }

  /** The script; each sync adds what is durable then. */
  private static void run(Wal wal, Model model, List<Model> states) {
    append(wal, model, 1, 1, 1, 30);
    hardState(wal, model, 1, 1, 2);
    sync(wal, model, states);
    append(wal, model, 1, 2, 1, 300);
    append(wal, model, 2, 1, 1, 10);
    sync(wal, model, states);
    append(wal, model, 1, 2, 2, 20);
    append(wal, model, 1, 3, 2, 1500);
    sync(wal, model, states);
    wal.trim(1, 1);
    model.trim(1, 1);
    wal.configuration(1, Bytes.utf8("a,b,c"));
    model.group(1).configuration = Bytes.utf8("a,b,c");
    sync(wal, model, states);
    wal.snapshotMark(2, 9, 2, 77, Bytes.utf8("d"), 5);
    model.mark(2, 9, 2, 77, Bytes.utf8("d"), 5);
    append(wal, model, 2, 10, 2, 2);
    sync(wal, model, states);
    hardState(wal, model, 2, 3, 1);
    append(wal, model, 1, 4, 3, 3);
    sync(wal, model, states);
  }

  private static void sync(Wal wal, Model model, List<Model> states) {
    wal.sync();
    states.add(model.copy());
  }

  private static void append(Wal wal, Model model, long group, long index, long term, int size) {
    byte[] bytes = new byte[size];
    new Random(index * 31 + term).nextBytes(bytes);
    Model.Entry entry = model.append(group, index, term, (byte) 1, Bytes.wrap(bytes));
    wal.append(group, index, term, (byte) 1, entry.payload(), entry.hash());
  }

  private static void hardState(Wal wal, Model model, long group, long term, long vote) {
    wal.hardState(group, term, vote, Bytes.utf8("boot 1"));
    model.group(group).term = term;
    model.group(group).vote = vote;
    model.group(group).blob = Bytes.utf8("boot 1");
  }

  /** Damages a file and says what must come of it: the whole log, or what a peer makes whole. */
  private static void expectRestored(MemoryDisk damaged, Model whole, String where) {
    Model.Collector found = new Model.Collector();
    Wal wal = Wal.open(damaged, "wal", SETTINGS, found);
    if (!found.missing.isEmpty()) {
      assertThat(found.damage == null && found.holes.isEmpty()).as(where).isFalse();
    }
    whole.restore(wal);
    found.holes.keySet().forEach(wal::resolveHole);
    wal.sync();
    damaged.crash();
    Model.Collector again = new Model.Collector();
    Wal.open(damaged, "wal", SETTINGS, again).close();
    assertThat(again.model.text()).as(where).isEqualTo(whole.text());
    assertThat(again.missing).as(where).isEmpty();
    assertThat(again.holes).as(where).isEmpty();
  }

  @Test
  void any_byte_that_flips_changes_nothing_that_a_peer_cannot_mend() {
    for (boolean closed : new boolean[] {true, false}) {
      MemoryDisk disk = new MemoryDisk(1);
      Model whole = write(disk, closed).getLast();
      disk.kill();
      for (Map.Entry<String, Integer> file : disk.sizes().entrySet()) {
        byte[] bytes = disk.bytes(file.getKey());
        for (int at = 0; at < file.getValue(); at++) {
          if (unused(bytes, at) && at % 61 != 0) {
            continue; // A sample of the zeros that fill up blocks is enough.
          }
          MemoryDisk copy = disk.copy(at);
          copy.flip(file.getKey(), at, 1 << (at % 8));
          expectRestored(copy, whole, "%s at %d".formatted(file.getKey(), at));
        }
      }
    }
  }

  @Test
  void any_sector_that_is_lost_loses_nothing_that_a_peer_cannot_mend() {
    for (boolean closed : new boolean[] {true, false}) {
      MemoryDisk disk = new MemoryDisk(1);
      Model whole = write(disk, closed).getLast();
      disk.kill();
      for (Map.Entry<String, Integer> file : disk.sizes().entrySet()) {
        byte[] bytes = disk.bytes(file.getKey());
        for (int sector : new int[] {512, 4096}) {
          for (int at = 0; at + sector <= bytes.length; at += sector) {
            for (Loss loss : Loss.values()) {
              MemoryDisk copy = disk.copy(at);
              copy.install(file.getKey(), loss.of(bytes, at, sector));
              expectRestored(
                  copy, whole, "%s at %d: %d %s".formatted(file.getKey(), at, sector, loss));
            }
          }
        }
      }
    }
  }

  /** How a sector is lost. */
  private enum Loss {
    ZEROS,
    GARBAGE,
    MISDIRECTED;

    byte[] of(byte[] bytes, int at, int length) {
      byte[] damaged = bytes.clone();
      for (int i = at; i < at + length; i++) {
        damaged[i] =
            switch (this) {
              case ZEROS -> 0;
              case GARBAGE -> (byte) (i * 31 + i / 7);
              case MISDIRECTED -> bytes[(i + 3 * 4096) % bytes.length];
            };
      }
      return damaged;
    }
  }

  /**
   * A write that never reached the device, though its sync succeeded: the sector shows what was
   * there before.
   */
  @Test
  void any_sector_that_is_stale_loses_nothing_that_a_peer_cannot_mend() {
    MemoryDisk disk = new MemoryDisk(1);
    List<Map<String, byte[]>> before = new ArrayList<>();
    List<Model> states = new ArrayList<>();
    Model model = new Model();
    states.add(model.copy());
    Wal wal = Wal.open(disk, "wal", SETTINGS, new Model.Collector());
    disk.hook =
        (call, path) -> {
          if (call.equals("write")) {
            before.add(contents(disk));
          }
        };
    run(wal, model, states);
    disk.hook = (call, path) -> {};
    Model whole = states.getLast();
    disk.kill();
    for (Map<String, byte[]> old : before) {
      for (Map.Entry<String, Integer> file : disk.sizes().entrySet()) {
        byte[] bytes = disk.bytes(file.getKey());
        byte[] was = old.get(file.getKey());
        for (int at = 0; was != null && at + 4096 <= was.length; at += 4096) {
          byte[] stale = bytes.clone();
          System.arraycopy(was, at, stale, at, 4096);
          if (!java.util.Arrays.equals(stale, bytes)) {
            MemoryDisk copy = disk.copy(at);
            copy.install(file.getKey(), stale);
            expectRestored(copy, whole, "%s at %d is stale".formatted(file.getKey(), at));
          }
        }
      }
    }
    assertThat(before).hasSizeGreaterThan(5);
  }

  private static Map<String, byte[]> contents(MemoryDisk disk) {
    Map<String, byte[]> contents = new TreeMap<>();
    disk.sizes().keySet().forEach(path -> contents.put(path, disk.bytes(path).clone()));
    return contents;
  }

  /** Whether there are only zeros around a place. */
  private static boolean unused(byte[] bytes, int at) {
    for (int i = Math.max(0, at - 8); i < Math.min(bytes.length, at + 8); i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** A call that fails once, or from then on. */
  private interface Fault {
    @Nullable IOException at(String call, String path);
  }

  private static void failEveryCallInTurn(boolean forever, Fault fault) {
    int last = Integer.MAX_VALUE;
    for (int n = 1; n < last; n++) {
      int failing = n;
      MemoryDisk disk = new MemoryDisk(n);
      int[] calls = {0};
      boolean[] failed = {false};
      disk.hook =
          (call, path) -> {
            IOException thrown = fault.at(call, path);
            if (thrown != null) {
              calls[0]++;
              if (calls[0] == failing || (forever && calls[0] > failing)) {
                failed[0] = true;
                throw thrown;
              }
            }
          };
      List<Model> states = new ArrayList<>();
      Model model = new Model();
      states.add(model.copy());
      String refusal = "";
      try (Wal wal = Wal.open(disk, "wal", SETTINGS, new Model.Collector())) {
        run(wal, model, states);
      } catch (QuorateException refused) {
        assertThat(refused.code()).isIn(ErrorCode.LOG_FAILED, ErrorCode.DISK_FULL);
        refusal = String.valueOf(refused.getMessage());
      }
      if (!failed[0]) {
        assertThat(n).as("there were calls to fail").isGreaterThan(5);
        last = n;
      }
      for (boolean power : new boolean[] {false, true}) {
        if (power) {
          disk.crash();
        } else {
          disk.kill();
        }
        Model.Collector found = new Model.Collector();
        Wal again = Wal.open(disk, "wal", SETTINGS, found);
        if (!found.missing.isEmpty()) {
          model.restore(again);
          found.holes.keySet().forEach(again::resolveHole);
          again.close();
          found = new Model.Collector();
          again = Wal.open(disk, "wal", SETTINGS, found);
        }
        assertThat(found.model.text())
            .as("call %d failed: %s", n, refusal)
            .isIn(states.getLast().text(), model.text());
        // It goes on from there.
        again.hardState(3, 1, 1, Bytes.EMPTY);
        again.sync();
        again.close();
        states.clear();
        model = found.model;
        model.group(3).term = 1;
        model.group(3).vote = 1;
        states.add(model);
      }
    }
  }

  @Test
  void wherever_a_sync_fails_nothing_is_acknowledged_after_it_and_nothing_before_it_is_lost() {
    failEveryCallInTurn(
        false,
        (call, path) ->
            call.equals("sync") || call.equals("syncDirectory")
                ? new IOException("EIO at " + call)
                : null);
  }

  @Test
  void wherever_a_write_fails_nothing_acknowledged_is_lost() {
    failEveryCallInTurn(
        true, (call, path) -> call.equals("write") ? new IOException("EIO at " + call) : null);
  }

  @Test
  void wherever_the_disk_is_full_nothing_acknowledged_is_lost() {
    for (boolean forever : new boolean[] {false, true}) {
      failEveryCallInTurn(
          forever,
          (call, path) ->
              List.of("create", "write", "rename", "syncDirectory", "createDirectories")
                      .contains(call)
                  ? new DiskFullException("ENOSPC at " + call)
                  : null);
    }
  }

  @Test
  void after_a_sync_that_failed_the_next_start_believes_the_device_not_the_page_cache() {
    for (int seed = 1; seed <= 50; seed++) {
      MemoryDisk disk = new MemoryDisk(seed);
      Wal wal = Wal.open(disk, "wal", SETTINGS, new Model.Collector());
      Model model = new Model();
      append(wal, model, 1, 1, 1, 30);
      wal.sync();
      Model acknowledged = model.copy();
      append(wal, model, 1, 2, 1, 3000);
      disk.hook =
          (call, path) -> {
            if (call.equals("sync")) {
              throw new IOException("EIO");
            }
          };
      assertThat(wal.stagedBytes()).isPositive();
      try {
        wal.sync();
      } catch (QuorateException failed) {
        assertThat(failed.code()).isEqualTo(ErrorCode.LOG_FAILED);
      }
      disk.kill();
      Model.Collector found = new Model.Collector();
      Wal again = Wal.open(disk, "wal", SETTINGS, found);
      if (found.missing.isEmpty()) {
        assertThat(found.model.text()).isIn(acknowledged.text(), model.text());
      } else {
        assertThat(found.missing).containsExactly(Map.entry(1L, List.of(2L)));
        again.mending().cut(1, 2);
        again.sync();
        found.model.group(1).entries.removeLast();
      }
      // What was shown once is there for good.
      disk.crash();
      Model.Collector later = new Model.Collector();
      Wal.open(disk, "wal", SETTINGS, later);
      assertThat(later.model.text()).isEqualTo(found.model.text());
    }
  }

  @Test
  void garbage_in_any_file_is_refused_or_read_past_but_never_ends_in_another_error() {
    long first = Long.getLong("seed", 1);
    long last = Long.getLong("seed") == null ? Integer.getInteger("seeds", 4_000) : first;
    MemoryDisk disk = new MemoryDisk(1);
    write(disk, false);
    disk.kill();
    List<String> files = List.copyOf(disk.sizes().keySet());
    for (long seed = first; seed <= last; seed++) {
      Random random = new Random(seed);
      MemoryDisk copy = disk.copy(seed);
      int mutations = 1 + random.nextInt(4);
      for (int i = 0; i < mutations; i++) {
        mutate(copy, files.get(random.nextInt(files.size())), random);
      }
      try {
        Wal.open(copy, "wal", SETTINGS, new Model.Collector()).close();
      } catch (QuorateException refused) {
        assertThat(refused.code()).isIn(ErrorCode.DATA_DAMAGED, ErrorCode.WRONG_IDENTITY);
      } catch (Throwable wrong) {
        throw new AssertionError(
            "mvn -pl storage/wal test -Dtest=WalDamageTest -Dseed=" + seed, wrong);
      }
    }
  }

  /** Changes a file, and now and then makes the headers around the change verify again. */
  private static void mutate(MemoryDisk disk, String path, Random random) {
    byte[] bytes = disk.bytes(path).clone();
    if (bytes.length < Format.BLOCK) {
      return;
    }
    switch (random.nextInt(5)) {
      case 0 -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      case 1 -> {
        int at = random.nextInt(bytes.length);
        int length = random.nextInt(Math.min(1000, bytes.length - at) + 1);
        for (int i = at; i < at + length; i++) {
          bytes[i] = (byte) random.nextInt();
        }
      }
      case 2 -> {
        int blocks = bytes.length / Format.BLOCK;
        System.arraycopy(
            bytes,
            random.nextInt(blocks) * Format.BLOCK,
            bytes,
            random.nextInt(blocks) * Format.BLOCK,
            Format.BLOCK);
      }
      case 3 -> bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      default -> Forgery.forge(bytes, random);
    }
    disk.install(path, bytes);
  }

  @Test
  void a_record_that_verifies_but_does_not_follow_is_refused() {
    MemoryDisk disk = new MemoryDisk(1);
    write(disk, false);
    disk.kill();
    int refusals = 0;
    for (long seed = 1; seed <= 2_000; seed++) {
      MemoryDisk copy = disk.copy(seed);
      String path = "wal/" + Segment.name(1);
      byte[] bytes = copy.bytes(path).clone();
      Forgery.forge(bytes, new Random(seed));
      copy.install(path, bytes);
      try {
        Wal.open(copy, "wal", SETTINGS, new Model.Collector()).close();
      } catch (QuorateException refused) {
        assertThat(refused.code()).isIn(ErrorCode.DATA_DAMAGED, ErrorCode.WRONG_IDENTITY);
        refusals++;
      }
    }
    assertThat(refusals).isGreaterThan(500);
  }
}
