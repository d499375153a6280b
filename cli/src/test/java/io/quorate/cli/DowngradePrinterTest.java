package io.quorate.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.client.DowngradeResponse;
import io.quorate.client.Header;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Debian's etcdctl has no downgrades to compare with. */
class DowngradePrinterTest {
  @Test
  void a_downgrade_in_json_has_the_clusters_version() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new JsonPrinter(new PrintStream(out, true, StandardCharsets.UTF_8))
        .downgrade(new DowngradeResponse(new Header(1, 2, 3, 4), "3.6.0"), "in words");
    assertThat(out.toString(StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"header\":{\"cluster_id\":1,\"member_id\":2,\"revision\":3,\"raft_term\":4},"
                + "\"version\":\"3.6.0\"}\n");
  }
}
