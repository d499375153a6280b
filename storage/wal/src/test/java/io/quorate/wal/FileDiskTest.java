package io.quorate.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.quorate.base.Bytes;
import io.quorate.base.DiskFile;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log on real files. */
class FileDiskTest {
  @TempDir Path directory;

  private static Bytes payload(long index) {
    byte[] bytes = new byte[(int) (index % 500)];
    java.util.Arrays.fill(bytes, (byte) index);
    return Bytes.wrap(bytes);
  }

  @Test
  void a_log_on_real_files_is_found_again() throws IOException {
    FileDisk disk = new FileDisk(directory);
    WalSettings settings = WalSettings.of(1, 2, 3).withSegmentBytes(64 * 1024);
    Model model = new Model();
    try (Wal wal = Wal.open(disk, "member/wal", settings, new Model.Collector())) {
      for (int i = 1; i <= 500; i++) {
        Model.Entry entry = model.append(1, i, 1, (byte) 0, payload(i));
        wal.append(1, i, 1, (byte) 0, entry.payload(), entry.hash());
        if (i % 7 == 0) {
          wal.sync();
          wal.maintain();
        }
      }
      QuorateException refused =
          catchThrowableOfType(
              QuorateException.class,
              () -> Wal.open(disk, "member/wal", settings, new Model.Collector()));
      assertThat(refused.code()).isEqualTo(ErrorCode.DIRECTORY_IN_USE);
    }
    Model.Collector found = new Model.Collector();
    Wal.open(disk, "member/wal", settings.withSeed(4), found).close();
    assertThat(found.model.text()).isEqualTo(model.text());
    Path log = directory.resolve("member/wal");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
        .isEqualTo("rwx------");
    for (String name : disk.list("member/wal")) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log.resolve(name))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void readers_on_other_threads_see_whole_entries_while_the_log_appends_trims_and_recycles()
      throws Exception {
    FileDisk disk = new FileDisk(directory);
    WalSettings settings = WalSettings.of(1, 2, 3).withSegmentBytes(64 * 1024);
    AtomicBoolean done = new AtomicBoolean();
    try (Wal wal = Wal.open(disk, "wal", settings, new Model.Collector());
        ExecutorService readers = Executors.newFixedThreadPool(2)) {
      Callable<Long> reader =
          () -> {
            long read = 0;
            while (!done.get()) {
              long from = wal.baseIndex(1) + 1;
              List<Long> seen = new ArrayList<>();
              try {
                wal.read(
                    1,
                    from,
                    Long.MAX_VALUE,
                    20_000,
                    (index, term, kind, payload, hash) -> {
                      assertThat(payload).isEqualTo(payload(index));
                      seen.add(index);
                    });
              } catch (QuorateException trimmed) {
                assertThat(trimmed.code()).isEqualTo(ErrorCode.INVALID_REQUEST);
              }
              for (int i = 0; i < seen.size(); i++) {
                assertThat(seen.get(i)).isEqualTo(from + i);
              }
              read += seen.size();
            }
            return read;
          };
      List<Future<Long>> results = List.of(readers.submit(reader), readers.submit(reader));
      long hash = 0;
      for (int i = 1; i <= 3000; i++) {
        hash = LogHash.next(hash, 1, (byte) 0, payload(i));
        wal.append(1, i, 1, (byte) 0, payload(i), hash);
        if (i % 10 == 0) {
          wal.sync();
          wal.trim(1, i - 30);
          wal.maintain();
        }
      }
      done.set(true);
      for (Future<Long> result : results) {
        assertThat(result.get()).isPositive();
      }
      assertThat(wal.statistics().recycled()).isPositive();
    }
  }

  @Test
  void an_interrupted_reader_closes_no_file_of_the_writers() throws Exception {
    FileDisk disk = new FileDisk(directory);
    WalSettings settings = WalSettings.of(1, 2, 3).withSegmentBytes(64 * 1024);
    try (Wal wal = Wal.open(disk, "wal", settings, new Model.Collector())) {
      wal.append(1, 1, 1, (byte) 0, Bytes.EMPTY, LogHash.next(0, 1, (byte) 0, Bytes.EMPTY));
      wal.sync();
      Thread.currentThread().interrupt();
      QuorateException refused =
          catchThrowableOfType(
              QuorateException.class,
              () -> wal.read(1, 1, 2, 10, (index, term, kind, payload, hash) -> {}));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(refused.code()).isEqualTo(ErrorCode.STOPPED);
      wal.hardState(1, 1, 1, Bytes.EMPTY);
      wal.sync();
      assertThat(wal.read(1, 1, 2, 10, (index, term, kind, payload, hash) -> {})).isEqualTo(2);
    }
  }

  @Test
  void a_path_that_leads_out_of_the_root_is_refused() {
    FileDisk disk = new FileDisk(directory);
    assertThatThrownBy(() -> disk.open("../outside")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_direct_read_sees_what_was_written() throws IOException {
    FileDisk disk = new FileDisk(directory);
    try (DiskFile file = disk.create("file")) {
      file.fillWithZeros(0, 8192);
      file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 4096);
      file.sync();
    }
    ByteBuffer target = Format.buffer(8192);
    try (DiskFile file = disk.openDirect("file")) {
      assertThat(file.read(target, 0)).isEqualTo(8192);
    }
    assertThat(target.get(4098)).isEqualTo((byte) 3);
  }
}
