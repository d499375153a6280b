package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A member that comes back with an empty directory, or an older one, has forgotten what it
 * acknowledged and whom it voted for: its peers notice, say so, and do not count it, so that
 * nothing acknowledged is voted away; and then it comes back by itself.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LostDirectoryTest {
  @Test
  void a_member_that_lost_its_directory_is_not_counted_and_costs_nothing_acknowledged()
      throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 3)) {
      int leader = cluster.leader();
      int emptied = (leader + 1) % 3;
      int other = (leader + 2) % 3;
      cluster.member(other).pause(); // so that it is the emptied one that acknowledges
      long revision;
      try (QuorateClient client = cluster.client(leader)) {
        revision = client.kv().put("kept", "by the leader and the emptied").header().revision();
      }
      ServerProcess.killAll(List.of(cluster.member(leader), cluster.member(emptied)));
      OsFacts.delete(cluster.dataDir(emptied));
      cluster.member(other).resume();
      var _ = cluster.launch(emptied);
      // These two are a majority in number; one of them does not know of the acknowledged write,
      // and the other has forgotten it.
      try (QuorateClient client =
          ProcessCluster.client(List.of(cluster.endpoint(other)), Duration.ofSeconds(8))) {
        assertThatThrownBy(() -> client.kv().put("a", "second history"))
            .isInstanceOf(QuorateException.class);
      }
      cluster.restart(leader);
      try (QuorateClient client = cluster.client(leader)) {
        assertThat(client.kv().get("kept").map(KeyValue::modRevision)).contains(revision);
        var _ = client.kv().put("after", "it");
      }
      assertThat(cluster.member(other).lines())
          .as("it is said, and what to do")
          .anyMatch(line -> line.contains("peer_refused") && line.contains("directory"));
      var _ = cluster.member(emptied).awaitLine("neither votes nor campaigns any more");
      comesBack(cluster, emptied, other);
    }
  }

  @Test
  void a_directory_from_an_older_day_comes_back_without_a_person() throws Exception {
    try (ProcessCluster cluster = ProcessCluster.start(Program.quorate(), 3)) {
      int leader = cluster.leader();
      int old = (leader + 1) % 3;
      cluster.member(old).kill();
      Path copy = cluster.folder().resolve("copy");
      OsFacts.copy(cluster.dataDir(old), copy);
      cluster.restart(old);
      try (QuorateClient client = cluster.client(leader)) {
        var _ = client.kv().put("after", "it");
      }
      cluster.member(old).kill();
      OsFacts.delete(cluster.dataDir(old));
      OsFacts.copy(copy, cluster.dataDir(old));
      var _ = cluster.launch(old);
      comesBack(cluster, old, (leader + 2) % 3);
    }
  }

  /** It has its vote again: without it there is no quorum, when another one is gone. */
  private static void comesBack(ProcessCluster cluster, int member, int gone) throws Exception {
    var _ = cluster.member(member).awaitLine("this member has its place back");
    assertThat(health(cluster, member)).contains("\"health\":\"true\"");
    cluster.member(gone).kill();
    try (QuorateClient client = cluster.client(member)) {
      var _ = client.kv().put("with", "its vote");
      assertThat(client.kv().get("after").map(KeyValue::value)).contains(Bytes.utf8("it"));
    }
  }

  private static String health(ProcessCluster cluster, int member) throws Exception {
    URI page = URI.create("http://127.0.0.1:" + cluster.clientPort(member) + "/health");
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }
}
