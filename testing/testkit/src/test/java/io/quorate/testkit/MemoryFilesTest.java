package io.quorate.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.DiskFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import org.junit.jupiter.api.Test;

/** Files in memory, as a disk has them. */
class MemoryFilesTest {
  private final MemoryFiles files = new MemoryFiles();

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String read(DiskFile file, long position, int length) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(length);
    int got = file.read(target, position);
    assertThat(got).isEqualTo(target.position());
    return new String(target.array(), 0, got, StandardCharsets.UTF_8);
  }

  @Test
  void a_file_is_what_was_written_to_it_and_grows() throws IOException {
    files.createDirectories("log/old");
    try (DiskFile file = files.create("log/a")) {
      file.write(bytes("hello"), 3);
      file.fillWithZeros(10, 12);
      assertThat(file.size()).isEqualTo(12);
    }
    try (DiskFile again = files.open("log/a")) {
      assertThat(read(again, 0, 100)).isEqualTo("\0\0\0hello\0\0\0\0");
      assertThat(read(again, 4, 2)).isEqualTo("el");
      assertThat(read(again, 12, 2)).isEmpty();
      assertThat(read(again, 99, 2)).isEmpty();
      again.fillWithZeros(0, 4);
      assertThat(read(again, 0, 8)).isEqualTo("\0\0\0\0ello");
    }
    assertThat(files.size("log/a")).isEqualTo(12);
  }

  @Test
  void a_directory_has_what_is_in_it_and_nothing_below() throws IOException {
    files.createDirectories("log/old");
    try (DiskFile _ = files.create("log/b");
        DiskFile _ = files.create("log/a");
        DiskFile _ = files.create("log/old/c");
        DiskFile _ = files.create("logs")) {
      assertThat(files.list("log")).containsExactly("a", "b", "old");
      assertThat(files.list("")).containsExactly("log", "logs");
    }
    files.rename("log/a", "log/b");
    assertThat(files.list("log")).containsExactly("b", "old");
    files.delete("log/b");
    assertThat(files.exists("log/b")).isFalse();
    assertThat(files.exists("log")).isTrue();
  }

  @Test
  void what_isnt_there_cant_be_opened_and_what_is_cant_be_made() throws IOException {
    assertThatThrownBy(() -> files.open("a")).isInstanceOf(FileNotFoundException.class);
    assertThatThrownBy(() -> files.delete("a")).isInstanceOf(FileNotFoundException.class);
    try (DiskFile _ = files.create("a")) {
      assertThatThrownBy(() -> files.create("a")).isInstanceOf(FileAlreadyExistsException.class);
    }
  }

  @Test
  void a_lock_ends_with_its_process() throws IOException {
    var lock = files.tryLock("lock");
    assertThat(lock).isNotNull();
    assertThat(files.tryLock("lock")).isNull();
    files.processEnded();
    var next = files.tryLock("lock");
    assertThat(next).isNotNull();
    next.close();
    assertThat(files.tryLock("lock")).isNotNull();
  }
}
