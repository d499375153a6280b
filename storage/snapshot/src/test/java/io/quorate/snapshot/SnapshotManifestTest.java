package io.quorate.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.Hash64;
import io.quorate.base.InvariantViolation;
import io.quorate.base.QuorateException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The manifest's form: what it is, byte for byte, and that nothing else passes for it. */
class SnapshotManifestTest {
  private static final SnapshotManifest SMALL =
      new SnapshotManifest(
          1,
          0x0102030405060708L,
          9,
          Bytes.utf8("cfg"),
          List.of(
              new SnapshotManifest.File("CURRENT", 0, Bytes.EMPTY),
              new SnapshotManifest.File(
                  "1.sst",
                  SnapshotManifest.CHUNK_BYTES + 1L,
                  Bytes.wrap(HexFormat.of().parseHex("00112233445566778899aabbccddeeff")))));

  @Test
  void the_form_is_these_bytes_for_ever() {
    assertThat(HexFormat.of().formatHex(SMALL.encode().toArray()))
        .isEqualTo(
            "51534e50" // magic
                + "0001" // version
                + "0000"
                + "00040000" // chunk bytes
                + "0000000000000001" // group
                + "0102030405060708" // index
                + "0000000000000009" // term
                + "00000003636667" // configuration
                + "00000002" // files
                + "0743555252454e54" // name
                + "0000000000000000" // bytes
                + "05312e737374"
                + "0000000000040001"
                + "00112233445566778899aabbccddeeff"
                + "cb31e53b4beab282");
  }

  @Test
  void what_was_encoded_is_decoded() {
    assertThat(SnapshotManifest.decode(SMALL.encode())).isEqualTo(SMALL);
    byte[] within = new byte[SMALL.encode().length() + 10];
    SMALL.encode().copyTo(within, 5);
    assertThat(SnapshotManifest.decode(Bytes.wrap(within, 5, within.length - 10))).isEqualTo(SMALL);
  }

  @Test
  void chunks_are_numbered_through_all_files() {
    assertThat(SMALL.chunks()).isEqualTo(2);
    assertThat(SMALL.place(0))
        .isEqualTo(
            new SnapshotManifest.Place(1, 0, SnapshotManifest.CHUNK_BYTES, 0x0011223344556677L));
    assertThat(SMALL.place(1))
        .isEqualTo(
            new SnapshotManifest.Place(1, SnapshotManifest.CHUNK_BYTES, 1, 0x8899aabbccddeeffL));
    assertThatThrownBy(() -> SMALL.place(2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        ".hidden",
        "a/b",
        "../a",
        "/a",
        "a\\b",
        "a\0",
        "a b",
        "ä",
        "SNAPSHOT",
        "SNAPSHOT.part",
        "snapshot",
        "C:"
      })
  void a_name_that_could_be_a_path_or_ours_is_refused(String name) {
    assertThatThrownBy(() -> new SnapshotManifest.File(name, 0, Bytes.EMPTY))
        .isInstanceOf(InvariantViolation.class);
    // The same from the network: a form that is right in everything else.
    byte[] raw = name.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    ByteBuffer out = ByteBuffer.allocate(44 + 4 + 1 + raw.length + 8 + 8);
    out.putInt(0x51534E50).putInt(0x00010000).putInt(SnapshotManifest.CHUNK_BYTES);
    out.putLong(1).putLong(1).putLong(1).putInt(0);
    out.putInt(1).put((byte) raw.length).put(raw).putLong(0);
    byte[] form = java.util.Arrays.copyOf(out.array(), out.position() + 8);
    ByteBuffer.wrap(form).putLong(form.length - 8, Hash64.of(form, 0, form.length - 8, 0));
    assertThatThrownBy(() -> SnapshotManifest.decode(Bytes.wrap(form)))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("manifest");
  }

  @Test
  void a_newer_format_is_named() {
    byte[] form = SMALL.encode().toArray();
    form[5] = 2;
    assertThatThrownBy(() -> SnapshotManifest.decode(Bytes.wrap(form)))
        .isInstanceOfSatisfying(
            QuorateException.Corrupt.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.WRONG_IDENTITY));
  }

  @Test
  void every_single_bit_counts() {
    byte[] form = SMALL.encode().toArray();
    for (int bit = 0; bit < form.length * 8; bit++) {
      byte[] bent = form.clone();
      bent[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThatThrownBy(() -> SnapshotManifest.decode(Bytes.wrap(bent)))
          .isInstanceOf(QuorateException.Corrupt.class);
    }
    for (int length = 0; length < form.length; length++) {
      Bytes cut = Bytes.wrap(form, 0, length);
      assertThatThrownBy(() -> SnapshotManifest.decode(cut))
          .isInstanceOf(QuorateException.Corrupt.class);
    }
  }

  @Test
  void whatever_comes_with_a_right_hash_is_a_manifest_or_corrupt() {
    long first = Long.getLong("seed", 1);
    byte[] form = SMALL.encode().toArray();
    for (long seed = first; seed < first + 20_000; seed++) {
      Random random = new Random(seed);
      byte[] bent = form.clone();
      int changes = 1 + random.nextInt(4);
      for (int i = 0; i < changes; i++) {
        int at = random.nextInt(bent.length - 8);
        bent[at] =
            (byte)
                switch (random.nextInt(4)) {
                  case 0 -> 0;
                  case 1 -> 0xff;
                  case 2 -> 0x7f;
                  default -> random.nextInt();
                };
      }
      int length = random.nextInt(4) == 0 ? 8 + random.nextInt(bent.length - 8) : bent.length;
      ByteBuffer.wrap(bent).putLong(length - 8, Hash64.of(bent, 0, length - 8, 0));
      try {
        Bytes decoded = SnapshotManifest.decode(Bytes.wrap(bent, 0, length)).encode();
        assertThat(decoded).isEqualTo(Bytes.wrap(bent, 0, length));
      } catch (QuorateException.Corrupt expected) {
        assertThat(expected).hasMessageContaining("snapshot");
      } catch (RuntimeException | Error e) {
        throw new AssertionError(
            "repeat with: mvn -o -pl storage/snapshot -am test -Dtest=SnapshotManifestTest"
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dseed="
                + seed,
            e);
      }
    }
  }
}
