package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusException;
import io.quorate.grpc.StreamListener;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KeyRange;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.node.Refusal;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.WatchCancelRequest;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest.FilterType;
import io.quorate.protocol.etcdserverpb.WatchProgressRequest;
import io.quorate.protocol.etcdserverpb.WatchRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import io.quorate.protocol.mvccpb.Event;
import io.quorate.protocol.mvccpb.Event.EventType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What clients of watch streams are told, over a replica that agrees at once. */
class WatchServiceTest {
  private static final long PROGRESS_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final FakeReplica replica = new FakeReplica();
  private final ServiceRegistry registry = new ServiceRegistry();

  WatchServiceTest() {
    ApiSettings settings =
        new ApiSettings(
            -5, 7, 1_572_864, 128, TimeUnit.SECONDS.toNanos(1), PROGRESS_NANOS, Long.MAX_VALUE);
    new EtcdServices(
            replica,
            settings,
            AuthSettings.standard(),
            new AuthSources(new Random(1)::nextLong, () -> 0))
        .register(registry);
  }

  /** A client's stream: what it sends, and what it has not looked at yet. */
  private final class Stream {
    final FakeCall call;
    final StreamListener listener;
    private int read;

    Stream() {
      this(Metadata.EMPTY);
    }

    Stream(Metadata metadata) {
      call = new FakeCall("/etcdserverpb.Watch/Watch", metadata);
      if (!(registry.find(call.method()) instanceof ServiceRegistry.Method.Streaming watch)) {
        throw new AssertionError("no watch service");
      }
      listener = watch.handler().open(call);
    }

    void create(WatchCreateRequest.Builder create) {
      send(WatchRequest.newBuilder().setCreateRequest(create).build());
    }

    void cancel(long id) {
      send(
          WatchRequest.newBuilder()
              .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
              .build());
    }

    void progress() {
      send(
          WatchRequest.newBuilder()
              .setProgressRequest(WatchProgressRequest.getDefaultInstance())
              .build());
    }

    void send(WatchRequest request) {
      listener.onMessage(Bytes.wrap(request.toByteArray()));
      replica.run();
    }

    void ready(boolean ready) {
      call.ready = ready;
      if (ready) {
        listener.onReady();
        replica.run();
      }
    }

    WatchResponse next() {
      assertThat(call.sent).as("answers").hasSizeGreaterThan(read);
      return parse(call.sent.get(read++));
    }

    void nothing() {
      assertThat(call.sent.subList(read, call.sent.size())).isEmpty();
    }

    List<WatchResponse> rest() {
      List<WatchResponse> rest = new ArrayList<>();
      while (read < call.sent.size()) {
        rest.add(parse(call.sent.get(read++)));
      }
      return rest;
    }
  }

  private static WatchResponse parse(Bytes message) {
    try {
      return WatchResponse.parseFrom(message.toArray());
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  /** Creation, put, overwrite and deletion, with the version before. */
  @Test
  void a_prefix_is_watched() {
    Stream stream = new Stream();
    stream.create(on("p/", "p0").setPrevKv(true));
    WatchResponse created = stream.next();
    assertThat(created.getCreated()).isTrue();
    assertThat(created.getWatchId()).isZero();
    assertThat(created.getHeader().getRevision()).isEqualTo(1);
    assertThat(created.getHeader().getMemberId()).isEqualTo(7);
    put("p/a", "1");
    put("q", "-");
    put("p/a", "2");
    write(DeleteRangeRequest.one(Bytes.utf8("p/a")));
    Event first = only(stream.next());
    assertThat(first.getKv().getValue().toStringUtf8()).isEqualTo("1");
    assertThat(first.hasPrevKv()).isFalse();
    WatchResponse second = stream.next();
    assertThat(second.getHeader().getRevision()).isEqualTo(4);
    assertThat(only(second).getPrevKv().getModRevision()).isEqualTo(2);
    Event third = only(stream.next());
    assertThat(third.getType()).isEqualTo(EventType.DELETE);
    assertThat(third.getKv())
        .isEqualTo(
            io.quorate.protocol.mvccpb.KeyValue.newBuilder()
                .setKey(utf8("p/a"))
                .setModRevision(5)
                .build());
    assertThat(third.getPrevKv().getValue().toStringUtf8()).isEqualTo("2");
    stream.nothing();
  }

  /** All that a transaction did comes in one answer, in the order of its steps. */
  @Test
  void a_transaction_comes_whole() {
    Stream stream = new Stream();
    stream.create(on("a", "z"));
    stream.next();
    List<KvOp> puts = new ArrayList<>();
    for (String key : new String[] {"c", "a", "b"}) {
      puts.add(PutRequest.of(Bytes.utf8(key), Bytes.EMPTY));
    }
    write(new TxnRequest(List.of(), puts, List.of()));
    assertThat(keys(stream.next())).containsExactly("c", "a", "b");
    stream.nothing();
  }

  /** Ids: chosen by the server, by the client, twice, cancelled, and never given again. */
  @Test
  void ids_are_as_etcd_gives_them() {
    Stream stream = new Stream();
    stream.create(on("a", ""));
    stream.create(on("a", ""));
    stream.create(on("a", "").setWatchId(7));
    stream.create(on("a", "").setWatchId(7));
    stream.create(on("a", "").setWatchId(-3));
    assertThat(stream.next().getWatchId()).isZero();
    assertThat(stream.next().getWatchId()).isEqualTo(1);
    assertThat(stream.next().getWatchId()).isEqualTo(7);
    refused(stream, "mvcc: duplicate watch ID provided on the WatchStream");
    assertThat(stream.next().getWatchId()).isEqualTo(-3);
    stream.cancel(1);
    WatchResponse canceled = stream.next();
    assertThat(canceled.getCanceled()).isTrue();
    assertThat(canceled.getWatchId()).isEqualTo(1);
    stream.cancel(1);
    stream.cancel(99);
    stream.nothing();
    stream.create(on("a", ""));
    assertThat(stream.next().getWatchId()).isEqualTo(2);
  }

  @Test
  void what_can_never_be_heard_is_refused() {
    Stream stream = new Stream();
    stream.create(on("b", "b"));
    refused(stream, "mvcc: watcher range is empty");
    stream.create(on("a", "").setStartRevision(-1));
    refused(stream, "etcdserver: mvcc: required revision has been compacted");
    stream.send(WatchRequest.getDefaultInstance());
    stream.nothing();
  }

  private static void refused(Stream stream, String reason) {
    WatchResponse refused = stream.next();
    assertThat(refused.getCreated()).isTrue();
    assertThat(refused.getCanceled()).isTrue();
    assertThat(refused.getWatchId()).isEqualTo(-1);
    assertThat(refused.getCancelReason()).isEqualTo(reason);
  }

  /** History first, then what happens now, in one sequence. */
  @Test
  void the_past_runs_into_the_present() {
    for (int i = 0; i < 2_500; i++) {
      put("k", "v" + i);
    }
    Stream stream = new Stream();
    stream.create(on("k", "").setStartRevision(2));
    for (int i = 2_500; i < 2_600; i++) {
      put("k", "v" + i);
    }
    List<String> values = new ArrayList<>();
    stream.next();
    for (WatchResponse answer : stream.rest()) {
      assertThat(answer.getEventsCount()).isLessThanOrEqualTo(1_000);
      answer.getEventsList().forEach(event -> values.add(event.getKv().getValue().toStringUtf8()));
    }
    assertThat(values).hasSize(2_600).startsWith("v0", "v1").endsWith("v2598", "v2599");
  }

  @Test
  void the_future_is_waited_for() {
    Stream stream = new Stream();
    stream.create(on("k", "").setStartRevision(4));
    stream.next();
    for (int i = 2; i <= 5; i++) {
      put("k", "v" + i);
    }
    assertThat(stream.rest().stream().map(answer -> only(answer).getKv().getModRevision()))
        .containsExactly(4L, 5L);
  }

  /** What is compacted is gone for who comes now, also while others have just heard of it. */
  @Test
  void what_is_compacted_is_gone_though_somebody_watches() {
    Stream other = new Stream();
    other.create(on("k", ""));
    for (int i = 0; i < 12; i++) {
      put("k", "v");
    }
    write(new CompactRequest(10, false));
    Stream stream = new Stream();
    stream.create(on("k", "").setStartRevision(5));
    assertThat(stream.next().getCreated()).isTrue();
    assertThat(stream.next().getCompactRevision()).isEqualTo(10);
  }

  /** Below the compacted revision nothing can be heard; at it, everything. */
  @Test
  void what_is_compacted_ends_the_watch() {
    for (int i = 0; i < 12; i++) {
      put("k", "v");
    }
    write(new CompactRequest(10, false));
    Stream stream = new Stream();
    stream.create(on("k", "").setStartRevision(5));
    assertThat(stream.next().getCreated()).isTrue();
    WatchResponse canceled = stream.next();
    assertThat(canceled.getCanceled()).isTrue();
    assertThat(canceled.getCompactRevision()).isEqualTo(10);
    assertThat(canceled.getHeader().getRevision()).isZero();
    assertThat(canceled.getCancelReason()).isEmpty();
    stream.create(on("k", "").setStartRevision(10).setPrevKv(true));
    stream.next();
    WatchResponse events = stream.next();
    assertThat(events.getEvents(0).getKv().getModRevision()).isEqualTo(10);
    assertThat(events.getEvents(0).hasPrevKv()).isFalse();
    assertThat(events.getEvents(1).hasPrevKv()).isTrue();
    assertThat(events.getEventsCount()).isEqualTo(4);
  }

  @Test
  void filters_leave_events_out_and_send_no_empty_answers() {
    Stream stream = new Stream();
    stream.create(on("k", "").addFilters(FilterType.NOPUT));
    stream.create(on("k", "").addFilters(FilterType.NODELETE));
    stream.next();
    stream.next();
    put("k", "v");
    write(DeleteRangeRequest.one(Bytes.utf8("k")));
    WatchResponse put = stream.next();
    assertThat(put.getWatchId()).isEqualTo(1);
    assertThat(only(put).getType()).isEqualTo(EventType.PUT);
    WatchResponse delete = stream.next();
    assertThat(delete.getWatchId()).isZero();
    assertThat(only(delete).getType()).isEqualTo(EventType.DELETE);
    stream.nothing();
  }

  /** A large revision is split only for those who asked for it, and the last part says so. */
  @Test
  void fragments_are_parts_of_one_answer() {
    Stream stream = new Stream();
    stream.create(on("a", "z").setFragment(true));
    stream.create(on("a", "z"));
    stream.rest();
    List<KvOp> puts = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      puts.add(PutRequest.of(Bytes.utf8("k" + i), Bytes.wrap(new byte[500_000])));
    }
    write(new TxnRequest(List.of(), puts, List.of()));
    List<WatchResponse> parts =
        stream.rest().stream().filter(answer -> answer.getWatchId() == 0).toList();
    assertThat(parts).hasSizeGreaterThan(1);
    int events = 0;
    for (int i = 0; i < parts.size(); i++) {
      assertThat(parts.get(i).getFragment()).isEqualTo(i < parts.size() - 1);
      assertThat(parts.get(i).getSerializedSize()).isLessThanOrEqualTo(2_097_152);
      events += parts.get(i).getEventsCount();
    }
    assertThat(events).isEqualTo(10);
  }

  @Test
  void progress_is_told_only_if_it_is_true_of_all_watchers() {
    Stream stream = new Stream();
    stream.progress();
    stream.nothing();
    stream.create(on("a", ""));
    stream.next();
    put("a", "1");
    stream.next();
    stream.progress();
    WatchResponse progress = stream.next();
    assertThat(progress.getWatchId()).isEqualTo(-1);
    assertThat(progress.getHeader().getRevision()).isEqualTo(2);
    stream.create(on("a", "").setStartRevision(100));
    stream.next();
    stream.progress();
    stream.nothing();
    stream.cancel(1);
    stream.next();
    stream.call.ready = false;
    put("a", "2");
    stream.progress();
    stream.nothing();
    stream.ready(true);
    assertThat(only(stream.next()).getKv().getModRevision()).isEqualTo(3);
    stream.progress();
    assertThat(stream.next().getWatchId()).isEqualTo(-1);
  }

  /** Who asked for notices gets one when nothing has happened since the last was due. */
  @Test
  void quiet_watchers_hear_of_progress_from_time_to_time() {
    Stream stream = new Stream();
    stream.create(on("a", "").setProgressNotify(true));
    stream.create(on("b", ""));
    stream.rest();
    replica.pass(PROGRESS_NANOS + PROGRESS_NANOS / 9);
    put("b", "1");
    stream.rest();
    replica.pass(PROGRESS_NANOS + PROGRESS_NANOS / 9);
    WatchResponse notice = stream.next();
    assertThat(notice.getWatchId()).isZero();
    assertThat(notice.getEventsCount()).isZero();
    assertThat(notice.getHeader().getRevision()).isEqualTo(2);
    put("a", "1");
    stream.next();
    replica.pass(PROGRESS_NANOS + PROGRESS_NANOS / 9);
    stream.nothing();
  }

  /** The end of the client's messages ends nothing; that of the call ends all its watchers. */
  @Test
  void a_stream_lives_until_its_call_ends() {
    Stream stream = new Stream();
    stream.create(on("a", ""));
    stream.next();
    stream.listener.onHalfClose();
    put("a", "1");
    stream.next();
    stream.listener.onCancel();
    put("a", "2");
    stream.nothing();
    assertThat(replica.watches().watchers()).isZero();
    assertThat(replica.watches().streams()).isZero();
  }

  /** A stream that wants a leader ends some election times after the last was seen. */
  @Test
  void without_a_leader_streams_end_that_asked_for_it() {
    Stream hasty = new Stream(Metadata.of("hasleader", "true"));
    Stream patient = new Stream();
    replica.leader = 0;
    replica.pass(TimeUnit.SECONDS.toNanos(2));
    assertThat(hasty.call.status).isNull();
    replica.pass(TimeUnit.SECONDS.toNanos(2));
    assertThat(hasty.call.status).isEqualTo(EtcdError.NO_LEADER.status());
    assertThat(patient.call.status).isNull();
    assertThat(refusedStream(Metadata.of("hasleader", "true")))
        .isEqualTo(EtcdError.NO_LEADER.status());
  }

  @Test
  void a_learner_takes_no_streams() {
    replica.learner = true;
    assertThat(refusedStream(Metadata.EMPTY))
        .isEqualTo(EtcdError.NOT_SUPPORTED_FOR_LEARNER.status());
  }

  private @Nullable Status refusedStream(Metadata metadata) {
    try {
      new Stream(metadata);
      return null;
    } catch (StatusException e) {
      return e.status();
    }
  }

  /** A client that doesn't read gets nothing, costs nothing, and then all, in order. */
  @Test
  void a_slow_client_misses_nothing() {
    Stream slow = new Stream();
    Stream quick = new Stream();
    slow.create(on("k", ""));
    quick.create(on("k", ""));
    slow.rest();
    quick.rest();
    slow.ready(false);
    Bytes large = Bytes.wrap(new byte[100_000]);
    long enough = Limits.RECENT_EVENTS_BYTES_MAX / large.length() + 20;
    for (int i = 0; i < enough; i++) {
      write(PutRequest.of(Bytes.utf8("k"), large));
    }
    assertThat(quick.rest()).hasSize((int) enough);
    slow.nothing();
    assertThat(replica.watches().laggingWatchers()).isEqualTo(1);
    slow.ready(true);
    List<Long> revisions = new ArrayList<>();
    for (WatchResponse answer : slow.rest()) {
      answer.getEventsList().forEach(event -> revisions.add(event.getKv().getModRevision()));
    }
    assertThat(revisions).hasSize((int) enough).isSorted().doesNotHaveDuplicates();
    assertThat(replica.watches().laggingWatchers()).isZero();
  }

  /**
   * Random writes, watchers, cancellations and stalls: each watcher hears exactly what it asked
   * for. To repeat: {@code mvn -pl server/etcd -am test -Dtest=WatchServiceTest -Dseed=N}.
   */
  @Test
  void every_watcher_hears_all_that_it_wants_in_order_and_once() {
    Long only = Long.getLong("seed");
    for (long seed = only == null ? 1 : only; seed <= (only == null ? 30 : only); seed++) {
      new Run(seed).run();
    }
  }

  /** One random run. */
  private final class Run {
    final long seed;
    final Random random;
    final FakeReplica own = new FakeReplica();
    final List<Heard> all = new ArrayList<>();

    Run(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
    }

    /** A watcher and what it has heard. */
    final class Heard {
      final WatchCreateRequest asked;
      final long from;
      final List<Event> events = new ArrayList<>();
      long canceledAt = Long.MAX_VALUE;
      boolean compacted;

      Heard(WatchCreateRequest asked, long from) {
        this.asked = asked;
        this.from = from;
      }

      List<Event> expected() {
        List<Event> expected = new ArrayList<>();
        own.history
            .tailMap(from)
            .forEach((revision, events) -> {
              for (io.quorate.kv.Event event : events) {
                boolean in =
                    KeyRange.contains(
                        Bytes.wrap(asked.getKey().toByteArray()),
                        Bytes.wrap(asked.getRangeEnd().toByteArray()),
                        event.kv().key());
                FilterType left = event.delete() ? FilterType.NODELETE : FilterType.NOPUT;
                if (in && !asked.getFiltersList().contains(left)) {
                  expected.add(
                      Event.newBuilder()
                          .setType(event.delete() ? EventType.DELETE : EventType.PUT)
                          .setKv(
                              io.quorate.protocol.mvccpb.KeyValue.newBuilder()
                                  .setKey(ByteString.copyFrom(event.kv().key().toArray()))
                                  .setCreateRevision(event.kv().createRevision())
                                  .setModRevision(event.kv().modRevision())
                                  .setVersion(event.kv().version())
                                  .setValue(ByteString.copyFrom(event.kv().value().toArray())))
                          .build());
                }
              }
            });
        return expected;
      }
    }

    void run() {
      ServiceRegistry services = new ServiceRegistry();
      new EtcdServices(
              own,
              ApiSettings.of(1, 2),
              AuthSettings.standard(),
              new AuthSources(random::nextLong, () -> 0))
          .register(services);
      List<Client> clients = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        clients.add(new Client(services));
      }
      for (int i = 0; i < 600; i++) {
        Client client = clients.get(random.nextInt(clients.size()));
        switch (random.nextInt(10)) {
          case 0 -> client.create();
          case 1 -> client.stall();
          case 2 -> client.goOn();
          case 3 -> client.cancelSome();
          default -> write();
        }
        if (random.nextInt(3) > 0) {
          own.run();
        }
        if (random.nextInt(150) == 0) {
          own.write(
              new CompactRequest(own.latest().revision() - random.nextInt(20), false),
              Principal.NOBODY,
              new Ignored());
        }
      }
      for (Client client : clients) {
        client.goOn();
      }
      own.run();
      clients.forEach(Client::read);
      for (Heard heard : all) {
        List<Event> expected = heard.expected();
        String what = "seed=" + seed + ": " + heard.asked;
        if (heard.compacted || heard.canceledAt != Long.MAX_VALUE) {
          assertThat(heard.events)
              .as(what)
              .isEqualTo(expected.subList(0, Math.min(heard.events.size(), expected.size())));
        } else {
          assertThat(heard.events).as(what).isEqualTo(expected);
        }
      }
    }

    private void write() {
      Bytes key = Bytes.utf8("" + (char) ('a' + random.nextInt(6)));
      KvRequest request =
          switch (random.nextInt(4)) {
            case 0 -> new DeleteRangeRequest(key, Bytes.wrap(new byte[1]), false);
            case 1 ->
                new TxnRequest(
                    List.of(),
                    List.of(
                        PutRequest.of(key, Bytes.utf8("t")),
                        PutRequest.of(Bytes.utf8("z"), Bytes.utf8("t"))),
                    List.of());
            default -> PutRequest.of(key, Bytes.utf8("v" + random.nextInt(100)));
          };
      own.write(request, Principal.NOBODY, new Ignored());
    }

    /** A stream with some watchers, that doesn't always read. */
    private final class Client {
      final FakeCall call = new FakeCall("/etcdserverpb.Watch/Watch", Metadata.EMPTY);
      final StreamListener listener;
      final TreeMap<Long, Heard> watchers = new TreeMap<>();
      Heard last;
      int read;

      Client(ServiceRegistry services) {
        if (!(services.find(call.method()) instanceof ServiceRegistry.Method.Streaming watch)) {
          throw new AssertionError("no watch service");
        }
        listener = watch.handler().open(call);
        last = new Heard(WatchCreateRequest.getDefaultInstance(), 0);
      }

      void create() {
        long now = own.latest().revision();
        long start = random.nextInt(3) == 0 ? 0 : Math.max(1, now - 30 + random.nextInt(40));
        WatchCreateRequest.Builder asked =
            on(
                    "" + (char) ('a' + random.nextInt(6)),
                    random.nextInt(3) == 0 ? "" : random.nextInt(2) == 0 ? "\0" : "zz")
                .setStartRevision(start);
        if (random.nextInt(4) == 0) {
          asked.addFilters(random.nextBoolean() ? FilterType.NOPUT : FilterType.NODELETE);
        }
        read();
        last = new Heard(asked.build(), start == 0 ? now + 1 : start);
        all.add(last);
        send(WatchRequest.newBuilder().setCreateRequest(asked).build());
        read();
      }

      void stall() {
        call.ready = false;
      }

      void goOn() {
        call.ready = true;
        listener.onReady();
      }

      void cancelSome() {
        if (!watchers.isEmpty()) {
          long id = watchers.firstKey();
          send(
              WatchRequest.newBuilder()
                  .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
                  .build());
          read();
        }
      }

      private void send(WatchRequest request) {
        listener.onMessage(Bytes.wrap(request.toByteArray()));
      }

      void read() {
        for (; read < call.sent.size(); read++) {
          WatchResponse answer = parse(call.sent.get(read));
          if (answer.getCreated()) {
            watchers.put(answer.getWatchId(), last);
            continue;
          }
          Heard heard = watchers.get(answer.getWatchId());
          if (heard == null) {
            throw new AssertionError("seed=" + seed + ": nobody's answer: " + answer);
          }
          if (answer.getCanceled()) {
            heard.compacted = answer.getCompactRevision() > 0;
            heard.canceledAt = own.latest().revision();
            watchers.remove(answer.getWatchId());
          } else {
            assertThat(answer.getEventsCount()).isPositive();
            heard.events.addAll(answer.getEventsList());
          }
        }
      }
    }
  }

  /** Whoever writes doesn't want to know. */
  private static final class Ignored implements Reply<KvResult> {
    @Override
    public void done(KvResult result) {}

    @Override
    public void refused(Refusal why) {
      throw new AssertionError(why);
    }
  }

  private void put(String key, String value) {
    write(PutRequest.of(Bytes.utf8(key), Bytes.utf8(value)));
  }

  private void write(KvRequest request) {
    replica.write(request, Principal.NOBODY, new Ignored());
    replica.run();
  }

  private static WatchCreateRequest.Builder on(String key, String rangeEnd) {
    return WatchCreateRequest.newBuilder().setKey(utf8(key)).setRangeEnd(utf8(rangeEnd));
  }

  private static Event only(WatchResponse answer) {
    assertThat(answer.getEventsCount()).isEqualTo(1);
    return answer.getEvents(0);
  }

  private static List<String> keys(WatchResponse answer) {
    return answer.getEventsList().stream()
        .map(event -> event.getKv().getKey().toStringUtf8())
        .toList();
  }

  private static ByteString utf8(String text) {
    return ByteString.copyFromUtf8(text);
  }
}
