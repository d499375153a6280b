package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.quorate.protocol.etcdserverpb.AlarmRequest;
import io.quorate.protocol.etcdserverpb.AlarmRequest.AlarmAction;
import io.quorate.protocol.etcdserverpb.AlarmType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The list of what Quorate doesn't serve yet tells the truth, so that no case stays asleep. */
class NotServedYetTest {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] message) {
          return new ByteArrayInputStream(message);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  /** Shows that features on the list answer Unimplemented, and others anything else. */
  @ParameterizedTest
  @EnumSource(Feature.class)
  void a_feature_is_on_the_list_as_long_as_it_is_not_served(Feature feature) {
    Server server = Subject.QUORATE.shared();
    boolean listed = Feature.NOT_SERVED_BY_QUORATE.contains(feature);
    for (String method : feature.methods()) {
      // A message that is none at all: who serves the method finds fault with that.
      assertThat(unimplemented(server.api(), method, new byte[] {-1}))
          .as("%s (see Feature.NOT_SERVED_BY_QUORATE)", method)
          .isEqualTo(listed);
    }
    if (feature == Feature.ALARM) {
      AlarmRequest.Builder alarm = AlarmRequest.newBuilder().setAlarm(AlarmType.NOSPACE);
      String answer =
          server.api().refusal(Rpc.ALARM, alarm.setAction(AlarmAction.ACTIVATE).build());
      server.api().refusal(Rpc.ALARM, alarm.setAction(AlarmAction.DEACTIVATE).build());
      assertThat(answer.startsWith("UNIMPLEMENTED")).as(answer).isEqualTo(listed);
    }
    if (feature == Feature.METRICS) {
      assertThat(Http.of(server).get("/metrics").body().contains("grpc_server_handled_total"))
          .isNotEqualTo(listed);
    }
    if (feature == Feature.GATEWAY) {
      assertThat(gatewayServed(server)).isNotEqualTo(listed);
    }
  }

  private static boolean gatewayServed(Server server) {
    try {
      return Http.of(server).post("/v3/kv/range", "{\"key\":\"YQ==\"}").code() == 200;
    } catch (UncheckedIOException e) {
      return false; // shown the door
    }
  }

  private static boolean unimplemented(Api api, String method, byte[] request) {
    return api.refusal(
            MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(method)
                .build(),
            request)
        .startsWith("UNIMPLEMENTED");
  }
}
