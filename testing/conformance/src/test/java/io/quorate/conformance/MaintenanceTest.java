package io.quorate.conformance;

import static io.quorate.conformance.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.protocol.etcdserverpb.HashKVRequest;
import io.quorate.protocol.etcdserverpb.HashKVResponse;
import io.quorate.protocol.etcdserverpb.HashRequest;
import org.junit.jupiter.api.Test;

/** Hashes of what is stored. */
@AgainstServers
class MaintenanceTest extends Case {
  MaintenanceTest(Subject subject) {
    super(subject);
  }

  private HashKVResponse hash(Api of, long revision) {
    return of.call(Rpc.HASH_KV, HashKVRequest.newBuilder().setRevision(revision).build());
  }

  @Test
  void the_hash_of_a_revision_stays() {
    long first = api.put(put(key("a"), "1")).getHeader().getRevision();
    HashKVResponse before = hash(api, first);
    assertThat(before.getHeader().getRevision()).isEqualTo(first);
    api.put(put(key("a"), "2"));
    assertThat(hash(api, first).getHash()).isEqualTo(before.getHash());
    HashKVResponse latest = hash(api, 0);
    assertThat(latest.getHash()).isNotEqualTo(before.getHash());
    assertThat(latest.getHash()).isEqualTo(hash(api, first + 1).getHash());
    if (server.has(Difference.HASH_REVISION)) {
      assertThat(latest.getHashRevision()).isEqualTo(first + 1);
    }
    assertThat(api.refusal(Rpc.HASH_KV, HashKVRequest.newBuilder().setRevision(first + 9).build()))
        .isEqualTo(Refusals.FUTURE);
    api.compactPhysically(first + 1);
    assertThat(hash(api, 0).getCompactRevision()).isEqualTo(first + 1);
    assertThat(api.refusal(Rpc.HASH_KV, HashKVRequest.newBuilder().setRevision(first).build()))
        .isEqualTo(Refusals.COMPACTED);
  }

  @Test
  void the_whole_store_has_a_hash_too() {
    api.put(put(key("a"), "1"));
    assertThat(api.call(Rpc.HASH, HashRequest.getDefaultInstance()).getHash()).isNotZero();
  }

  @Test
  void members_that_agree_have_one_hash() {
    try (Server three = server.subject().start(3)) {
      long revision = 0;
      for (int i = 0; i < 30; i++) {
        revision = three.api(i % 3).put(put(key("k" + i % 7), "" + i)).getHeader().getRevision();
      }
      for (int i = 0; i < 3; i++) {
        three.api(i).range(Requests.get(key("k0"))); // has all of it by then
      }
      int hash = hash(three.api(0), revision).getHash();
      for (int i = 1; i < 3; i++) {
        assertThat(hash(three.api(i), revision).getHash()).isEqualTo(hash);
      }
    }
  }
}
