package io.quorate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.QuorateException;
import io.quorate.client.CallEnd;
import io.quorate.client.CallObserver;
import io.quorate.client.ClientObserver;
import io.quorate.client.ClientOptions;
import io.quorate.kv.KvResult;
import io.quorate.kv.PutResponse;
import io.quorate.node.NodeMetrics;
import io.quorate.node.RestoredMember;
import io.quorate.raft.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Shows a member inside an application: what it keeps, and that nothing of it is left behind. */
class QuorateTest {
  /** What was written is there after a restart, with its revision. */
  @Test
  void an_embedded_member_keeps_what_it_was_told(@TempDir Path directory) {
    MemberConfig config = MemberConfig.alone(directory.resolve("data"));
    long revision;
    try (EmbeddedNode node = Quorate.node(config).start()) {
      revision = node.client().kv().put("greeting", "hello").header().revision();
    }
    try (EmbeddedNode node = Quorate.node(config).start()) {
      var kept = node.client().kv().get("greeting").orElseThrow();
      assertThat(kept.value().toUtf8()).isEqualTo("hello");
      assertThat(kept.modRevision()).isEqualTo(revision);
    }
  }

  /** Whoever counts what a member does hears of syncs, commits and roles. */
  @Test
  void a_members_counters_are_told_what_it_does(@TempDir Path directory) {
    List<Long> syncs = new CopyOnWriteArrayList<>();
    Set<Long> committed = new ConcurrentSkipListSet<>();
    Set<Role> roles = new ConcurrentSkipListSet<>();
    List<KvResult> results = new CopyOnWriteArrayList<>();
    NodeMetrics metrics =
        new NodeMetrics() {
          @Override
          public void committed(long group, long index) {
            committed.add(index);
          }

          @Override
          public void roleChanged(long group, Role role, long term, long leader) {
            roles.add(role);
          }

          @Override
          public void synced(long nanos, int batches) {
            assertThat(batches).isPositive();
            syncs.add(nanos);
          }

          @Override
          public void written(long nanos) {}

          @Override
          public void applied(long group, KvResult result) {
            results.add(result);
          }

          @Override
          public void refused(long group) {}
        };
    MemberConfig config = MemberConfig.alone(directory.resolve("data"));
    try (EmbeddedNode node = Quorate.node(config).metrics(metrics).start()) {
      int before = syncs.size();
      node.client().kv().put("a", "b");
      assertThat(syncs).hasSizeGreaterThan(before).allMatch(nanos -> nanos > 0);
    }
    assertThat(committed).isNotEmpty();
    assertThat(roles).contains(Role.LEADER);
    assertThat(results).hasOnlyElementsOfType(PutResponse.class).hasSize(1);
  }

  /** Its client behaves as it was told, and whoever observes it hears of its calls. */
  @Test
  void a_members_own_client_is_observed_as_any_other(@TempDir Path directory) {
    List<String> heard = new CopyOnWriteArrayList<>();
    ClientObserver observer =
        new ClientObserver() {
          @Override
          public CallObserver call(String method) {
            return new CallObserver() {
              @Override
              public void ended(CallEnd end) {
                heard.add(method + " " + end.outcome() + " at " + end.member());
              }
            };
          }
        };
    MemberConfig config = MemberConfig.alone(directory.resolve("data"));
    ClientOptions options = ClientOptions.DEFAULT.observer(observer);
    try (EmbeddedNode node = Quorate.node(config).client(options).start()) {
      node.client().namespace("a/").kv().put("b", "c");
      assertThat(heard).containsExactly("etcdserverpb.KV/Put OK at embedded");
    }
  }

  /** Every thread that a member starts ends with it. */
  @Test
  void no_thread_outlives_its_member(@TempDir Path directory) {
    try (EmbeddedNode node = Quorate.node(MemberConfig.alone(directory.resolve("data"))).start()) {
      node.client().kv().put("a", "b");
      assertThat(threads()).isNotEmpty();
    }
    assertThat(threads()).isEmpty();
  }

  /** A directory belongs to one member at a time. */
  @Test
  void a_directory_in_use_is_refused(@TempDir Path directory) {
    MemberConfig config = MemberConfig.alone(directory.resolve("data"));
    try (EmbeddedNode node = Quorate.node(config).start()) {
      node.client().kv().put("a", "b");
      assertThatThrownBy(() -> Quorate.node(config).start()).isInstanceOf(QuorateException.class);
      assertThat(node.client().kv().get("a")).isPresent();
    }
  }

  /** The directory of another cluster's member is refused and left as it is. */
  @Test
  void a_directory_of_another_cluster_is_refused(@TempDir Path directory) {
    MemberConfig own = MemberConfig.alone(directory.resolve("data"));
    try (EmbeddedNode node = Quorate.node(own).start()) {
      node.client().kv().put("a", "b");
    }
    MemberConfig other =
        MemberConfig.of(
            "embedded",
            own.dataDir(),
            own.clusterId() + 1,
            own.memberId(),
            own.members(),
            own.listenPeers());
    assertThatThrownBy(() -> Quorate.node(other).start()).isInstanceOf(QuorateException.class);
    try (EmbeddedNode node = Quorate.node(own).start()) {
      assertThat(node.client().kv().get("a")).isPresent();
    }
  }

  /** What an etcd has written is nobody else's. */
  @Test
  void a_directory_of_an_etcd_is_refused(@TempDir Path directory) throws Exception {
    Files.createDirectories(directory.resolve("member").resolve("wal"));
    assertThatThrownBy(() -> Quorate.node(MemberConfig.alone(directory)).start())
        .isInstanceOf(QuorateException.class)
        .hasMessageContaining("is the data directory of an etcd");
  }

  /** Else what was put back so far would pass for all of it. */
  @Test
  void a_directory_in_which_a_restore_was_killed_is_refused(@TempDir Path directory)
      throws Exception {
    Files.createDirectories(directory.resolve("log"));
    Files.createDirectories(directory.resolve(RestoredMember.UNFINISHED));
    assertThatThrownBy(() -> Quorate.node(MemberConfig.alone(directory)).start())
        .isInstanceOf(QuorateException.Corrupt.class)
        .hasMessageContaining("did not come to its end")
        .hasMessageContaining("empty the directory");
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("quorate-"))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
