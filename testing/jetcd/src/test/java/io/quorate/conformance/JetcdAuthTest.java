package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.etcd.jetcd.Auth;
import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.auth.Permission;
import io.quorate.system.ProcessCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** jetcd's users and roles. */
@AgainstServers
class JetcdAuthTest extends JetcdCase {
  JetcdAuthTest(Subject subject) {
    super(ProcessCluster.start(subject.program(), 1));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void users_may_what_their_roles_permit() throws Exception {
    Auth auth = client.getAuthClient();
    ByteSequence root = bytes("root");
    ByteSequence alice = bytes("alice");
    get(auth.userAdd(root, root));
    get(auth.roleAdd(root));
    get(auth.userGrantRole(root, root));
    get(auth.userAdd(alice, bytes("pw")));
    get(auth.userChangePassword(alice, bytes("secret")));
    get(auth.roleAdd(alice));
    get(auth.roleGrantPermission(alice, bytes("p/"), bytes("p0"), Permission.Type.READWRITE));
    get(auth.userGrantRole(alice, alice));
    assertThat(get(auth.userList()).getUsers()).containsExactly("alice", "root");
    assertThat(get(auth.roleList()).getRoles()).containsExactly("alice", "root");
    assertThat(get(auth.userGet(alice)).getRoles()).containsExactly("alice");
    assertThat(get(auth.roleGet(alice)).getPermissions())
        .hasSize(1)
        .allMatch(permission -> permission.getPermType() == Permission.Type.READWRITE);
    get(auth.authEnable());
    try (Client asAlice = as("alice", "secret");
        Client asRoot = as("root", "root")) {
      get(asAlice.getKVClient().put(bytes("p/a"), bytes("1")));
      assertThatThrownBy(() -> get(asAlice.getKVClient().put(bytes("q"), bytes("1"))))
          .hasMessageContaining("permission denied");
      Auth admin = asRoot.getAuthClient();
      get(admin.roleRevokePermission(alice, bytes("p/"), bytes("p0")));
      assertThatThrownBy(() -> get(asAlice.getKVClient().get(bytes("p/a"))))
          .hasMessageContaining("permission denied");
      get(admin.userRevokeRole(alice, alice));
      get(admin.roleDelete(alice));
      get(admin.userDelete(alice));
      get(admin.authDisable());
    }
    assertThat(get(client.getKVClient().get(bytes("p/a"))).getCount()).isEqualTo(1);
  }

  private Client as(String user, String password) {
    return Client.builder().endpoints(url).user(bytes(user)).password(bytes(password)).build();
  }
}
