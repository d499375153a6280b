package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.MethodDescriptor;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import org.junit.jupiter.api.Test;

/** gRPC's standard health service, as load balancers ask it. */
@AgainstServers
class HealthTest extends Case {
  HealthTest(Subject subject) {
    super(subject);
  }

  /** SERVING is a 1 in field 1, where a RangeResponse has no number. */
  @Test
  void a_member_that_serves_says_so() {
    RangeResponse health =
        api.call(
            MethodDescriptor.<RangeRequest, RangeResponse>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("grpc.health.v1.Health/Check")
                .setRequestMarshaller(Rpc.RANGE.getRequestMarshaller())
                .setResponseMarshaller(Rpc.RANGE.getResponseMarshaller())
                .build(),
            RangeRequest.getDefaultInstance());
    assertThat(health.getUnknownFields().getField(1).getVarintList()).containsExactly(1L);
  }
}
