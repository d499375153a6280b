package io.quorate.client.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.client.ClientOptions;
import io.quorate.client.Put;
import io.quorate.client.PutResponse;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Answer.Fate;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.http.ScriptedServer.Stream;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shows what a call becomes when the peer answers, refuses, resets, goes away or falls silent. */
@Timeout(60)
class HttpChannelTest {
  private static final String METHOD = "s.S/M";

  private final List<HttpChannel> channels = new ArrayList<>();
  private ScriptedServer server = new ScriptedServer();

  @BeforeEach
  void start() throws IOException {
    server.start();
  }

  @AfterEach
  void stop() {
    channels.forEach(HttpChannel::close);
    server.close();
  }

  @Test
  void a_request_arrives_whole_and_its_answer_comes_back_whole() throws Exception {
    server.answer = stream -> stream.reply(stream.request());
    for (int size : new int[] {0, 1, 100, 16_384, 70_000, 3_000_000}) {
      Bytes request = noise(size);
      Answer answer = call(channel(), request).get();
      assertThat(answer).isEqualTo(Answer.ok(request, server.endpoint()));
    }
  }

  @Test
  void windows_of_one_byte_only_make_it_slow() throws Exception {
    server.initialWindow = 1;
    server.answer = stream -> stream.reply(Bytes.utf8("done " + stream.request().length()));
    assertThat(call(channel(), noise(300)).get())
        .isEqualTo(Answer.ok(Bytes.utf8("done 300"), server.endpoint()));
  }

  @Test
  void a_response_in_single_bytes_is_put_together() throws Exception {
    Bytes response = noise(300);
    server.answer = stream -> stream.replyInPieces(response, 1);
    assertThat(call(channel(), Bytes.EMPTY).get().message()).isEqualTo(response);
  }

  @Test
  void a_refusal_comes_with_its_code_and_words() throws Exception {
    server.answer = stream -> stream.fail(5, "etcdserver: 100%25 gone %C3%BC");
    assertThat(call(channel(), Bytes.EMPTY).get())
        .isEqualTo(
            Answer.failed(StatusCode.NOT_FOUND, "etcdserver: 100% gone ü", server.endpoint()));
  }

  @Test
  void time_out_and_metadata_travel_as_headers() throws Exception {
    server.answer = stream -> stream.reply(Bytes.utf8(stream.headers()));
    CallOptions options =
        new CallOptions(TimeUnit.SECONDS.toNanos(7), Metadata.EMPTY.with("hasleader", "true"), "");
    Answer answer = channel().unary(METHOD, Bytes.EMPTY, options).get();
    assertThat(answer.message().toUtf8())
        .contains(":path=/s.S/M", ":method=POST", "te=trailers", "hasleader=true")
        .containsPattern("grpc-timeout=(7000|69\\d\\d)m");
  }

  @Test
  void a_refused_stream_was_surely_not_processed_and_any_other_reset_may_have_been()
      throws Exception {
    server.answer = stream -> stream.reset(7);
    assertThat(call(channel(), Bytes.EMPTY).get().fate()).isEqualTo(Fate.NOT_PROCESSED);
    server.answer = stream -> stream.reset(2);
    Answer internal = call(channel(), Bytes.EMPTY).get();
    assertThat(internal.fate()).isEqualTo(Fate.UNKNOWN);
    assertThat(internal.status()).isEqualTo(StatusCode.INTERNAL);
  }

  @Test
  void a_goaway_parts_what_was_processed_from_what_was_not() throws Exception {
    List<Stream> held = new ArrayList<>();
    server.answer =
        stream -> {
          held.add(stream);
          if (held.size() == 3) {
            stream.goAway(held.get(1).id());
            held.get(0).reply(Bytes.utf8("0"));
            held.get(1).reply(Bytes.utf8("1"));
          }
        };
    HttpChannel channel = channel();
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      calls.add(call(channel, Bytes.EMPTY));
    }
    assertThat(calls.get(0).get().status()).isEqualTo(StatusCode.OK);
    assertThat(calls.get(1).get().status()).isEqualTo(StatusCode.OK);
    assertThat(calls.get(2).get().fate()).isEqualTo(Fate.NOT_PROCESSED);
    server.answer = stream -> stream.reply(Bytes.utf8("again"));
    assertThat(call(channel, Bytes.EMPTY).get().message().toUtf8()).isEqualTo("again");
  }

  @Test
  void a_cut_connection_leaves_the_fate_of_what_was_sent_open() throws Exception {
    server.answer = Stream::cut;
    Answer answer = call(channel(), Bytes.EMPTY).get();
    assertThat(answer.fate()).isEqualTo(Fate.UNKNOWN);
    assertThat(answer.status()).isEqualTo(StatusCode.UNAVAILABLE);
  }

  @Test
  void a_request_that_never_left_whole_was_surely_not_processed() throws Exception {
    server.windowUpdates = false;
    server.halfWay = Stream::cut;
    Answer answer = call(channel(), noise(200_000)).get();
    assertThat(answer.fate()).isEqualTo(Fate.NOT_PROCESSED);
  }

  @Test
  void a_silent_member_costs_a_call_its_time_and_no_more() throws Exception {
    server.answer = stream -> {};
    long start = System.nanoTime();
    Answer answer =
        channel()
            .unary(METHOD, Bytes.EMPTY, CallOptions.timeout(TimeUnit.MILLISECONDS.toNanos(200)))
            .get();
    assertThat(answer.status()).isEqualTo(StatusCode.DEADLINE_EXCEEDED);
    assertThat(answer.fate()).isEqualTo(Fate.UNKNOWN);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(199));
    assertThat(server.resets.take()).isEqualTo(8); // CANCEL
  }

  /** It accepts connections and takes requests, as a stopped process does, and says nothing. */
  @Test
  void a_member_that_hangs_is_found_out_and_another_does_what_is_safe() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    server.answer =
        stream -> {
          if (asked.getAndIncrement() == 0) {
            stream.reply(Bytes.EMPTY);
          } else {
            awaitQuietly(hangs); // the whole server does, since it has one thread
          }
        };
    ScriptedServer second = new ScriptedServer();
    second.start();
    AtomicInteger askedOfSecond = new AtomicInteger();
    second.answer =
        stream -> {
          askedOfSecond.incrementAndGet();
          stream.reply(Bytes.EMPTY);
        };
    try (QuorateClient client = quickly(server.endpoint(), second.endpoint())) {
      client.kv().get("k");
      CompletableFuture<PutResponse> put = client.kv().putAsync(Put.of("k", "v"));
      CompletableFuture<RangeResponse> read = client.kv().rangeAsync(Range.key("k"));
      read.get(); // in the time of one call
      assertThatThrownBy(put::get).cause().matches(ErrorCode.OUTCOME_UNKNOWN::isOf);
      assertThat(askedOfSecond).hasValue(1); // the read alone
      client.kv().put("k", "v"); // it stays with the second
    }
    try (QuorateClient client = quickly(server.endpoint(), second.endpoint())) {
      client.kv().put("k", "v"); // a connection on which nobody speaks is none
      assertThat(askedOfSecond).hasValue(3);
    } finally {
      hangs.countDown();
      second.close();
    }
  }

  @Test
  void a_member_that_hangs_is_found_out_though_no_call_lasts_that_long() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    server.answer = stream -> awaitQuietly(hangs);
    ScriptedServer second = new ScriptedServer();
    second.start();
    HttpSettings settings =
        HttpSettings.DEFAULT
            .connectTimeout(Duration.ofMillis(500))
            .keepAlive(Duration.ofMillis(100), Duration.ofMillis(300));
    HttpChannel channel = HttpChannel.open(List.of(server.endpoint(), second.endpoint()), settings);
    channels.add(channel);
    try {
      StatusCode status = StatusCode.UNKNOWN;
      while (status != StatusCode.OK) {
        CompletableFuture<Boolean> idle = new CompletableFuture<>();
        channel.timer().after(TimeUnit.MILLISECONDS.toNanos(60), () -> idle.complete(true));
        idle.get(); // the connection sees that it has no calls
        status =
            channel
                .unary(METHOD, Bytes.EMPTY, CallOptions.timeout(TimeUnit.MILLISECONDS.toNanos(60)))
                .get()
                .status();
      }
    } finally {
      hangs.countDown();
      second.close();
    }
  }

  @Test
  void a_call_behind_a_stream_that_waits_for_ever_waits_no_longer_than_it_may() throws Exception {
    server.streamsMax = 1;
    HttpChannel channel = channel();
    StreamListener nobody =
        new StreamListener() {
          @Override
          public void message(Bytes message) {}

          @Override
          public void ended(Answer end) {}
        };
    channel.stream(METHOD, Metadata.EMPTY, "", nobody).send(Bytes.EMPTY);
    channel.stream(METHOD, Metadata.EMPTY, "", nobody).send(Bytes.EMPTY);
    Answer answer =
        channel
            .unary(METHOD, Bytes.EMPTY, CallOptions.timeout(TimeUnit.MILLISECONDS.toNanos(200)))
            .get();
    assertThat(answer.status()).isEqualTo(StatusCode.DEADLINE_EXCEEDED);
    assertThat(answer.fate()).isEqualTo(Fate.NOT_PROCESSED);
  }

  @Test
  void a_name_that_nobody_resolves_costs_the_time_for_connecting_and_one_thread() throws Exception {
    CountDownLatch resolves = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    Endpoint.Resolver hanging =
        host -> {
          asked.incrementAndGet();
          awaitQuietly(resolves);
          return new InetAddress[] {InetAddress.getLoopbackAddress()};
        };
    String port = server.endpoint().substring(server.endpoint().indexOf(':'));
    HttpSettings settings = HttpSettings.DEFAULT.connectTimeout(Duration.ofMillis(200));
    HttpChannel other =
        HttpChannel.open(List.of("a.invalid" + port, server.endpoint()), settings, null, hanging);
    channels.add(other);
    assertThat(call(other, Bytes.EMPTY).get().endpoint()).isEqualTo(server.endpoint());
    HttpChannel alone = HttpChannel.open(List.of("b.invalid" + port), settings, null, hanging);
    channels.add(alone);
    for (int i = 0; i < 3; i++) {
      Answer answer = call(alone, Bytes.EMPTY).get();
      assertThat(answer.fate()).isEqualTo(Fate.NOT_PROCESSED);
      assertThat(answer.detail()).contains("no address of b.invalid was found in time");
    }
    assertThat(asked).hasValue(2);
    resolves.countDown();
    while (call(alone, Bytes.EMPTY).get().status() != StatusCode.OK) {
      Thread.onSpinWait(); // until the pause after the last failure is over
    }
  }

  @Test
  void a_call_that_runs_out_of_time_while_connecting_tells_what_the_last_attempt_met()
      throws Exception {
    CountDownLatch resolves = new CountDownLatch(1);
    Endpoint.Resolver hanging =
        host -> {
          awaitQuietly(resolves);
          return new InetAddress[] {InetAddress.getLoopbackAddress()};
        };
    HttpSettings settings = HttpSettings.DEFAULT.connectTimeout(Duration.ofMillis(200));
    HttpChannel channel = HttpChannel.open(List.of("a.invalid:1"), settings, null, hanging);
    channels.add(channel);
    assertThat(call(channel, Bytes.EMPTY).get().status()).isEqualTo(StatusCode.UNAVAILABLE);
    CallOptions brief = CallOptions.timeout(TimeUnit.MILLISECONDS.toNanos(20));
    Answer answer = channel.unary(METHOD, Bytes.EMPTY, brief).get();
    while (answer.status() != StatusCode.DEADLINE_EXCEEDED) { // the pause is not over
      answer = channel.unary(METHOD, Bytes.EMPTY, brief).get();
    }
    resolves.countDown();
    assertThat(answer.detail())
        .isEqualTo(
            "no connection to a.invalid:1 in time; before that: "
                + "no address of a.invalid was found in time");
  }

  @Test
  void a_resolver_that_fails_in_its_own_way_fails_the_call() throws Exception {
    Endpoint.Resolver broken =
        host -> {
          throw new LinkageError("no resolver");
        };
    HttpChannel channel =
        HttpChannel.open(List.of("a.invalid:1"), HttpSettings.DEFAULT, null, broken);
    channels.add(channel);
    assertThat(call(channel, Bytes.EMPTY).get().detail()).contains("no resolver");
  }

  @Test
  void a_name_without_an_address_fails_the_call_instead_of_keeping_it() throws Exception {
    HttpChannel channel =
        HttpChannel.open(
            List.of("a.invalid:1"), HttpSettings.DEFAULT, null, host -> new InetAddress[0]);
    channels.add(channel);
    Answer answer = call(channel, Bytes.EMPTY).get();
    assertThat(answer.status()).isEqualTo(StatusCode.UNAVAILABLE);
    assertThat(answer.detail()).contains("no connection can be made");
  }

  @Test
  void a_cancelled_call_is_reset_at_the_member() throws Exception {
    CompletableFuture<Stream> arrived = new CompletableFuture<>();
    server.answer = arrived::complete;
    CompletableFuture<Answer> call = call(channel(), Bytes.EMPTY);
    arrived.get();
    assertThat(call.cancel(false)).isTrue();
    assertThat(server.resets.take()).isEqualTo(8);
  }

  /** The server's codec resets whatever stream is one too many. */
  @Test
  void no_more_streams_are_opened_than_the_member_allows() throws Exception {
    server.streamsMax = 2;
    List<Stream> held = new ArrayList<>();
    server.answer =
        stream -> {
          held.add(stream);
          if (held.size() == 2) {
            held.forEach(one -> one.reply(Bytes.EMPTY));
            held.clear();
          }
        };
    HttpChannel channel = channel();
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      calls.add(call(channel, Bytes.EMPTY));
    }
    for (CompletableFuture<Answer> call : calls) {
      assertThat(call.get().status()).isEqualTo(StatusCode.OK);
    }
  }

  @Test
  void another_member_takes_over_where_one_is_down_and_where_one_is_to_be_avoided()
      throws Exception {
    server.answer = stream -> stream.reply(Bytes.utf8("first"));
    ScriptedServer second = new ScriptedServer();
    second.start();
    try {
      second.answer = stream -> stream.reply(Bytes.utf8("second"));
      HttpChannel channel = channel(server.endpoint(), second.endpoint());
      Answer answer = call(channel, Bytes.EMPTY).get();
      assertThat(answer.message().toUtf8()).isEqualTo("first");
      CallOptions elsewhere =
          new CallOptions(TimeUnit.SECONDS.toNanos(5), Metadata.EMPTY, answer.endpoint());
      assertThat(channel.unary(METHOD, Bytes.EMPTY, elsewhere).get().endpoint())
          .isEqualTo(second.endpoint());
      second.close();
      Answer back = call(channel, Bytes.EMPTY).get();
      while (back.status() != StatusCode.OK) { // the cut may have met the call under way
        back = call(channel, Bytes.EMPTY).get();
      }
      assertThat(back.message().toUtf8()).isEqualTo("first");
    } finally {
      second.close();
    }
  }

  @Test
  void a_call_that_prefers_a_member_goes_there_if_it_can_be_reached_and_others_stay()
      throws Exception {
    server.answer = stream -> stream.reply(Bytes.EMPTY);
    ScriptedServer second = new ScriptedServer();
    second.start();
    try {
      second.answer = stream -> stream.reply(Bytes.EMPTY);
      HttpChannel channel = channel(server.endpoint(), second.endpoint());
      assertThat(channel.endpoints()).containsExactly(server.endpoint(), second.endpoint());
      CallOptions there =
          CallOptions.timeout(TimeUnit.SECONDS.toNanos(5)).prefer(second.endpoint());
      for (int i = 0; i < 3; i++) {
        assertThat(channel.unary(METHOD, Bytes.EMPTY, there).get().endpoint())
            .isEqualTo(second.endpoint());
        assertThat(call(channel, Bytes.EMPTY).get().endpoint()).isEqualTo(server.endpoint());
      }
      CallOptions notThere =
          new CallOptions(
              TimeUnit.SECONDS.toNanos(5), Metadata.EMPTY, second.endpoint(), second.endpoint());
      assertThat(channel.unary(METHOD, Bytes.EMPTY, notThere).get().endpoint())
          .isEqualTo(server.endpoint());
      second.close();
      Answer instead = channel.unary(METHOD, Bytes.EMPTY, there).get();
      while (instead.status() != StatusCode.OK) { // the cut may have met the call under way
        instead = channel.unary(METHOD, Bytes.EMPTY, there).get();
      }
      assertThat(instead.endpoint()).isEqualTo(server.endpoint());
    } finally {
      second.close();
    }
  }

  @Test
  void calls_move_on_after_a_while_to_a_member_that_is_connected_and_to_no_other()
      throws Exception {
    server.answer = stream -> stream.reply(Bytes.EMPTY);
    ScriptedServer second = new ScriptedServer();
    second.start();
    try {
      second.answer = stream -> stream.reply(Bytes.EMPTY);
      HttpChannel channel =
          HttpChannel.open(
              List.of(server.endpoint(), "127.0.0.1:1", second.endpoint()),
              HttpSettings.DEFAULT.stayTime(Duration.ofNanos(1)));
      channels.add(channel);
      for (int i = 0; i < 3; i++) {
        assertThat(call(channel, Bytes.EMPTY).get().endpoint()).isEqualTo(server.endpoint());
      }
      CallOptions there =
          CallOptions.timeout(TimeUnit.SECONDS.toNanos(5)).prefer(second.endpoint());
      assertThat(channel.unary(METHOD, Bytes.EMPTY, there).get().status()).isEqualTo(StatusCode.OK);
      List<String> answered = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        answered.add(call(channel, Bytes.EMPTY).get().endpoint());
      }
      assertThat(answered)
          .containsExactly(
              second.endpoint(), server.endpoint(), second.endpoint(), server.endpoint());
    } finally {
      second.close();
    }
  }

  @Test
  void nobody_to_talk_to_is_told_with_each_members_reason() throws Exception {
    String nobody = server.endpoint();
    server.close();
    Answer answer = call(channel(nobody), Bytes.EMPTY).get();
    assertThat(answer.fate()).isEqualTo(Fate.NOT_PROCESSED);
    assertThat(answer.detail()).contains(nobody).contains("refused");
    server = new ScriptedServer();
  }

  @Test
  void a_peer_that_speaks_something_else_is_told_so() throws Exception {
    server.garbage = true;
    Answer answer = call(channel(), Bytes.EMPTY).get();
    assertThat(answer.fate()).isEqualTo(Fate.NOT_PROCESSED);
    assertThat(answer.status()).isEqualTo(StatusCode.UNAVAILABLE);
  }

  @Test
  void an_answer_that_is_no_grpc_is_told_by_its_http_status() throws Exception {
    server.answer = stream -> stream.http(503);
    Answer answer = call(channel(), Bytes.EMPTY).get();
    assertThat(answer.status()).isEqualTo(StatusCode.UNAVAILABLE);
    assertThat(answer.fate()).isEqualTo(Fate.UNKNOWN);
    assertThat(answer.detail()).contains("503");
  }

  @Test
  void a_response_longer_than_is_accepted_ends_the_call_and_not_the_memory() throws Exception {
    server.answer = stream -> stream.announce(0x7fff_ffff);
    Answer answer = call(channel(), Bytes.EMPTY).get();
    assertThat(answer.status()).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
    assertThat(answer.detail()).endsWith(" bytes are accepted"); // the client knows it by that
    server.answer = stream -> stream.reply(Bytes.utf8("fine"));
    assertThat(call(channels.get(0), Bytes.EMPTY).get().message().toUtf8()).isEqualTo("fine");
  }

  @Test
  void more_requests_than_there_is_room_for_are_refused() throws Exception {
    server.answer = stream -> {};
    HttpSettings defaults = HttpSettings.DEFAULT;
    HttpChannel small =
        HttpChannel.open(
            List.of(server.endpoint()),
            new HttpSettings(
                defaults.connectTimeout(),
                defaults.keepAliveTime(),
                defaults.keepAliveTimeout(),
                1 << 20,
                65_535,
                65_535,
                1_000,
                defaults.stayTime()));
    channels.add(small);
    CompletableFuture<Answer> fits = call(small, noise(900));
    Answer refused = call(small, noise(200)).get();
    assertThat(refused.status()).isEqualTo(StatusCode.RESOURCE_EXHAUSTED);
    assertThat(refused.fate()).isEqualTo(Fate.NOT_PROCESSED);
    assertThat(fits).isNotDone();
  }

  @Test
  void closing_ends_every_call_and_every_thread() throws Exception {
    CompletableFuture<Stream> arrived = new CompletableFuture<>();
    server.answer = arrived::complete;
    HttpChannel channel = channel();
    CompletableFuture<Answer> underWay = call(channel, Bytes.EMPTY);
    arrived.get();
    CompletableFuture<Boolean> waiting = new CompletableFuture<>();
    channel.timer().after(TimeUnit.HOURS.toNanos(1), () -> waiting.complete(true));
    channel.close();
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .noneMatch(name -> name.startsWith("quorate-client"));
    assertThat(underWay.get().fate()).isEqualTo(Fate.UNKNOWN);
    assertThat(waiting.get()).isTrue();
    assertThat(call(channel, Bytes.EMPTY).get())
        .isEqualTo(Answer.notProcessed(StatusCode.CANCELLED, "the client is closed", ""));
  }

  @Test
  void endpoints_that_can_not_be_meant_are_refused() {
    for (String wrong :
        List.of("", "host", "host:", ":1", "host:0", "host:65536", "::1:1", "ftp://host:1")) {
      assertThatThrownBy(() -> HttpChannel.open(List.of(wrong)))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> HttpChannel.open(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private HttpChannel channel(String... endpoints) {
    HttpChannel channel =
        HttpChannel.open(endpoints.length == 0 ? List.of(server.endpoint()) : List.of(endpoints));
    channels.add(channel);
    return channel;
  }

  private static QuorateClient quickly(String... endpoints) {
    HttpSettings settings =
        HttpSettings.DEFAULT
            .connectTimeout(Duration.ofMillis(500))
            .keepAlive(Duration.ofMillis(100), Duration.ofMillis(500));
    HttpChannel channel = HttpChannel.open(List.of(endpoints), settings);
    return QuorateClient.over(
        channel, channel.timer(), ClientOptions.DEFAULT.timeout(Duration.ofSeconds(30)));
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static CompletableFuture<Answer> call(HttpChannel channel, Bytes request) {
    return channel.unary(METHOD, request, CallOptions.timeout(TimeUnit.SECONDS.toNanos(20)));
  }

  private static Bytes noise(int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (i * 31 + (i >> 8));
    }
    return Bytes.wrap(bytes);
  }
}
