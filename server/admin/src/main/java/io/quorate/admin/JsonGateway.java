package io.quorate.admin;

import com.google.protobuf.Descriptors.MethodDescriptor;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.quorate.admin.json.JsonReader;
import io.quorate.admin.json.JsonWriter;
import io.quorate.base.Limits;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.node.Loop;
import java.net.SocketAddress;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * etcd's JSON gateway: {@code POST /v3/kv/range} and its like, each one call of a gRPC method.
 *
 * <p>A request becomes a {@link GatewayCall} to the very handler that gRPC clients reach, with what
 * their metadata would say: who may do what, and what is done, is decided there and nowhere else.
 * Only the shape is the gateway's, and it is made from the messages' descriptors.
 *
 * <p>Who calls is said by a token in the header {@code Authorization}. A client's certificate is
 * not passed on, as in etcd: a browser would show it for whatever page asks.
 */
public final class JsonGateway {
  /**
   * Base64 makes four bytes of three, and some clients escape characters or write on many lines.
   */
  private static final int JSON_BYTES_PER_BYTE = 2;

  private static final String METADATA_PREFIX = "grpc-metadata-";

  private final ServiceRegistry registry;
  private final Loop clock;
  private final int messageBytesMax;
  private final JsonReader reader;
  private final JsonWriter writer = new JsonWriter();
  private final Executor workers;

  /**
   * The gateway to a registry's methods.
   *
   * @param loop where the methods are answered; the connections live on it
   * @param workers where large messages are made into JSON, and from it; may reject
   * @param messageBytesMax longest request, in bytes as gRPC counts them
   */
  public JsonGateway(ServiceRegistry registry, Loop loop, Executor workers, int messageBytesMax) {
    this.registry = registry;
    this.clock = loop;
    this.workers = workers;
    this.messageBytesMax = messageBytesMax;
    this.reader = new JsonReader(bodyBytesMax());
  }

  /** Whether a path is the gateway's, known or not. */
  boolean owns(String path) {
    return GatewayRoutes.owns(path);
  }

  /** Who answers a request for one of its paths. */
  Exchange open(String path, HttpRequest request, SocketAddress client, HttpAnswer answer) {
    MethodDescriptor method = GatewayRoutes.find(path);
    if (method == null) {
      return failed(answer, Status.of(StatusCode.NOT_FOUND, "Not Found"));
    }
    if (!request.method().equals(HttpMethod.POST)) {
      return failed(answer, Status.of(StatusCode.UNIMPLEMENTED, "Method Not Allowed"));
    }
    String name = "/" + method.getService().getFullName() + "/" + method.getName();
    ServiceRegistry.Method target = registry.find(name);
    if (target == null) {
      return failed(answer, Status.of(StatusCode.UNIMPLEMENTED, "unknown method " + name));
    }
    Metadata metadata;
    try {
      metadata = metadata(request);
    } catch (IllegalArgumentException e) {
      return failed(
          answer, Status.of(StatusCode.INVALID_ARGUMENT, "a header is no metadata of gRPC"));
    }
    String host = request.headers().get(HttpHeaderNames.HOST, "");
    return new GatewayCall(
        this, target, method, new GatewayCall.Caller(metadata, host, client), answer);
  }

  JsonReader reader() {
    return reader;
  }

  JsonWriter writer() {
    return writer;
  }

  Executor workers() {
    return workers;
  }

  int messageBytesMax() {
    return messageBytesMax;
  }

  int bodyBytesMax() {
    return JSON_BYTES_PER_BYTE * messageBytesMax + Limits.REQUEST_OVERHEAD_BYTES;
  }

  boolean measuresTimes() {
    return registry.measuresTimes();
  }

  long now() {
    return clock.now();
  }

  /** Runs a task on the loop after a while. */
  void later(long delayNanos, Runnable task) {
    clock.schedule(delayNanos, task);
  }

  /** How a failure is told in the place of an answer. */
  Page page(Status status) {
    return Page.json(
        httpStatus(status.code()), writer.failure(status.code().number(), status.message()));
  }

  private Exchange failed(HttpAnswer answer, Status status) {
    return new PageExchange(answer, give -> give.accept(page(status)));
  }

  /**
   * The metadata that a request stands for: its token, and what is named Grpc-Metadata-. Nothing
   * else that a client or a proxy says of itself is passed on.
   */
  private static Metadata metadata(HttpRequest request) {
    Metadata.Builder metadata = Metadata.builder();
    for (Map.Entry<String, String> header : request.headers()) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      if (name.equals("authorization")) {
        metadata.add(name, header.getValue());
      } else if (name.startsWith(METADATA_PREFIX)) {
        metadata.add(name.substring(METADATA_PREFIX.length()), header.getValue());
      }
    }
    return metadata.build();
  }

  /** The HTTP status that says what a gRPC status says. */
  static HttpResponseStatus httpStatus(StatusCode code) {
    return switch (code) {
      case OK -> HttpResponseStatus.OK;
      case CANCELLED -> HttpResponseStatus.valueOf(499, "Client Closed Request");
      case UNKNOWN, INTERNAL, DATA_LOSS -> HttpResponseStatus.INTERNAL_SERVER_ERROR;
      case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> HttpResponseStatus.BAD_REQUEST;
      case DEADLINE_EXCEEDED -> HttpResponseStatus.GATEWAY_TIMEOUT;
      case NOT_FOUND -> HttpResponseStatus.NOT_FOUND;
      case ALREADY_EXISTS, ABORTED -> HttpResponseStatus.CONFLICT;
      case PERMISSION_DENIED -> HttpResponseStatus.FORBIDDEN;
      case UNAUTHENTICATED -> HttpResponseStatus.UNAUTHORIZED;
      case RESOURCE_EXHAUSTED -> HttpResponseStatus.TOO_MANY_REQUESTS;
      case UNIMPLEMENTED -> HttpResponseStatus.NOT_IMPLEMENTED;
      case UNAVAILABLE -> HttpResponseStatus.SERVICE_UNAVAILABLE;
    };
  }
}
