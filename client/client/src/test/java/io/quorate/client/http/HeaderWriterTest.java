package io.quorate.client.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.quorate.client.channel.Metadata;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Shows that another implementation's decoder reads our header blocks as they were meant. */
class HeaderWriterTest {
  private static final MethodName PUT = MethodName.of("etcdserverpb.KV/Put");
  private static final MethodName RANGE = MethodName.of("etcdserverpb.KV/Range");

  private final HeaderWriter writer = new HeaderWriter("127.0.0.1:2379", false);
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(true, 1 << 20);

  @Test
  void a_repeated_call_is_a_few_bytes_and_means_the_same() throws Exception {
    ByteBuf first = block(PUT, 5_000_000_000L, Metadata.EMPTY);
    ByteBuf second = block(PUT, 5_000_000_000L, Metadata.EMPTY);
    assertThat(second.readableBytes()).isEqualTo(8);
    Http2Headers one = decoded(first);
    assertThat(decoded(second)).isEqualTo(one);
    assertThat(texts(one))
        .containsExactlyInAnyOrder(
            ":method=POST",
            ":scheme=http",
            ":path=/etcdserverpb.KV/Put",
            ":authority=127.0.0.1:2379",
            "te=trailers",
            "content-type=application/grpc",
            "user-agent=quorate-java",
            "grpc-timeout=5000m");
  }

  @Test
  void methods_time_outs_and_metadata_may_change_from_call_to_call() throws Exception {
    for (int i = 0; i < 500; i++) {
      MethodName method = i % 3 == 0 ? RANGE : i % 3 == 1 ? PUT : MethodName.of("s/m" + i % 90);
      long millis = i % 7 == 0 ? 0 : i % 5 == 0 ? 5_000 : 1 + i * 1_000_003L;
      Metadata metadata =
          i % 4 == 0 ? Metadata.EMPTY.with("token", "t".repeat(i % 200)) : Metadata.EMPTY;
      Http2Headers headers = decoded(block(method, millis * 1_000_000, metadata));
      assertThat(headers.path().toString()).isEqualTo("/" + method);
      String timeout =
          millis == 0 ? null : millis <= 99_999_999 ? millis + "m" : millis / 1_000 + "S";
      CharSequence read = headers.get("grpc-timeout");
      assertThat(read == null ? null : read.toString()).isEqualTo(timeout);
      CharSequence token = headers.get("token");
      assertThat(token == null ? null : token.toString())
          .isEqualTo(i % 4 == 0 ? "t".repeat(i % 200) : null);
    }
  }

  @Test
  void a_peer_that_wants_a_smaller_table_gets_none() throws Exception {
    Http2Headers before = decoded(block(PUT, 0, Metadata.EMPTY));
    decoder.configuration().maxHeaderTableSize(0);
    writer.tableSize(0);
    for (int i = 0; i < 3; i++) {
      assertThat(decoded(block(PUT, 0, Metadata.EMPTY))).isEqualTo(before);
    }
  }

  private ByteBuf block(MethodName method, long timeoutNanos, Metadata metadata) {
    ByteBuf out = Unpooled.buffer();
    writer.write(out, method, timeoutNanos, metadata);
    return out;
  }

  private Http2Headers decoded(ByteBuf block) throws Http2Exception {
    return decoder.decodeHeaders(1, block);
  }

  private static List<String> texts(Http2Headers headers) {
    List<String> texts = new ArrayList<>();
    headers.forEach(entry -> texts.add(entry.getKey() + "=" + entry.getValue()));
    return texts;
  }
}
