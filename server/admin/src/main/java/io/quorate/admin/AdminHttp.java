package io.quorate.admin;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.quorate.node.Replica;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP/1.1 side of a member: the pages {@code /health}, {@code /livez}, {@code /readyz}, {@code
 * /version}, {@code /metrics} and {@code /debug/vars}, and the {@link JsonGateway}.
 *
 * <p>Supplies what takes an HTTP/1.1 connection from its first byte on. Requests of one connection
 * are answered one after the other. Safe from any thread.
 */
public final class AdminHttp implements Supplier<ChannelHandler> {
  private static final int REQUEST_LINE_BYTES_MAX = 4 * 1024;
  private static final int HEADER_BYTES_MAX = 16 * 1024;
  private static final int CHUNK_BYTES_MAX = 8 * 1024;

  private final Replica replica;
  private final AdminSettings settings;
  private final MemberMetrics metrics;
  private final HttpGuard guard;
  private final @Nullable JsonGateway gateway;
  private final Health health;

  /**
   * The pages of one member.
   *
   * @param gateway who answers below {@code /v3}, or null for nobody
   */
  public AdminHttp(
      Replica replica,
      AdminSettings settings,
      MemberMetrics metrics,
      HttpAccess access,
      @Nullable JsonGateway gateway) {
    this.replica = replica;
    this.settings = settings;
    this.metrics = metrics;
    this.guard = new HttpGuard(access);
    this.gateway = gateway;
    this.health = new Health(replica, metrics);
  }

  @Override
  public ChannelHandler get() {
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel channel) {
        RequestDeadline deadline = new RequestDeadline();
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(deadline);
        pipeline.addLast(
            new HttpServerCodec(REQUEST_LINE_BYTES_MAX, HEADER_BYTES_MAX, CHUNK_BYTES_MAX));
        SocketAddress client = channel.remoteAddress();
        pipeline.addLast(
            new HttpConnection(
                deadline,
                guard,
                (request, mayCall, answer) -> open(request, mayCall, client, answer)));
      }
    };
  }

  /** Finds who answers; on the connection's loop. */
  private Exchange open(
      HttpRequest request, boolean mayCall, SocketAddress client, HttpAnswer answer) {
    QueryStringDecoder query = new QueryStringDecoder(request.uri());
    String path = query.path();
    if (gateway != null && gateway.owns(path)) {
      return mayCall
          ? gateway.open(path, request, client, answer)
          : new PageExchange(answer, give -> give.accept(Page.FOREIGN_ORIGIN));
    }
    return new PageExchange(answer, give -> answer(request.method(), path, query, give));
  }

  /** Makes the page of a path; what it asks the replica it asks on its loop. */
  private void answer(
      HttpMethod method, String path, QueryStringDecoder query, Consumer<Page> answer) {
    boolean known =
        switch (path) {
          case "/health", "/version", "/metrics", "/debug/vars" -> true;
          default -> isCheck(path, "/livez") || isCheck(path, "/readyz");
        };
    if (!known) {
      answer.accept(Page.notFound(gateway != null));
    } else if (!method.equals(HttpMethod.GET)) {
      answer.accept(Page.text(HttpResponseStatus.METHOD_NOT_ALLOWED, "Method Not Allowed\n"));
    } else {
      Map<String, List<String>> asked = query.parameters();
      Set<String> excluded = new TreeSet<>(asked.getOrDefault("exclude", List.of()));
      Health.Question question =
          new Health.Question(
              path,
              asked.containsKey("verbose"),
              asked.getOrDefault("serializable", List.of()).contains("true"),
              excluded);
      switch (path) {
        case "/version" -> answer.accept(version());
        case "/health" -> onLoop(() -> health.health(question, answer), answer);
        case "/metrics" -> onLoop(() -> metrics(answer), answer);
        case "/debug/vars" -> onLoop(() -> answer.accept(DebugVars.page(replica.status())), answer);
        default -> {
          if (isCheck(path, "/livez")) {
            onLoop(() -> health.live(question, answer), answer);
          } else {
            onLoop(() -> health.ready(question, answer), answer);
          }
        }
      }
    }
  }

  /** Whether a path is that of a page of checks, or of one of its checks alone. */
  private static boolean isCheck(String path, String page) {
    return path.equals(page) || path.startsWith(page + "/");
  }

  private Page version() {
    return Page.json(
        HttpResponseStatus.OK,
        "{\"etcdserver\":\"%s\",\"etcdcluster\":\"%s\",\"storage\":\"%s\"}"
            .formatted(
                settings.serverVersion(), settings.clusterVersion(), settings.storageVersion()));
  }

  /** Takes the figures on the loop and writes them down elsewhere. */
  private void metrics(Consumer<Page> answer) {
    MetricsPage page = new MetricsPage(replica, settings, metrics);
    try {
      replica.readers().execute(() -> answer.accept(page.write()));
    } catch (RejectedExecutionException e) {
      answer.accept(page.write());
    }
  }

  private void onLoop(Runnable task, Consumer<Page> answer) {
    try {
      replica.loop().execute(task);
    } catch (RejectedExecutionException e) {
      answer.accept(Page.text(HttpResponseStatus.SERVICE_UNAVAILABLE, "server stopped\n"));
    }
  }
}
