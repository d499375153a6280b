package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.etcd.jetcd.Maintenance;
import io.etcd.jetcd.cluster.Member;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

/** jetcd's care of the cluster. */
@AgainstServers
class JetcdMaintenanceTest extends JetcdCase {
  JetcdMaintenanceTest(Subject subject) {
    super(subject);
  }

  @Test
  void the_store_is_hashed_and_saved() throws Exception {
    get(client.getKVClient().put(key("a"), bytes("1")));
    Maintenance maintenance = client.getMaintenanceClient();
    assertThat(get(maintenance.hashKV(url, 0)).getHash())
        .isEqualTo(get(maintenance.hashKV(url, 0)).getHash());
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    long size = get(maintenance.snapshot(saved));
    assertThat(saved.size()).isEqualTo((int) size);
    assertThat(size % 512).isEqualTo(32);
    get(maintenance.moveLeader(get(maintenance.statusMember(url)).getLeader()));
  }

  @Test
  void a_learner_is_added_changed_and_removed() throws Exception {
    var cluster = client.getClusterClient();
    long id =
        get(cluster.addMember(List.of(URI.create("http://127.0.0.1:11994")), true))
            .getMember()
            .getId();
    get(cluster.updateMember(id, List.of(URI.create("http://127.0.0.1:11993"))));
    // Whether it still is a learner isn't asked: changed ones are listed as voters by etcd.
    assertThat(get(cluster.listMember()).getMembers())
        .filteredOn(member -> member.getId() == id)
        .flatExtracting(Member::getPeerURIs)
        .containsExactly(URI.create("http://127.0.0.1:11993"));
    assertThat(get(cluster.removeMember(id)).getMembers()).hasSize(1);
  }
}
