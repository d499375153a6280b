package io.quorate.admin;

import io.quorate.grpc.MethodStatistics;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.StatusCode;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * What calls came to, under the names that gRPC's servers in Go use. Methods are named as they are
 * registered: what a client makes up appears nowhere.
 */
public final class CallMetrics implements MetricsSource {
  private final ServiceRegistry registry;

  /** The calls of a registry's methods. */
  public CallMetrics(ServiceRegistry registry) {
    this.registry = registry;
  }

  @Override
  public void tell(Figures figures) {
    long receivedBytes = 0;
    long sentBytes = 0;
    for (ServiceRegistry.Method method : registry.methods()) {
      MethodStatistics of = method.statistics();
      receivedBytes += of.receivedBytes();
      sentBytes += of.sentBytes();
      Map<String, String> labels = labels(method);
      figures.counter(
          "grpc_server_started", "Calls that began on the server.", labels, (double) of.started());
      figures.counter(
          "grpc_server_msg_received",
          "Messages received on the server.",
          labels,
          (double) of.received());
      figures.counter(
          "grpc_server_msg_sent", "Messages sent by the server.", labels, (double) of.sent());
      for (StatusCode code : StatusCode.values()) {
        long ended = of.ended(code);
        if (ended > 0 || code == StatusCode.OK) {
          Map<String, String> withCode = new TreeMap<>(labels);
          withCode.put("grpc_code", name(code));
          figures.counter(
              "grpc_server_handled", "Calls that ended, well or not.", withCode, (double) ended);
        }
      }
      if (registry.measuresTimes()) {
        figures.histogram(
            "grpc_server_handling_seconds",
            "How long calls took.",
            labels,
            Arrays.stream(MethodStatistics.bucketNanos()).mapToDouble(n -> n / 1e9).toArray(),
            of.durations(),
            of.durationNanos() / 1e9);
      }
    }
    figures.counter(
        "etcd_network_client_grpc_received_bytes",
        "The total number of bytes received from grpc clients.",
        Map.of(),
        (double) receivedBytes);
    figures.counter(
        "etcd_network_client_grpc_sent_bytes",
        "The total number of bytes sent to grpc clients.",
        Map.of(),
        (double) sentBytes);
  }

  private static Map<String, String> labels(ServiceRegistry.Method method) {
    int slash = method.path().lastIndexOf('/');
    Map<String, String> labels = new TreeMap<>();
    labels.put("grpc_service", method.path().substring(1, slash));
    labels.put("grpc_method", method.path().substring(slash + 1));
    labels.put(
        "grpc_type",
        switch (method) {
          case ServiceRegistry.Method.Unary unary ->
              unary.manyResponses() ? "server_stream" : "unary";
          case ServiceRegistry.Method.Streaming _ -> "bidi_stream";
        });
    return labels;
  }

  /** The name of a code in Go, as dashboards know it. */
  private static String name(StatusCode code) {
    return switch (code) {
      case OK -> "OK";
      case CANCELLED -> "Canceled";
      case UNKNOWN -> "Unknown";
      case INVALID_ARGUMENT -> "InvalidArgument";
      case DEADLINE_EXCEEDED -> "DeadlineExceeded";
      case NOT_FOUND -> "NotFound";
      case ALREADY_EXISTS -> "AlreadyExists";
      case PERMISSION_DENIED -> "PermissionDenied";
      case RESOURCE_EXHAUSTED -> "ResourceExhausted";
      case FAILED_PRECONDITION -> "FailedPrecondition";
      case ABORTED -> "Aborted";
      case OUT_OF_RANGE -> "OutOfRange";
      case UNIMPLEMENTED -> "Unimplemented";
      case INTERNAL -> "Internal";
      case UNAVAILABLE -> "Unavailable";
      case DATA_LOSS -> "DataLoss";
      case UNAUTHENTICATED -> "Unauthenticated";
    };
  }
}
