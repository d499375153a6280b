package io.quorate.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.codec.Codec;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Values whose history is compacted while they are read; testing/recipes has the rest. */
class ValuesTest {
  private static final Answer COMPACTED =
      Answer.failed(
          StatusCode.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted", "a");

  private final FakeWorld world = new FakeWorld();
  private final Values<String> values =
      QuorateClient.over(world, world, ClientOptions.DEFAULT).values("v/", Codec.utf8());

  @Test
  void what_is_compacted_between_two_pages_is_read_anew() {
    world.then(page("v/a", true)).then(COMPACTED).then(page("v/a", true)).then(page("v/b", false));
    CompletableFuture<List<Value<String>>> all = values.allAsync();
    assertThat(all.join()).extracting(Value::name).containsExactly("a", "b");
    assertThat(world.attempts).hasSize(4);
  }

  @Test
  void what_is_compacted_again_and_again_is_told_when_time_is_up() {
    for (int i = 0; i < 3; i++) {
      world.then(page("v/a", true));
      world.then(attempt -> {
        world.stop(TimeUnit.SECONDS.toNanos(4));
        return COMPACTED;
      });
    }
    CompletableFuture<List<Value<String>>> all = values.allAsync();
    QuorateException why = QuorateException.reason(catchThrowable(all::join));
    assertThat(why.code()).isEqualTo(ErrorCode.REVISION_COMPACTED);
  }

  private static Answer page(String key, boolean more) {
    ProtoWriter kv = new ProtoWriter(32).bytes(1, Bytes.utf8(key)).bytes(5, Bytes.utf8("value"));
    ProtoWriter header = new ProtoWriter(16).number(3, 7);
    ProtoWriter response = new ProtoWriter(64).bytes(1, header.toBytes()).bytes(2, kv.toBytes());
    return Answer.ok(response.flag(3, more).toBytes(), "a");
  }
}
