package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What is asked of the client port with curl: version, health, metrics. */
@AgainstServers
class PagesTest extends Case {
  private final Http http = Http.of(server);

  PagesTest(Subject subject) {
    super(subject);
  }

  @Test
  void the_version_names_server_and_cluster() {
    JsonNode version = http.get("/version").json();
    assertThat(version.get("etcdserver").asString()).matches("3\\.\\d+\\.\\d+");
    assertThat(version.get("etcdcluster").asString()).matches("3\\.\\d+\\.0");
    assertThat(version.has("storage")).isEqualTo(server.has(Difference.STORAGE_IN_VERSION));
  }

  @Test
  void health_is_true() {
    Http.Answer health = http.get("/health");
    assertThat(health.code()).isEqualTo(200);
    assertThat(health.json().get("health").asString()).isEqualTo("true");
    if (server.has(Difference.LIVEZ)) {
      for (String page : new String[] {"/livez", "/readyz"}) {
        assertThat(http.get(page).code()).isEqualTo(200);
        assertThat(http.get(page + "?verbose").body()).contains("ok");
      }
      assertThat(http.get("/health?serializable=true").code()).isEqualTo(200);
    }
  }
}
