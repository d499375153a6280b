package io.quorate.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.EmbeddedNode;
import io.quorate.MemberConfig;
import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import io.quorate.kv.LeaseRevokeRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Against what a real etcd 3.4.23 saved: 385 keys after overwrites, deletions, transactions and a
 * compaction, two leases, a user who is root and one who isn't. Beside it lies what that etcd
 * answered when it was asked for all keys.
 */
class EtcdImportTest {
  private static final Pattern KEY_VALUE = Pattern.compile("\\{\"key\":[^}]*}");
  private static final Pattern FIELD = Pattern.compile("\"(\\w+)\":\"?([^\",}]*)");

  @TempDir Path folder;
  private Path snapshot;
  private Path backup;

  @BeforeEach
  void unpack() throws IOException {
    snapshot = folder.resolve("snap.db");
    backup = folder.resolve("backup.db");
    Files.write(snapshot, resource("etcd-3.4.23.db.gz"));
  }

  @Test
  void every_key_comes_as_etcd_had_it() throws IOException {
    EtcdImport.Report report = EtcdImport.run(snapshot, backup);
    List<String> expected = expected();
    assertThat(report).isEqualTo(new EtcdImport.Report(641, expected.size(), 2, 2, 2, true, true));
    assertThat(BackupFile.status(backup).keys()).isEqualTo(expected.size());

    MemberConfig config = MemberConfig.alone(folder.resolve("data"));
    Restore.run(
        backup, config.dataDir(), "embedded", "embedded=http://localhost:2380", "embedded", "", 0);
    try (EmbeddedNode node = Members.start(config)) {
      assertThat(all(node)).isEqualTo(expected);
      assertThat(Members.<Long>ask(node.member(), replica -> replica.latest().revision()))
          .isEqualTo(641);
      // What comes next continues what was: a version that isn't the first, and a lease's end.
      KeyValue hot = node.client().kv().get("hot").orElseThrow();
      node.client().kv().put("hot", "next");
      KeyValue next = node.client().kv().get("hot").orElseThrow();
      assertThat(next.version()).isEqualTo(hot.version() + 1);
      assertThat(next.createRevision()).isEqualTo(hot.createRevision());
      assertThat(node.client().kv().range(Range.key("hot").revision(641)).first().orElseThrow())
          .isEqualTo(hot);
      Members.write(node.member(), new LeaseRevokeRequest(1234));
      assertThat(node.client().kv().get("leased-1")).isEmpty();
    }
  }

  /** The database alone, as it lies in etcd's directory, has no hash at its end. */
  @Test
  void a_database_without_its_hash_is_taken_too() throws IOException {
    byte[] bytes = Files.readAllBytes(snapshot);
    Files.write(snapshot, Arrays.copyOf(bytes, bytes.length - 32));
    EtcdImport.Report report = EtcdImport.run(snapshot, backup);
    assertThat(report.hashChecked()).isFalse();
    assertThat(report.revision()).isEqualTo(641);
  }

  @Test
  void a_snapshot_that_is_not_what_was_saved_is_refused() throws IOException {
    byte[] bytes = Files.readAllBytes(snapshot);
    bytes[bytes.length / 2] ^= 1;
    Files.write(snapshot, bytes);
    assertThatThrownBy(() -> EtcdImport.run(snapshot, backup))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("SHA-256");
    assertThat(backup).doesNotExist();
  }

  /** With no hash to tell: whatever is read of it ends with an answer or as damaged, soon. */
  @Test
  void random_damage_never_leads_astray() throws IOException {
    long seed = Long.getLong("seed", 5);
    Random random = new Random(seed);
    byte[] whole = Files.readAllBytes(snapshot);
    for (int run = 0; run < 150; run++) {
      byte[] bytes = Arrays.copyOf(whole, whole.length - 32);
      for (int i = 1 + random.nextInt(8); i > 0; i--) {
        // Heads of pages hold what leads on; elsewhere are mostly values.
        int at = random.nextInt(bytes.length / 4096) * 4096 + random.nextInt(200);
        bytes[at] = (byte) random.nextInt();
      }
      Files.write(
          snapshot,
          random.nextInt(5) == 0 ? Arrays.copyOf(bytes, random.nextInt(24) * 4096) : bytes);
      try {
        EtcdImport.run(snapshot, backup);
        Files.delete(backup);
      } catch (QuorateException.Corrupt expected) {
        assertThat(expected).as("-Dseed=" + seed + ", run " + run).hasMessageNotContaining("null");
      }
      assertThat(backup).as("-Dseed=" + seed + ", run " + run).doesNotExist();
    }
  }

  @Test
  void what_is_no_snapshot_is_told_so() throws IOException {
    Files.write(snapshot, new byte[8192]);
    assertThatThrownBy(() -> EtcdImport.run(snapshot, backup))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("no bbolt file");
    assertThatThrownBy(() -> EtcdImport.run(folder.resolve("none"), backup))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("no file");
    Files.write(backup, new byte[1]);
    assertThatThrownBy(() -> EtcdImport.run(snapshot, backup)).hasMessageContaining("exists");
  }

  private static List<String> all(EmbeddedNode node) {
    List<String> all = new ArrayList<>();
    for (KeyValue kv : node.client().kv().range(Range.from(Bytes.wrap(new byte[1]))).kvs()) {
      all.add(
          line(
              kv.key().toArray(),
              kv.createRevision(),
              kv.modRevision(),
              kv.version(),
              kv.lease(),
              kv.value().toArray()));
    }
    return all;
  }

  private static List<String> expected() throws IOException {
    List<String> all = new ArrayList<>();
    Matcher each =
        KEY_VALUE.matcher(new String(resource("etcd-3.4.23.json.gz"), StandardCharsets.UTF_8));
    while (each.find()) {
      byte[] key = {};
      byte[] value = {};
      long create = 0;
      long mod = 0;
      long version = 0;
      long lease = 0;
      Matcher field = FIELD.matcher(each.group());
      while (field.find()) {
        switch (field.group(1)) {
          case "key" -> key = Base64.getDecoder().decode(field.group(2));
          case "value" -> value = Base64.getDecoder().decode(field.group(2));
          case "create_revision" -> create = Long.parseLong(field.group(2));
          case "mod_revision" -> mod = Long.parseLong(field.group(2));
          case "version" -> version = Long.parseLong(field.group(2));
          case "lease" -> lease = Long.parseLong(field.group(2));
          default -> throw new AssertionError(field.group());
        }
      }
      all.add(line(key, create, mod, version, lease, value));
    }
    return all;
  }

  private static String line(
      byte[] key, long create, long mod, long version, long lease, byte[] value) {
    HexFormat hex = HexFormat.of();
    return "%s create=%d mod=%d version=%d lease=%d %s"
        .formatted(hex.formatHex(key), create, mod, version, lease, hex.formatHex(value));
  }

  private static byte[] resource(String name) {
    try (InputStream in =
        new GZIPInputStream(
            Objects.requireNonNull(EtcdImportTest.class.getResourceAsStream(name)))) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
