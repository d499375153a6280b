package io.quorate.offline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.EmbeddedNode;
import io.quorate.Member;
import io.quorate.MemberConfig;
import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Range;
import io.quorate.kv.Alarm;
import io.quorate.kv.AlarmKind;
import io.quorate.kv.AlarmRaiseRequest;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvResult;
import io.quorate.kv.LeaseGrantRequest;
import io.quorate.kv.LeaseRevokeRequest;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.SortOrder;
import io.quorate.kv.SortTarget;
import io.quorate.node.NodeMetrics;
import io.quorate.node.RestoredMember;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestoreTest {
  @TempDir Path folder;
  private Path backup;
  private List<KeyValue> saved = List.of();
  private long revision;

  /** A store with history, deletions, a compaction, a lease, and an alarm. */
  @BeforeEach
  void save() {
    backup = folder.resolve("backup.db");
    try (EmbeddedNode node = Members.start(MemberConfig.alone(folder.resolve("old")))) {
      Member member = node.member();
      Members.write(member, new LeaseGrantRequest(77, 3_600));
      for (int i = 0; i < 300; i++) {
        node.client().kv().put("key-" + i % 100, "value " + i);
      }
      Members.write(
          member, new PutRequest(Bytes.utf8("leased"), Bytes.utf8("x"), 77, false, false, false));
      Members.write(member, DeleteRangeRequest.one(Bytes.utf8("key-50")));
      Members.write(member, new CompactRequest(150, false));
      Members.write(member, new AlarmRaiseRequest(5, AlarmKind.NO_SPACE, false));
      saved = node.client().kv().range(Range.from(Bytes.utf8("a"))).kvs();
      revision = Members.<Long>ask(member, replica -> replica.latest().revision());
      Members.backup(member, backup);
    }
    assertThat(saved).hasSize(100);
  }

  @Test
  void a_backup_tells_what_it_is() {
    BackupFile.Status status = BackupFile.status(backup);
    assertThat(status.header().revision()).isEqualTo(revision);
    assertThat(status.header().compactedRevision()).isEqualTo(150);
    assertThat(status.keys()).isEqualTo(100);
    assertThat(status.bytes()).isEqualTo(backup.toFile().length());
    assertThat(status.hash()).isBetween(0L, 0xffff_ffffL);
  }

  /** Keys and leases are there; what was seen after the backup is compacted; alarms are gone. */
  @Test
  void a_single_member_begins_with_what_was_saved() throws Exception {
    MemberConfig config = Members.cluster(folder.resolve("new"), 1, "t").getFirst();
    Restore.Report report = restore(config, List.of(config), Restore.REVISIONS_DEFAULT);
    long expected = revision + Restore.REVISIONS_DEFAULT;
    assertThat(report.revision()).isEqualTo(expected);
    assertThat(report.keys()).isEqualTo(100);
    assertThat(report.member()).isEqualTo(config.memberId());
    for (int start = 0; start < 2; start++) {
      try (EmbeddedNode node = Members.start(config)) {
        Member member = node.member();
        assertThat(node.client().kv().range(Range.from(Bytes.utf8("a"))).kvs()).isEqualTo(saved);
        long now = expected + start;
        assertThat(Members.<Long>ask(member, replica -> replica.latest().revision()))
            .isEqualTo(now);
        assertThat(
                Members.<KvResult>ask(
                    member, replica -> replica.latest().range(atRevision(revision + 1))))
            .isEqualTo(new KvFailure(KvError.COMPACTED));
        assertThat(Members.<List<Alarm>>ask(member, replica -> replica.status().alarms()))
            .isEmpty();
        assertThat(node.client().kv().put("Zebra", "new").header().revision()).isEqualTo(now + 1);
      }
    }
    try (EmbeddedNode node = Members.start(config)) {
      Members.write(node.member(), new LeaseRevokeRequest(77));
      assertThat(node.client().kv().get("leased")).isEmpty();
    }
  }

  @Test
  void history_is_kept_if_the_revision_is_not_to_move_on() throws Exception {
    MemberConfig config = Members.cluster(folder.resolve("new"), 1, "t").getFirst();
    restore(config, List.of(config), 0);
    try (EmbeddedNode node = Members.start(config)) {
      assertThat(node.client().kv().range(Range.key("key-7").revision(160)).first())
          .hasValueSatisfying(kv -> assertThat(kv.value().toUtf8()).isEqualTo("value 107"));
      assertThat(Members.<Long>ask(node.member(), replica -> replica.latest().revision()))
          .isEqualTo(revision);
    }
  }

  /**
   * Each member has the same file; they agree at once. One that then loses its directory gets the
   * state from the others, though their log doesn't tell it.
   */
  @Test
  void three_members_begin_with_what_was_saved_and_a_lost_one_gets_it_again() throws Exception {
    List<MemberConfig> configs = Members.cluster(folder.resolve("new"), 3, "t3");
    for (MemberConfig config : configs) {
      restore(config, configs, Restore.REVISIONS_DEFAULT);
    }
    List<Member> members = new ArrayList<>();
    try {
      for (MemberConfig config : configs) {
        members.add(Member.start(config, NodeMetrics.NONE));
      }
      for (Member member : members) {
        member.ready().join();
      }
      Members.write(members.get(1), PutRequest.of(Bytes.utf8("after"), Bytes.utf8("1")));
      assertSame(members);

      members.remove(2).close();
      NewDirectory.remove(configs.get(2).dataDir());
      Members.write(members.get(0), PutRequest.of(Bytes.utf8("after"), Bytes.utf8("2")));
      members.add(Member.start(configs.get(2), NodeMetrics.NONE));
      members.get(2).ready().join();
      assertSame(members);
    } finally {
      members.forEach(Member::close);
    }
  }

  /** All have all keys, and the same hash, once they have applied the same. */
  private void assertSame(List<Member> members) throws InterruptedException {
    long deadline = System.nanoTime() + 60_000_000_000L;
    long index = Members.ask(members.getFirst(), replica -> replica.status().commitIndex());
    for (Member member : members) {
      while (Members.ask(member, replica -> replica.status().appliedIndex()) < index) {
        assertThat(System.nanoTime()).as("waiting for index %d", index).isLessThan(deadline);
        Thread.onSpinWait();
      }
      Optional<Bytes> kept =
          Members.ask(
              member,
              replica ->
                  Optional.ofNullable(replica.latest().get(Bytes.utf8("key-99")))
                      .map(io.quorate.kv.KeyValue::value));
      assertThat(kept).hasValue(Bytes.utf8("value 299"));
    }
    List<Long> hashes = new ArrayList<>();
    for (Member member : members) {
      hashes.add(
          Members.ask(member, replica -> replica.latest().hash(replica.latest().revision())));
    }
    assertThat(hashes).containsOnly(hashes.getFirst());
  }

  @Test
  void nothing_is_left_of_a_backup_that_is_damaged() throws IOException {
    MemberConfig config = Members.cluster(folder.resolve("new"), 1, "t").getFirst();
    Files.createDirectories(folder.resolve("new"));
    byte[] bytes = Files.readAllBytes(backup);
    for (int at : new int[] {9, 200, bytes.length / 2, bytes.length - 1}) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= 1;
      Files.write(backup, damaged);
      assertThatThrownBy(() -> restore(config, List.of(config), 0))
          .as("byte " + at)
          .isInstanceOf(QuorateException.Corrupt.class);
      assertThat(names(folder.resolve("new"))).isEmpty();
      Files.createDirectory(config.dataDir());
      assertThatThrownBy(() -> restore(config, List.of(config), 0))
          .as("byte %d, into a directory that is there", at)
          .isInstanceOf(QuorateException.Corrupt.class);
      assertThat(names(config.dataDir())).isEmpty();
      Files.delete(config.dataDir());
    }
  }

  /** A mount point can't be renamed over, and a link is somebody's wish where data shall lie. */
  @Test
  void an_empty_directory_that_is_there_stays_the_same_one_and_so_does_a_link_to_it()
      throws IOException {
    MemberConfig config = Members.cluster(folder.resolve("new"), 1, "t").getFirst();
    Path volume = Files.createDirectories(folder.resolve("volume"));
    Files.createDirectory(volume.resolve("lost+found"));
    Object before = fileKey(volume);
    Files.createDirectories(folder.resolve("new"));
    Files.createSymbolicLink(config.dataDir(), volume);
    restore(config, List.of(config), 0);
    assertThat(config.dataDir()).isSymbolicLink();
    assertThat(fileKey(volume)).isEqualTo(before);
    assertThat(names(volume)).containsExactly("log", "lost+found", "state");
    assertThat(names(folder.resolve("new"))).containsExactly("m0");
    try (EmbeddedNode node = Members.start(config)) {
      assertThat(node.client().kv().range(Range.from(Bytes.utf8("a"))).kvs()).isEqualTo(saved);
    }
  }

  @Test
  void a_link_to_nothing_is_refused_before_anything_is_written() throws IOException {
    MemberConfig config = Members.cluster(folder.resolve("new"), 1, "t").getFirst();
    Files.createDirectories(folder.resolve("new"));
    Files.createSymbolicLink(config.dataDir(), folder.resolve("nothing"));
    assertThatThrownBy(() -> restore(config, List.of(config), 0))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("is a symbolic link to nothing");
    assertThat(names(folder.resolve("new"))).containsExactly("m0");
    assertThat(folder.resolve("nothing")).doesNotExist();
  }

  /** No member starts beside it, and it isn't in the way of the next restore. */
  @Test
  void what_a_killed_restore_left_keeps_members_away_and_is_removed_by_the_next()
      throws IOException {
    MemberConfig config = Members.cluster(folder.resolve("new"), 1, "t").getFirst();
    Path left = config.dataDir().resolve(RestoredMember.UNFINISHED);
    Files.createDirectories(left.resolve("state"));
    assertThatThrownBy(() -> Members.start(config))
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("did not come to its end");
    restore(config, List.of(config), 0);
    assertThat(left).doesNotExist();
    try (EmbeddedNode node = Members.start(config)) {
      assertThat(node.client().kv().range(Range.from(Bytes.utf8("a"))).kvs()).isEqualTo(saved);
    }
  }

  private static Object fileKey(Path directory) throws IOException {
    return Files.readAttributes(directory, BasicFileAttributes.class).fileKey();
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> inside = Files.list(directory)) {
      return inside.map(each -> each.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void a_directory_that_holds_something_is_left_alone() throws IOException {
    MemberConfig config = Members.cluster(folder.resolve("new"), 1, "t").getFirst();
    Files.createDirectories(config.dataDir());
    Files.writeString(config.dataDir().resolve("precious"), "x");
    assertThatThrownBy(() -> restore(config, List.of(config), 0))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("not empty");
    assertThat(config.dataDir().resolve("precious")).exists();
  }

  @Test
  void flags_that_contradict_each_other_are_refused() {
    assertThatThrownBy(() -> Founders.of("c", "t", "a=http://h:1,b=http://h:2", ""))
        .hasMessageContaining("couldn't find local name");
    assertThatThrownBy(() -> Founders.of("a", "t", "a=http://h:1", "http://h:2"))
        .hasMessageContaining("--initial-advertise-peer-urls");
    assertThatThrownBy(() -> Founders.of("a", "t", "a=h:1", ""))
        .hasMessageContaining("--initial-cluster");
  }

  private static RangeRequest atRevision(long revision) {
    return new RangeRequest(
        Bytes.utf8("a"),
        Bytes.EMPTY,
        0,
        revision,
        SortOrder.NONE,
        SortTarget.KEY,
        false,
        false,
        0,
        0,
        0,
        0);
  }

  private Restore.Report restore(MemberConfig config, List<MemberConfig> all, long revisions) {
    return Restore.run(
        backup,
        config.dataDir(),
        config.name(),
        Members.initialCluster(all),
        all.size() == 1 ? "t" : "t3",
        "",
        revisions);
  }
}
