package io.quorate.opentelemetry;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.quorate.base.QuorateException;
import io.quorate.client.CallEnd;
import io.quorate.client.CallObserver;
import io.quorate.client.ClientObserver;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A span of kind {@code CLIENT} for each call of a client.
 *
 * <pre>{@code
 * ClientOptions options = ClientOptions.DEFAULT.observer(new QuorateTracing(openTelemetry));
 * QuorateClient client = QuorateClient.connect(options, null, List.of("127.0.0.1:2379"));
 * }</pre>
 *
 * <p>A span's parent is the context of the thread that makes the call; its own context travels with
 * the call as the propagators say, by {@code traceparent} usually, so that a member that traces
 * goes on with it. An attempt that failed is an event. Names and attributes are those of the
 * semantic conventions for gRPC, in version 1.44.
 *
 * <p>One may serve many clients. Safe for use by many threads.
 */
public final class QuorateTracing implements ClientObserver {
  private static final String SCOPE = "io.quorate.client";

  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("rpc.system.name");
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("rpc.method");
  private static final AttributeKey<String> STATUS =
      AttributeKey.stringKey("rpc.response.status_code");
  private static final AttributeKey<String> ADDRESS = AttributeKey.stringKey("server.address");
  private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  // What the conventions have no word for.
  private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("quorate.outcome");
  private static final AttributeKey<Long> NUMBER = AttributeKey.longKey("quorate.attempt.number");
  private static final AttributeKey<String> WORDS = AttributeKey.stringKey("quorate.attempt.words");

  private static final Pattern ENDPOINT =
      Pattern.compile("(?:https?://)?\\[?(?<host>[^/]+?)]?:(?<port>[0-9]{1,5})/?");

  private final Tracer tracer;
  private final TextMapPropagator propagator;

  /** With this tracer provider and these propagators. */
  public QuorateTracing(OpenTelemetry openTelemetry) {
    tracer = openTelemetry.getTracer(SCOPE);
    propagator = openTelemetry.getPropagators().getTextMapPropagator();
  }

  @Override
  public CallObserver call(String method) {
    Context parent = Context.current();
    Span span =
        tracer
            .spanBuilder(method)
            .setParent(parent)
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute(SYSTEM, "grpc")
            .setAttribute(METHOD, method)
            .startSpan();
    return new Call(span, parent.with(span));
  }

  /** A call's span, from its beginning to its end. */
  private final class Call implements CallObserver {
    private final Span span;
    private final Context context;

    /** In gRPC's words, what came of the last attempt; empty if none is over. */
    private volatile String status = "";

    Call(Span span, Context context) {
      this.span = span;
      this.context = context;
    }

    @Override
    public Metadata metadata(Metadata beside) {
      Headers headers = new Headers(beside);
      propagator.inject(context, headers, Headers::set);
      return headers.all;
    }

    @Override
    public void attempted(int number, Answer answer) {
      status = answer.status().name();
      if (answer.status() != StatusCode.OK) {
        AttributesBuilder attributes =
            Attributes.builder()
                .put(NUMBER, (long) number)
                .put(WORDS, answer.detail())
                .put(STATUS, status);
        putServer(answer.endpoint(), attributes);
        span.addEvent("quorate.attempt.failed", attributes.build());
      }
    }

    @Override
    public void ended(CallEnd end) {
      AttributesBuilder attributes = Attributes.builder().put(OUTCOME, end.outcome());
      putServer(end.member(), attributes);
      Throwable failure = end.failure();
      boolean byCaller = failure != null && !(failure instanceof QuorateException);
      String last = byCaller ? StatusCode.CANCELLED.name() : status;
      if (!last.isEmpty()) {
        attributes.put(STATUS, last);
      }
      if (failure != null) {
        boolean toldByStatus = !last.isEmpty() && !last.equals(StatusCode.OK.name());
        attributes.put(ERROR, toldByStatus ? last : end.outcome());
        String words = byCaller ? "the caller gave it up" : String.valueOf(failure.getMessage());
        span.setStatus(io.opentelemetry.api.trace.StatusCode.ERROR, words);
      }
      span.setAllAttributes(attributes.build());
      span.end();
    }
  }

  /** Of {@code host:port}, with or without a scheme; of anything else it is all the address. */
  private static void putServer(String endpoint, AttributesBuilder attributes) {
    Matcher parts = ENDPOINT.matcher(endpoint);
    if (parts.matches()) {
      attributes.put(ADDRESS, parts.group("host")).put(PORT, Long.parseLong(parts.group("port")));
    } else if (!endpoint.isEmpty()) {
      attributes.put(ADDRESS, endpoint);
    }
  }

  /** What travels beside a call, as a propagator sets it. */
  private static final class Headers {
    private Metadata all;

    Headers(Metadata all) {
      this.all = all;
    }

    static void set(@Nullable Headers headers, String name, String value) {
      if (headers != null) { // which the API allows, and this class doesn't do
        headers.all = headers.all.with(name.toLowerCase(Locale.ROOT), value);
      }
    }
  }
}
