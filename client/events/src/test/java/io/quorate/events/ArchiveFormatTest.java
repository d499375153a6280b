package io.quorate.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of events is read if it is whole, and else refused, whatever is wrong with it. */
class ArchiveFormatTest {
  private static final UUID ID = new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
  private static final Bytes HEAD = new ProtoWriter(64).number(1, 1).text(2, "s").toBytes();
  private static final NewEvent EVENT =
      NewEvent.of("Paid", 3, Bytes.utf8("5")).tagged("c:7").header("k", "v");

  private static final Commit FIRST = commit(4, 0, EVENT);
  private static final Commit SECOND = commit(5, 1, EVENT);

  private static final String PAID =
      "28a0e167320474616c6b3a05636175736542180a045061696410031a01352203633a372a060a016b120176";

  private static final String FILE =
      "000000050801120173"
          + "0000004518092241080112100102030405060708090a0b0c0d0e0f101804"
          + PAID
          + "0000004718092243080112100102030405060708090a0b0c0d0e0f1018052001"
          + PAID
          + "000000082802308dfd818d09";

  @TempDir Path folder;

  private static Commit commit(long version, int base, NewEvent... events) {
    return new Commit(ID, version, base, 1_700_000L, "talk", "cause", List.of(events), false);
  }

  private static Bytes archived(Bytes commit) {
    return new ProtoWriter(256).number(3, 9).bytes(4, commit).toBytes();
  }

  /** Of these messages, and an end that agrees with them. */
  private static byte[] file(Bytes... messages) {
    ByteBuffer file = ByteBuffer.allocate(4_096);
    for (Bytes each : messages) {
      put(each, file);
    }
    CRC32C crc = new CRC32C();
    crc.update(file.duplicate().flip());
    ProtoWriter end = new ProtoWriter(32);
    put(end.numberAlways(5, messages.length - 1).numberAlways(6, crc.getValue()).toBytes(), file);
    return Arrays.copyOf(file.array(), file.position());
  }

  private static void put(Bytes message, ByteBuffer file) {
    file.putInt(message.length());
    message.copyTo(file);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private Path written(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("s.events"), bytes);
  }

  private static void refused(Path file) {
    assertThatThrownBy(() -> Archive.read(file, event -> {}))
        .isInstanceOfSatisfying(
            QuorateException.Rejected.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.VALUE_UNREADABLE))
        .hasMessageContaining("s.events is no archive of a stream");
  }

  @Test
  void a_file_is_read_as_it_always_was() throws IOException {
    assertThat(file(HEAD, archived(FIRST.encode()), archived(SECOND.encode())))
        .isEqualTo(bytes(FILE));
    List<RecordedEvent> read = new ArrayList<>();
    Archive.read(written(bytes(FILE)), read::add);
    assertThat(read).containsExactly(FIRST.recorded("s", 9).get(0), SECOND.recorded("s", 9).get(0));
  }

  @Test
  void a_file_with_any_bit_that_is_another_or_without_its_last_bytes_is_refused()
      throws IOException {
    byte[] whole = bytes(FILE);
    Path file = written(whole);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int i = 0; i < whole.length; i++) {
        for (int bit = 0; bit < Byte.SIZE; bit++) {
          put((byte) (whole[i] ^ (1 << bit)), channel, i);
          refused(file);
        }
        put(whole[i], channel, i);
      }
      Archive.read(file, event -> {});
      for (int i = whole.length - 1; i >= 0; i--) {
        channel.truncate(i);
        refused(file);
      }
    }
  }

  private static void put(byte value, FileChannel channel, int at) throws IOException {
    channel.write(ByteBuffer.wrap(new byte[] {value}), at);
  }

  @Test
  void a_file_with_what_no_archive_has_is_refused_though_its_sum_is_right() throws IOException {
    String first = HexFormat.of().formatHex(FIRST.encode().toArray());
    Bytes base = Bytes.wrap(bytes(first + "208080808010")); // is 2^32
    Bytes none = commit(4, 0).encode();
    Bytes two = commit(4, 0, EVENT, EVENT).encode();
    for (Bytes commit : List.of(base, none, two)) {
      refused(written(file(HEAD, archived(commit))));
    }
  }

  @Test
  void what_whoever_reads_throws_is_no_fault_of_the_file() throws IOException {
    Path file = written(bytes(FILE));
    for (RuntimeException mine :
        List.of(
            new IllegalArgumentException("mine"),
            new ArithmeticException("mine"),
            new MalformedMessage("mine"))) {
      assertThatThrownBy(() ->
              Archive.read(
                  file,
                  event -> {
                    throw mine;
                  }))
          .isSameAs(mine);
    }
  }
}
