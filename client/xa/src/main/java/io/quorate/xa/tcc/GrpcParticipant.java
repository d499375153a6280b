package io.quorate.xa.tcc;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.http.ClientTls;
import io.quorate.client.http.HttpChannel;
import io.quorate.client.http.HttpSettings;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A service that is reached over gRPC, by {@code quorate.tcc.v1.Participant}; the definition is in
 * this library's jar, as {@code quorate/tcc/v1/participant.proto}.
 *
 * <p>A status other than {@code OK}, and no answer, says nothing of what was done: it is asked
 * again. Each call is given up after 5 s, unless told otherwise. The service is asked through the
 * same channel as a store is; nothing of grpc-java is needed here.
 *
 * <p>Safe for use by many threads. Its connections end when it is closed, after the transactions
 * that it takes part in.
 */
public final class GrpcParticipant implements TccParticipant, AutoCloseable {
  static final String SERVICE = "quorate.tcc.v1.Participant";

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Channel channel;
  private final String name;
  private final Duration timeout;
  private final Metadata metadata;

  /** Which of several addresses answered last that it can't; empty if none did. */
  private volatile String avoid = "";

  private GrpcParticipant(Channel channel, String name, Duration timeout, Metadata metadata) {
    this.channel = channel;
    this.name = name;
    this.timeout = timeout;
    this.metadata = metadata;
  }

  /**
   * The service at some addresses, any of which may be asked.
   *
   * @param endpoints {@code host:port} or {@code http://host:port} in plaintext, {@code
   *     https://host:port} inside TLS, believing whom the Java platform believes
   */
  public static GrpcParticipant at(String... endpoints) {
    return at(null, endpoints);
  }

  /** The service at some addresses, inside TLS as this says. */
  public static GrpcParticipant at(@Nullable ClientTls tls, String... endpoints) {
    List<String> all = List.of(endpoints);
    return over(HttpChannel.open(all, HttpSettings.DEFAULT, tls), String.join(",", all));
  }

  /**
   * The service at the end of a channel, which is closed with it.
   *
   * @param name what errors call it
   */
  public static GrpcParticipant over(Channel channel, String name) {
    return new GrpcParticipant(channel, name, TIMEOUT, Metadata.EMPTY);
  }

  /** The same, with another bound for each call. */
  public GrpcParticipant timeout(Duration bound) {
    return new GrpcParticipant(channel, name, bound, metadata);
  }

  /** The same, with this beside each call, as for who calls. */
  public GrpcParticipant metadata(String key, String text) {
    return new GrpcParticipant(channel, name, timeout, metadata.with(key, text));
  }

  // ---- calls -----------------------------------------------------------------------------------

  @Override
  public CompletableFuture<String> identity() {
    return unary("Identity", Bytes.EMPTY)
        .thenApply(answer -> {
          String text =
              answer.status() == StatusCode.OK ? message(answer, GrpcParticipant::first) : "";
          boolean never =
              answer.status() == StatusCode.UNIMPLEMENTED
                  || answer.status() == StatusCode.UNAUTHENTICATED
                  || answer.status() == StatusCode.PERMISSION_DENIED;
          boolean strange =
              answer.status() == StatusCode.OK && (text.isEmpty() || text.lines().count() > 1);
          if (never || strange) {
            throw QuorateException.of(
                ErrorCode.INVALID_REQUEST,
                "what answers at "
                    + name
                    + " is no service that can be tried and confirmed: "
                    + SERVICE
                    + "/Identity has to answer a line of text, and "
                    + words(answer));
          }
          return require(answer, "Identity", text);
        });
  }

  @Override
  public CompletableFuture<Attempt> attempt(BranchId id, Bytes payload) {
    Bytes request = new ProtoWriter(128).text(1, id.toHex()).bytes(2, payload).toBytes();
    return call("Try", request, GrpcParticipant::attempt);
  }

  @Override
  public CompletableFuture<Finish> confirm(BranchId id, boolean alone) {
    Bytes request = new ProtoWriter(128).text(1, id.toHex()).flag(2, alone).toBytes();
    return call("Confirm", request, GrpcParticipant::finish);
  }

  @Override
  public CompletableFuture<Finish> cancel(BranchId id) {
    Bytes request = new ProtoWriter(128).text(1, id.toHex()).toBytes();
    return call("Cancel", request, GrpcParticipant::finish);
  }

  @Override
  public CompletableFuture<List<BranchId>> prepared(long domain) {
    Bytes request = new ProtoWriter(16).number(1, domain).toBytes();
    return call("Prepared", request, GrpcParticipant::branches);
  }

  /**
   * Completes off the channel's thread, so that what is chained to it may wait for another call.
   */
  private CompletableFuture<Answer> unary(String method, Bytes request) {
    CallOptions options = new CallOptions(timeout.toNanos(), metadata, avoid);
    return channel
        .unary(SERVICE + "/" + method, request, options)
        .thenApplyAsync(answer -> {
          avoid = answer.status() == StatusCode.OK ? "" : answer.endpoint();
          return answer;
        });
  }

  private <T> CompletableFuture<T> call(
      String method, Bytes request, Function<ProtoReader, T> reader) {
    return unary(method, request)
        .thenApply(answer -> {
          if (answer.status() != StatusCode.OK) {
            throw strange(answer, method);
          }
          return message(answer, reader);
        });
  }

  private String require(Answer answer, String method, String text) {
    if (answer.status() != StatusCode.OK) {
      throw strange(answer, method);
    }
    return text;
  }

  /** An answer that says nothing of what was asked. */
  private QuorateException strange(Answer answer, String method) {
    return QuorateException.of(
        ErrorCode.UNREACHABLE, method + " at " + name + ": the service " + words(answer));
  }

  private static String words(Answer answer) {
    return "answered "
        + answer.status()
        + (answer.detail().isEmpty() ? "" : ": " + answer.detail());
  }

  private <T> T message(Answer answer, Function<ProtoReader, T> reader) {
    try {
      return reader.apply(new ProtoReader(answer.message()));
    } catch (MalformedMessage | IllegalArgumentException e) {
      throw QuorateException.of(
          ErrorCode.UNREACHABLE, "what " + name + " answered can't be read: " + e.getMessage(), e);
    }
  }

  // ---- answers ---------------------------------------------------------------------------------

  private static String first(ProtoReader in) {
    String text = "";
    while (in.next()) {
      if (in.field() == 1) {
        text = in.text();
      }
    }
    return text.strip();
  }

  private static Attempt attempt(ProtoReader in) {
    Bytes answer = Bytes.EMPTY;
    boolean refused = false;
    String reason = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> answer = in.bytes();
        case 2 -> refused = in.flag();
        case 3 -> reason = in.text();
        default -> {}
      }
    }
    return refused ? new Attempt.Refused(reason) : new Attempt.Reserved(answer);
  }

  private static Finish finish(ProtoReader in) {
    boolean contradicted = false;
    while (in.next()) {
      if (in.field() == 1) {
        contradicted = in.flag();
      }
    }
    return contradicted ? Finish.OTHERWISE : Finish.DONE;
  }

  private static List<BranchId> branches(ProtoReader in) {
    List<BranchId> ids = new ArrayList<>();
    while (in.next()) {
      if (in.field() == 1) {
        String branch = in.text();
        ids.add(
            BranchId.ofHex(branch)
                .orElseThrow(() -> new IllegalArgumentException("no branch: " + branch)));
      }
    }
    return ids;
  }

  /** Ends its connections; what is under way fails. */
  @Override
  public void close() {
    channel.close();
  }

  @Override
  public String toString() {
    return name;
  }
}
