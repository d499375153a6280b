package io.quorate.conformance;

import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What holds for calls of every kind. */
@AgainstServers
class TransportTest extends Case {
  TransportTest(Subject subject) {
    super(subject);
  }

  private String refusalOf(String method) {
    return api.refusal(
        MethodDescriptor.<RangeRequest, RangeResponse>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(method)
            .setRequestMarshaller(Rpc.RANGE.getRequestMarshaller())
            .setResponseMarshaller(Rpc.RANGE.getResponseMarshaller())
            .build(),
        RangeRequest.getDefaultInstance());
  }

  @Test
  void what_is_unknown_is_unimplemented_by_its_name() {
    assertThat(refusalOf("etcdserverpb.KV/Nothing"))
        .isEqualTo("UNIMPLEMENTED unknown method Nothing for service etcdserverpb.KV");
    assertThat(refusalOf("no.such.Service/Nothing"))
        .isEqualTo("UNIMPLEMENTED unknown service no.such.Service");
  }

  @Test
  void metadata_of_clients_changes_nothing_while_there_is_a_leader() {
    Api chatty =
        api.with("hasleader", "true")
            .with("client-api-version", "3.99.0-whatever")
            .with("x-else", "y");
    if (server.has(Difference.TOKEN_MEANS_NOTHING_WITHOUT_AUTH)) {
      chatty = chatty.with("token", "of-nobody");
    }
    assertThat(chatty.put(put(key("a"), "1")).hasHeader()).isTrue();
    assertThat(chatty.range(get(key("a"))).getCount()).isEqualTo(1);
  }

  @Test
  void many_calls_share_a_connection() throws Exception {
    var calls =
        IntStream.range(0, 500)
            .mapToObj(i -> api.start(Rpc.PUT, put(key("k" + i), "x").build()))
            .toList();
    for (var call : calls) {
      assertThat(call.get(Api.WAIT_SECONDS_MAX, TimeUnit.SECONDS).hasHeader()).isTrue();
    }
    assertThat(api.range(Requests.range(key(""), end())).getCount()).isEqualTo(500);
  }
}
