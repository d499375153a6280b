package io.quorate.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.PutResponse;
import org.jspecify.annotations.Nullable;

/** A put and what became of it. */
final class Put implements Reply<KvResult> {
  final String key;
  final String value;
  long revision;
  @Nullable Refusal refusal;

  Put(String key, String value) {
    this.key = key;
    this.value = value;
  }

  /** Puts by way of a member. */
  static Put to(World world, long member, String key, String value) {
    Put put = new Put(key, value);
    world
        .place(member)
        .replica()
        .write(
            new PutRequest(Bytes.utf8(key), Bytes.utf8(value), 0, false, false, false),
            Principal.NOBODY,
            put);
    return put;
  }

  @Override
  public void done(KvResult result) {
    assertThat(revision).as("answered once").isZero();
    assertThat(refusal).as("answered once").isNull();
    revision = ((PutResponse) result).revision();
  }

  @Override
  public void refused(Refusal why) {
    assertThat(revision).as("answered once").isZero();
    assertThat(refusal).as("answered once").isNull();
    refusal = why;
  }

  boolean isAnswered() {
    return revision > 0 || refusal != null;
  }
}
