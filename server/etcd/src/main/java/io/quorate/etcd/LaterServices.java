package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.UnaryHandler;

/** The methods of the API that this version doesn't serve: each says so by its name. */
final class LaterServices {
  private static final String[] UNARY = {
    "etcdserverpb.KV/RangeStream",
  };

  private LaterServices() {}

  static void register(ServiceRegistry registry) {
    UnaryHandler unary = LaterServices::refuse;
    for (String method : UNARY) {
      registry.unary("/" + method, unary);
    }
  }

  private static void refuse(Call call, @SuppressWarnings("unused") Bytes request) {
    throw notServed(call).asException();
  }

  private static Status notServed(Call call) {
    return Status.of(
        StatusCode.UNIMPLEMENTED,
        "quorate: " + call.method().substring(1) + " is not served by this version");
  }
}
