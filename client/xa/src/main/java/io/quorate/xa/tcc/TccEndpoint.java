package io.quorate.xa.tcc;

import io.quorate.base.Bytes;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The service's side of the protocol of {@link HttpParticipant}, for any web framework: hand it
 * what comes in below the service's address, and send back what it answers.
 *
 * <p>It waits for the database. Who calls, and whether they may, is the framework's to find out.
 * Safe for use by many threads.
 */
public final class TccEndpoint {
  private static final System.Logger LOG = System.getLogger(TccEndpoint.class.getName());
  private static final Pattern ORDER =
      Pattern.compile("/?(try|confirm|cancel)/([0-9a-f-]+)(\\?alone=?)?");
  private static final Pattern PREPARED = Pattern.compile("/?prepared\\?domain=([0-9a-f]{16})");

  private final TccOrders orders;

  /** One whose orders go through a barrier to a service. */
  public TccEndpoint(TccBarrier barrier, TccService service) {
    orders = new TccOrders(barrier, service);
  }

  /**
   * An answer.
   *
   * @param status of HTTP
   * @param contentType of the body
   */
  public record Response(int status, String contentType, Bytes body) {
    private static final String TEXT = "text/plain; charset=utf-8";

    static Response text(int status, String text) {
      return new Response(status, TEXT, Bytes.utf8(text + "\n"));
    }
  }

  /**
   * Does what a request asks for. Never throws but an {@link Error}.
   *
   * @param method {@code GET} or {@code POST}
   * @param path behind the service's address, with the query, such as {@code
   *     /prepared?domain=0123456789abcdef}
   * @param header gives a header of the request by its name, or null
   * @param body of the request; empty if it has none
   */
  public Response handle(
      String method, String path, Function<String, @Nullable String> header, Bytes body) {
    try {
      Matcher order = ORDER.matcher(path);
      if (method.equals("POST") && order.matches()) {
        return ordered(order, header, body);
      }
      Matcher prepared = PREPARED.matcher(path);
      if (method.equals("GET") && prepared.matches()) {
        return listed(orders.prepared(Long.parseUnsignedLong(prepared.group(1), 16)));
      }
      if (method.equals("GET") && path.matches("/?identity")) {
        return Response.text(200, orders.identity());
      }
      return Response.text(404, "nothing is here for " + method + " " + path);
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      LOG.log(System.Logger.Level.WARNING, "not done, and to be asked for again: " + path, e);
      return Response.text(503, "it is not known whether that was done; ask again");
    }
  }

  private Response ordered(Matcher order, Function<String, @Nullable String> header, Bytes body)
      throws Exception {
    Optional<BranchId> id = BranchId.ofHex(order.group(2));
    if (id.isEmpty()) {
      return Response.text(400, "no branch of a transaction is named " + order.group(2));
    }
    String key = header.apply(HttpParticipant.IDEMPOTENCY_KEY);
    if (key != null && !key.equals(order.group(2))) {
      return Response.text(400, "the address and the idempotency key name different branches");
    }
    return switch (order.group(1)) {
      case "try" -> attempted(id.get(), body);
      case "confirm" -> finished(orders.confirm(id.get(), order.group(3) != null));
      default -> finished(orders.cancel(id.get()));
    };
  }

  private Response attempted(BranchId id, Bytes body) throws Exception {
    try {
      return new Response(200, "application/octet-stream", orders.attempt(id, body));
    } catch (TccRefusal e) {
      return Response.text(HttpParticipant.REFUSED, String.valueOf(e.getMessage()));
    }
  }

  private static Response finished(Finish finish) {
    return finish == Finish.DONE
        ? Response.text(200, "done")
        : Response.text(HttpParticipant.CONTRADICTION, "the opposite was done before");
  }

  private static Response listed(List<BranchId> ids) {
    StringBuilder lines = new StringBuilder("prepared " + ids.size());
    ids.forEach(id -> lines.append('\n').append(id.toHex()));
    return Response.text(200, lines.toString());
  }
}
