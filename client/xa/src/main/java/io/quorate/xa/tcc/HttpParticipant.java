package io.quorate.xa.tcc;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A service that is reached over HTTP, by these requests below an address of its own. {@code
 * BRANCH} is the branch's name ({@link BranchId#toHex}), {@code DOMAIN} has sixteen hexadecimal
 * digits.
 *
 * <pre>
 * POST try/BRANCH              tries; the body is the payload, and the answer's is the answer
 * POST confirm/BRANCH          confirms
 * POST confirm/BRANCH?alone    confirms, where nothing else is part of the transaction
 * POST cancel/BRANCH           cancels
 * GET  prepared?domain=DOMAIN  lists what is neither confirmed nor cancelled: a line
 *                              "prepared N", and a line BRANCH for each of them
 * GET  identity                says which service it is, in a line of text
 * </pre>
 *
 * Each POST has the branch's name as its {@code Idempotency-Key}, too. 2xx: it is done, now or
 * before. 409: what was done contradicts it. 422, of a Try: it is refused, for the reason in the
 * body. Everything else, and no answer, says nothing: it is asked again.
 *
 * <p>Redirects aren't followed. Each request is given up after 5 s, unless told otherwise.
 *
 * <p>Safe for use by many threads.
 */
public final class HttpParticipant implements TccParticipant {
  static final String IDEMPOTENCY_KEY = "Idempotency-Key";
  static final int CONTRADICTION = 409;
  static final int REFUSED = 422;

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int WORDS_MAX = 200;

  private final String base;
  private final HttpClient client;
  private final Duration timeout;
  private final Map<String, String> headers;

  private HttpParticipant(
      String base, HttpClient client, Duration timeout, Map<String, String> headers) {
    this.base = base;
    this.client = client;
    this.timeout = timeout;
    this.headers = headers;
  }

  /** The service at an address, such as {@code https://stock.example/tcc}. */
  public static HttpParticipant at(URI base) {
    String scheme = base.getScheme();
    if (base.getHost() == null || !("http".equals(scheme) || "https".equals(scheme))) {
      throw new IllegalArgumentException("not an address of HTTP with a host in it: " + base);
    }
    if (base.getQuery() != null || base.getFragment() != null) {
      throw new IllegalArgumentException("an address without a query or a fragment: " + base);
    }
    String text = base.toString();
    HttpClient client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
    return new HttpParticipant(text.endsWith("/") ? text : text + "/", client, TIMEOUT, Map.of());
  }

  /** The same, through a client that stays the caller's, as for its certificates or its proxy. */
  public HttpParticipant client(HttpClient own) {
    return new HttpParticipant(base, own, timeout, headers);
  }

  /** The same, with another bound for each request. */
  public HttpParticipant timeout(Duration bound) {
    return new HttpParticipant(base, client, bound, headers);
  }

  /** The same, with one more header in each request, as for who calls. */
  public HttpParticipant header(String name, String value) {
    Map<String, String> more = new TreeMap<>(headers);
    more.put(name, value);
    return new HttpParticipant(base, client, timeout, Map.copyOf(more));
  }

  // ---- requests --------------------------------------------------------------------------------

  @Override
  public CompletableFuture<String> identity() {
    return send(request("identity").GET())
        .thenApply(response -> {
          String text = text(response).strip();
          boolean refused = response.statusCode() >= 400 && response.statusCode() < 500;
          boolean strange = isDone(response) && (text.isEmpty() || text.lines().count() > 1);
          if (refused || strange) {
            throw QuorateException.of(
                ErrorCode.INVALID_REQUEST,
                "what answers at "
                    + base
                    + " is no service that can be tried and confirmed: GET "
                    + base
                    + "identity has to answer a line of text, and "
                    + words(response));
          }
          if (!isDone(response)) {
            throw strange(response);
          }
          return text;
        });
  }

  @Override
  public CompletableFuture<Attempt> attempt(BranchId id, Bytes payload) {
    return send(post("try/" + id.toHex(), id, payload))
        .thenApply(response -> {
          if (isDone(response)) {
            return new Attempt.Reserved(Bytes.wrap(response.body()));
          }
          return switch (response.statusCode()) {
            case REFUSED, CONTRADICTION -> new Attempt.Refused(text(response).strip());
            default -> throw strange(response);
          };
        });
  }

  @Override
  public CompletableFuture<Finish> confirm(BranchId id, boolean alone) {
    return send(post("confirm/" + id.toHex() + (alone ? "?alone" : ""), id, Bytes.EMPTY))
        .thenApply(HttpParticipant::finish);
  }

  @Override
  public CompletableFuture<Finish> cancel(BranchId id) {
    return send(post("cancel/" + id.toHex(), id, Bytes.EMPTY)).thenApply(HttpParticipant::finish);
  }

  @Override
  public CompletableFuture<List<BranchId>> prepared(long domain) {
    return send(request("prepared?domain=" + BranchId.hex(domain)).GET())
        .thenApply(response -> {
          if (response.statusCode() != 200) {
            throw strange(response);
          }
          List<String> lines = text(response).lines().toList();
          if (lines.isEmpty() || !lines.get(0).equals("prepared " + (lines.size() - 1))) {
            throw strange(response); // of somebody between, perhaps: that proves nothing
          }
          List<BranchId> ids = new ArrayList<>();
          for (String line : lines.subList(1, lines.size())) {
            ids.add(BranchId.ofHex(line).orElseThrow(() -> strange(response)));
          }
          return ids;
        });
  }

  private HttpRequest.Builder request(String rest) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + rest)).timeout(timeout);
    headers.forEach(request::setHeader);
    return request;
  }

  private HttpRequest.Builder post(String rest, BranchId id, Bytes body) {
    return request(rest)
        .setHeader(IDEMPOTENCY_KEY, id.toHex())
        .POST(
            HttpRequest.BodyPublishers.ofByteArray(
                body.array(), body.arrayOffset(), body.length()));
  }

  /** The request's own time-out ends with the answer's head; this one with all of it. */
  private CompletableFuture<HttpResponse<byte[]>> send(HttpRequest.Builder request) {
    CompletableFuture<HttpResponse<byte[]>> sent =
        client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    CompletableFuture<HttpResponse<byte[]>> bounded =
        sent.copy().orTimeout(timeout.toNanos(), TimeUnit.NANOSECONDS);
    return bounded.whenComplete((response, failure) -> {
      if (failure instanceof TimeoutException) {
        sent.cancel(true);
      }
    });
  }

  // ---- answers ---------------------------------------------------------------------------------

  private static boolean isDone(HttpResponse<byte[]> response) {
    return response.statusCode() / 100 == 2;
  }

  private static Finish finish(HttpResponse<byte[]> response) {
    if (isDone(response)) {
      return Finish.DONE;
    }
    if (response.statusCode() != CONTRADICTION) {
      throw strange(response);
    }
    return Finish.OTHERWISE;
  }

  /** An answer that says nothing of what was asked. */
  private static QuorateException strange(HttpResponse<byte[]> response) {
    return QuorateException.of(
        ErrorCode.UNREACHABLE,
        response.request().method() + " " + response.uri() + ": the service " + words(response),
        new IOException("status " + response.statusCode()));
  }

  private static String words(HttpResponse<byte[]> response) {
    String text = text(response).strip();
    return "answered "
        + response.statusCode()
        + (text.isEmpty() ? "" : ": " + text.substring(0, Math.min(text.length(), WORDS_MAX)));
  }

  private static String text(HttpResponse<byte[]> response) {
    return Bytes.wrap(response.body()).toUtf8();
  }

  @Override
  public String toString() {
    return base;
  }
}
