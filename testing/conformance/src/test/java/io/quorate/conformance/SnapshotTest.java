package io.quorate.conformance;

import static io.quorate.conformance.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.SnapshotRequest;
import io.quorate.protocol.etcdserverpb.SnapshotResponse;
import java.security.MessageDigest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The stream that {@code etcdctl snapshot save} reads. */
@AgainstServers
class SnapshotTest extends Case {
  private static final int SHA_256_BYTES = 32;

  SnapshotTest(Subject subject) {
    super(subject);
  }

  @Test
  void a_snapshot_counts_down_and_ends_with_its_own_hash() throws Exception {
    for (int i = 0; i < 100; i++) {
      api.put(put(key("k" + i), "x".repeat(1_000)));
    }
    List<SnapshotResponse> parts = api.all(Rpc.SNAPSHOT, SnapshotRequest.getDefaultInstance());
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    long total = 0;
    for (SnapshotResponse part : parts.subList(0, parts.size() - 1)) {
      digest.update(part.getBlob().toByteArray());
      total += part.getBlob().size();
    }
    assertThat(total % 512).isZero();
    long left = total;
    for (SnapshotResponse part : parts.subList(0, parts.size() - 1)) {
      left -= part.getBlob().size();
      assertThat(part.getRemainingBytes()).isEqualTo(left);
      assertThat(part.hasHeader()).isFalse();
    }
    SnapshotResponse last = parts.getLast();
    assertThat(last.getRemainingBytes()).isZero();
    assertThat(last.getBlob().size()).isEqualTo(SHA_256_BYTES);
    assertThat(last.getBlob()).isEqualTo(ByteString.copyFrom(digest.digest()));
  }
}
