package io.quorate.grpc;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Which handler answers which method. Filled before the server starts, and never changed after. */
public final class ServiceRegistry {
  private final SortedMap<String, Method> methods = new TreeMap<>();
  private final SortedSet<String> services = new TreeSet<>();
  private volatile boolean timed;

  /** An empty registry. */
  public ServiceRegistry() {}

  /** A method and who answers it. */
  public sealed interface Method {
    /** The full name with its leading slash. */
    String path();

    /** What its calls come to. */
    MethodStatistics statistics();

    /**
     * The client sends one message.
     *
     * @param path the full name with its leading slash
     * @param manyResponses whether the service sends any number of messages, or exactly one
     * @param handler who answers
     * @param statistics what its calls come to
     */
    record Unary(
        String path, boolean manyResponses, UnaryHandler handler, MethodStatistics statistics)
        implements Method {}

    /**
     * The client sends any number of messages.
     *
     * @param path the full name with its leading slash
     * @param handler who answers
     * @param statistics what its calls come to
     */
    record Streaming(String path, StreamHandler handler, MethodStatistics statistics)
        implements Method {}
  }

  /**
   * Registers a method of one request and one response: {@code unary("/etcdserverpb.KV/Put", ...)}.
   *
   * @throws IllegalArgumentException if the path is taken, or not of the form {@code
   *     /service/method}
   */
  public ServiceRegistry unary(String path, UnaryHandler handler) {
    return add(new Method.Unary(path, false, handler, new MethodStatistics()));
  }

  /**
   * Registers a method of one request and a stream of responses.
   *
   * @throws IllegalArgumentException as for {@link #unary}
   */
  public ServiceRegistry serverStreaming(String path, UnaryHandler handler) {
    return add(new Method.Unary(path, true, handler, new MethodStatistics()));
  }

  /**
   * Registers a method whose client sends a stream, whether it gets one response or many.
   *
   * @throws IllegalArgumentException as for {@link #unary}
   */
  public ServiceRegistry streaming(String path, StreamHandler handler) {
    return add(new Method.Streaming(path, handler, new MethodStatistics()));
  }

  /**
   * Has the time that calls take be counted as well; it costs each of them two looks at a clock.
   */
  public void measureTimes() {
    timed = true;
  }

  /** Whether the time that calls take is counted. */
  public boolean measuresTimes() {
    return timed;
  }

  /** The method of a path, or null. */
  public @Nullable Method find(String path) {
    return methods.get(path);
  }

  /** All methods, by path. */
  public Collection<Method> methods() {
    return Collections.unmodifiableCollection(methods.values());
  }

  /** The names of all services that have a method here. */
  public SortedSet<String> services() {
    return Collections.unmodifiableSortedSet(services);
  }

  private ServiceRegistry add(Method method) {
    String path = method.path();
    int slash = path.lastIndexOf('/');
    if (slash < 2 || path.charAt(0) != '/' || slash == path.length() - 1) {
      throw new IllegalArgumentException("not /service/method: %s".formatted(path));
    }
    if (methods.putIfAbsent(path, method) != null) {
      throw new IllegalArgumentException("registered twice: %s".formatted(path));
    }
    services.add(path.substring(1, slash));
    return this;
  }

  /** How grpc-go words that a path leads nowhere; clients and their tests know these texts. */
  Status unknown(String path) {
    int slash = path.lastIndexOf('/');
    if (slash <= 0 || path.charAt(0) != '/') {
      return Status.of(StatusCode.UNIMPLEMENTED, "malformed method name: \"%s\"".formatted(path));
    }
    String service = path.substring(1, slash);
    String method = path.substring(slash + 1);
    return services.contains(service)
        ? Status.of(
            StatusCode.UNIMPLEMENTED, "unknown method %s for service %s".formatted(method, service))
        : Status.of(StatusCode.UNIMPLEMENTED, "unknown service %s".formatted(service));
  }
}
