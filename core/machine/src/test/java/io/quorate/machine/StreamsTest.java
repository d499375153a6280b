package io.quorate.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvValidator;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.streams.AppendOutcome;
import io.quorate.streams.StreamAppend;
import io.quorate.streams.StreamRead;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Appends to streams, and reads in the order of positions, on a machine. */
class StreamsTest {
  private static final int EXACTLY = 0;
  private static final int ANY = 1;
  private static final int EXISTS = 2;
  private static final String ROOT = "r/";

  private final MemoryRows rows = new MemoryRows();
  private final Machine machine = Machine.open(rows);
  private long index;

  private static Bytes b(String text) {
    return Bytes.utf8(text);
  }

  // ---- what is sent ----------------------------------------------------------------------------

  /** An append in the making. */
  private static final class Sent {
    private final ProtoWriter out = new ProtoWriter(256);

    Sent() {
      this(ROOT);
    }

    Sent(String root) {
      out.text(1, root);
    }

    /** Events of these types; a tag of one stands behind a colon. */
    Sent part(String stream, int expected, long version, String... events) {
      ProtoWriter commit = new ProtoWriter(64).number(1, 1).text(2, "sixteen-byte-id!");
      List<String> tags = new ArrayList<>();
      for (String event : events) {
        String[] parts = event.split(":", -1);
        int mark = commit.open(8);
        commit.text(1, parts[0]);
        if (parts.length > 1) {
          commit.text(4, parts[1]);
          tags.add(parts[1]);
        }
        commit.close(mark);
      }
      int mark = out.open(2);
      out.text(1, stream).number(2, expected).number(3, version).number(4, events.length);
      out.bytes(5, commit.toBytes());
      tags.stream().distinct().forEach(tag -> out.text(6, tag));
      out.close(mark);
      return this;
    }

    Sent remembered(String id) {
      out.text(3, id);
      return this;
    }

    Sent unless(long revision, long eventIndex, String stream, String type, String tag) {
      int mark = out.open(4);
      item(out, 1, stream, type, tag);
      out.number(2, revision).number(3, eventIndex);
      out.close(mark);
      return this;
    }

    Bytes message() {
      return out.toBytes();
    }
  }

  private static void item(ProtoWriter out, int field, String stream, String type, String tag) {
    int mark = out.open(field);
    out.text(1, stream).text(3, type).text(4, tag);
    out.close(mark);
  }

  private AppendOutcome append(Sent sent) {
    return append(sent, null);
  }

  private AppendOutcome append(Sent sent, @Nullable TxnRequest beside) {
    StreamAppend request = StreamAppend.read(sent.message(), beside);
    assertThat(KvValidator.validate(request, 128)).isNull();
    return (AppendOutcome) apply(CommandCodec.encode(1, 1, 1, request));
  }

  private KvResult apply(Bytes command) {
    index++;
    KvResult result = machine.apply(index, 1, command, true);
    machine.finish(rows);
    assertThat(machine.recomputedStateHash()).isEqualTo(machine.stateHash());
    return result;
  }

  private AppendOutcome one(String stream, int expected, long version, String... events) {
    return append(new Sent().part(stream, expected, version, events));
  }

  private static AppendOutcome.Refused refused(AppendOutcome outcome) {
    return (AppendOutcome.Refused) outcome;
  }

  private static List<Long> versions(AppendOutcome outcome) {
    return ((AppendOutcome.Appended) outcome).versions();
  }

  private static List<String> keys(List<KeyValue> kvs) {
    return kvs.stream().map(kv -> kv.key().toUtf8()).toList();
  }

  private static String key(String stream, long version) {
    return ROOT + "s/" + stream + "#%016x".formatted(version);
  }

  // ---- ends of streams -------------------------------------------------------------------------

  @Test
  void an_append_behind_the_version_that_is_demanded_takes_effect_once() {
    assertThat(versions(one("a", EXACTLY, 0, "A", "B"))).containsExactly(2L);
    assertThat(versions(one("a", EXACTLY, 2, "C"))).containsExactly(3L);
    AppendOutcome.Refused refused = refused(one("a", EXACTLY, 2, "D"));
    assertThat(keys(refused.behind().get(0).kvs())).containsExactly(key("a", 3));
    assertThat(refused.behind().get(0).endIsThere()).isTrue();
    assertThat(refused(one("a", EXACTLY, 7, "D")).behind().get(0).endIsThere()).isFalse();
    assertThat(refused(one("a", EXACTLY, 1, "D")).behind().get(0).endIsThere()).isFalse();
    KeyValue first = machine.latest().get(b(key("a", 2)));
    assertThat(firstVersion(first)).isEqualTo(1);
    assertThat(machine.latest().get(b(ROOT + "m/a"))).isNotNull();
    assertThat(firstVersion(machine.latest().get(b(key("a", 3))))).isEqualTo(3);
  }

  private static long firstVersion(@Nullable KeyValue commit) {
    ProtoReader in = new ProtoReader(commit == null ? Bytes.EMPTY : commit.value());
    long version = 0;
    while (in.next()) {
      version = in.field() == 3 ? in.number() : version;
    }
    return version;
  }

  @Test
  void where_nothing_is_demanded_the_end_is_found_from_what_is_guessed() {
    assertThat(refused(one("a", EXISTS, 0, "A")).behind().get(0).kvs()).isEmpty();
    assertThat(versions(one("a", ANY, 0, "A"))).containsExactly(1L);
    assertThat(versions(one("a", ANY, 0, "B", "C"))).containsExactly(3L);
    assertThat(versions(one("a", EXISTS, 1, "D"))).containsExactly(4L);
    assertThat(versions(one("a", ANY, 4, "E"))).containsExactly(5L);
    AppendOutcome.Refused refused = refused(one("a", ANY, 99, "F"));
    assertThat(refused.behind().get(0).endIsThere()).isFalse();
  }

  @Test
  void a_step_skips_a_thousand_appends_and_no_more() {
    for (int i = 0; i < 1_001; i++) {
      one("a", EXACTLY, i, "E");
    }
    AppendOutcome.Refused refused = refused(one("a", ANY, 0, "E"));
    assertThat(refused.behind().get(0).kvs()).hasSize(10);
    assertThat(refused.behind().get(0).more()).isTrue();
    assertThat(versions(one("a", ANY, 1, "E"))).containsExactly(1_002L);
  }

  @Test
  void nothing_is_appended_to_a_stream_that_is_closed() {
    one("a", EXACTLY, 0, "A");
    apply(
        CommandCodec.encode(1, 1, 1, PutRequest.of(b(key("a", Long.MAX_VALUE)), b("the closing"))));
    for (int expected : new int[] {EXACTLY, ANY, EXISTS}) {
      AppendOutcome.Refused refused = refused(one("a", expected, 1, "B"));
      assertThat(keys(refused.behind().get(0).kvs())).containsExactly(key("a", Long.MAX_VALUE));
    }
  }

  @Test
  void several_streams_are_appended_to_together_or_not_at_all() {
    assertThat(versions(append(new Sent().part("a", EXACTLY, 0, "A").part("b", ANY, 0, "B", "C"))))
        .containsExactly(1L, 2L);
    long revision = machine.revision();
    AppendOutcome.Refused refused =
        refused(append(new Sent().part("a", EXACTLY, 1, "A").part("b", EXACTLY, 1, "B")));
    assertThat(refused.behind().get(0)).isEqualTo(AppendOutcome.Behind.NOTHING);
    assertThat(keys(refused.behind().get(1).kvs())).containsExactly(key("b", 2));
    assertThat(machine.revision()).isEqualTo(revision);
  }

  @Test
  void streams_whose_names_begin_alike_do_not_mix() {
    one("a/b", EXACTLY, 0, "A");
    one("a", EXACTLY, 0, "A");
    one("a$", EXACTLY, 0, "A");
    assertThat(versions(one("a", ANY, 0, "B"))).containsExactly(2L);
    assertThat(versions(one("a/b", EXACTLY, 1, "B"))).containsExactly(2L);
  }

  // ---- done before, and what is beside ---------------------------------------------------------

  @Test
  void an_append_that_is_remembered_is_done_once() {
    Sent sent = new Sent().part("a", ANY, 0, "A").remembered("id-1");
    assertThat(append(sent)).isInstanceOf(AppendOutcome.Appended.class);
    KeyValue done = refused(append(sent)).done();
    assertThat(done).isNotNull();
    assertThat(done.createRevision()).isEqualTo(2);
    assertThat(machine.latest().get(b(key("a", 2)))).isNull();
  }

  @Test
  void what_is_beside_an_append_holds_and_happens_with_it() {
    TxnRequest beside =
        new TxnRequest(
            List.of(Compare.number(b("owner"), Compare.Target.VERSION, Compare.Result.GREATER, 0)),
            List.of(PutRequest.of(b("checkpoint"), b("7"))),
            List.of());
    assertThat(refused(append(new Sent().part("a", ANY, 0, "A"), beside)).requiredFailed())
        .isTrue();
    assertThat(machine.latest().get(b("checkpoint"))).isNull();
    apply(CommandCodec.encode(1, 1, 1, PutRequest.of(b("owner"), b("me"))));
    long revision = append(new Sent().part("a", ANY, 0, "A"), beside).revision();
    KeyValue checkpoint = machine.latest().get(b("checkpoint"));
    assertThat(checkpoint).isNotNull();
    assertThat(checkpoint.modRevision()).isEqualTo(revision);
  }

  // ---- conditions ------------------------------------------------------------------------------

  @Test
  void a_condition_sees_the_events_that_it_excludes_and_no_others() {
    long before = one("a", ANY, 0, "Paid:red", "Paid:blue").revision();
    one("b", ANY, 0, "Paid:green");
    long paid = one("a", ANY, 0, "Sent:red").revision();
    // By tag: the type counts as well, the position does to the event.
    assertThat(decided(before, 0, "", "Paid", "red")).isEmpty();
    assertThat(decided(before, 0, "", "Paid", "blue")).containsExactly(key("a", 2));
    assertThat(decided(before, 1, "", "Paid", "blue")).isEmpty();
    assertThat(decided(before, 9, "", "Sent", "red")).containsExactly(key("a", 3));
    assertThat(decided(paid, 0, "", "Sent", "red")).isEmpty();
    // By stream, and by type alone.
    assertThat(decided(before, 9, "a", "Paid", "")).isEmpty();
    assertThat(decided(before, 9, "a", "Sent", "")).containsExactly(key("a", 3));
    assertThat(decided(before, 9, "", "Paid", "")).containsExactly(key("b", 1));
  }

  /** Which appends stand in the way of a decision taken at a position. */
  private List<String> decided(long revision, long at, String stream, String type, String tag) {
    Sent sent = new Sent().part("decisions", ANY, 0, "D").unless(revision, at, stream, type, tag);
    return append(sent) instanceof AppendOutcome.Refused refused
        ? keys(refused.matching())
        : List.of();
  }

  @Test
  void a_condition_that_takes_more_than_a_step_may_look_at_is_unclear() {
    one("a", ANY, 0, "First");
    for (int i = 0; i < 1_001; i++) {
      one("b", ANY, i, "E");
    }
    Sent far = new Sent().part("c", ANY, 0, "D").unless(1, 0, "a", "Never", "");
    assertThat(refused(append(far)).unclear()).isEqualTo(1);
    Sent near = new Sent().part("c", ANY, 0, "D").unless(10, 0, "a", "Never", "");
    assertThat(append(near)).isInstanceOf(AppendOutcome.Appended.class);
  }

  @Test
  void a_condition_on_what_is_in_no_order_is_unclear() {
    apply(CommandCodec.encode(1, 1, 1, PutRequest.of(b(key("old", 1)), b("by another client"))));
    Sent sent = new Sent().part("c", ANY, 0, "D").unless(1, Integer.MAX_VALUE, "", "E", "");
    assertThat(refused(append(sent)).unclear()).isEqualTo(1);
    Sent since = new Sent().part("c", ANY, 0, "D").unless(2, Integer.MAX_VALUE, "", "E", "");
    assertThat(append(since)).isInstanceOf(AppendOutcome.Appended.class);
  }

  @Test
  void what_nobody_can_read_is_excluded_and_told() {
    one("a", ANY, 0, "A");
    long revision = machine.revision();
    Bytes later = new ProtoWriter(8).number(1, 2).toBytes();
    for (Bytes value : List.of(Bytes.EMPTY, b("no message at all"), later)) {
      apply(CommandCodec.encode(1, 1, 1, PutRequest.of(b(key("b", 1)), value)));
      assertThat(decided(revision, 0, "", "Never", "")).containsExactly(key("b", 1));
      assertThat(keys(read(revision + 1, 9, "", "Never").commits())).containsExactly(key("b", 1));
    }
  }

  @Test
  void a_step_looks_at_a_few_megabytes_and_at_no_more() {
    long revision = one("a", ANY, 0, "A").revision();
    Bytes large =
        new ProtoWriter(64).number(1, 1).bytes(99, Bytes.wrap(new byte[1 << 20])).toBytes();
    for (int i = 1; i <= 9; i++) {
      apply(CommandCodec.encode(1, 1, 1, PutRequest.of(b(key("b", i)), large)));
    }
    Sent far = new Sent().part("c", ANY, 0, "D").unless(revision, 0, "", "Never", "");
    assertThat(refused(append(far)).unclear()).isEqualTo(1);
  }

  @Test
  void what_is_required_is_judged_before_what_is_excluded() {
    long revision = one("a", ANY, 0, "A").revision() - 1;
    TxnRequest beside =
        new TxnRequest(
            List.of(Compare.number(b("owner"), Compare.Target.VERSION, Compare.Result.GREATER, 0)),
            List.of(),
            List.of());
    Sent sent = new Sent().part("c", ANY, 0, "D").unless(revision, 0, "", "A", "");
    assertThat(refused(append(sent, beside)).requiredFailed()).isTrue();
    assertThat(keys(refused(append(sent)).matching())).containsExactly(key("a", 1));
  }

  @Test
  void what_goes_with_an_append_does_not_touch_its_keys() {
    for (KvOp op :
        List.of(
            PutRequest.of(b(key("a", 1)), b("something else")),
            new DeleteRangeRequest(b(ROOT + "s/"), b(ROOT + "t"), false))) {
      TxnRequest beside = new TxnRequest(List.of(), List.of(op), List.of());
      StreamAppend request = StreamAppend.read(new Sent().part("a", ANY, 0, "A").message(), beside);
      assertThat(apply(CommandCodec.encode(1, 1, 1, request)))
          .isEqualTo(new KvFailure(KvError.DUPLICATE_KEY));
    }
    assertThat(machine.revision()).isEqualTo(1);
  }

  @Test
  void a_key_that_no_append_wrote_is_no_end_of_a_stream() {
    one("a", ANY, 0, "A");
    apply(CommandCodec.encode(1, 1, 1, PutRequest.of(b(key("a", 1) + "z"), b("stray"))));
    assertThat(refused(one("a", ANY, 0, "B")).behind().get(0).kvs()).hasSize(2);
  }

  @Test
  void streams_share_what_a_step_may_skip() {
    for (int i = 0; i < 600; i++) {
      one("a", EXACTLY, i, "E");
      one("b", EXACTLY, i, "E");
    }
    AppendOutcome.Refused refused =
        refused(append(new Sent().part("a", ANY, 0, "E").part("b", ANY, 0, "E")));
    assertThat(refused.behind().get(0)).isEqualTo(AppendOutcome.Behind.NOTHING);
    assertThat(refused.behind().get(1).more()).isTrue();
  }

  // ---- reading ---------------------------------------------------------------------------------

  private StreamRead.Page read(long from, int limit, String stream, String type, String... tags) {
    ProtoWriter out = new ProtoWriter(64).text(1, ROOT);
    if (tags.length == 0) {
      item(out, 2, stream, type, "");
    }
    for (String tag : tags) {
      item(out, 2, stream, type, tag);
    }
    out.number(3, from).number(4, limit);
    return StreamRead.read(out.toBytes()).page(machine.latest());
  }

  @Test
  void pages_come_in_the_order_of_positions_and_tell_how_far_they_are() {
    one("b", ANY, 0, "A:red");
    append(new Sent().part("c", ANY, 0, "A").part("a", ANY, 0, "B:red"));
    one("b", ANY, 0, "C:blue");
    StreamRead.Page first = read(0, 2, "", "");
    assertThat(keys(first.commits())).containsExactly(key("b", 1), key("a", 1), key("c", 1));
    assertThat(first.upTo()).isEqualTo(3);
    assertThat(first.end()).isFalse();
    StreamRead.Page rest = read(4, 2, "", "");
    assertThat(keys(rest.commits())).containsExactly(key("b", 2));
    assertThat(rest.end()).isTrue();
    assertThat(rest.upTo()).isEqualTo(machine.revision());
    assertThat(keys(read(0, 9, "", "", "red").commits())).containsExactly(key("b", 1), key("a", 1));
    assertThat(keys(read(0, 9, "", "", "red", "blue").commits()))
        .containsExactly(key("b", 1), key("a", 1), key("b", 2));
    assertThat(keys(read(0, 9, "b", "A").commits())).containsExactly(key("b", 1));
  }

  @Test
  void an_append_that_is_written_again_keeps_its_place_and_one_that_is_deleted_has_none() {
    one("a", ANY, 0, "A", "B");
    one("a", ANY, 0, "C");
    one("b", ANY, 0, "D");
    KeyValue commit = machine.latest().get(b(key("a", 2)));
    assertThat(commit).isNotNull();
    apply(CommandCodec.encode(1, 1, 1, PutRequest.of(commit.key(), commit.value())));
    apply(CommandCodec.encode(1, 1, 1, DeleteRangeRequest.one(b(key("a", 3)))));
    assertThat(keys(read(0, 9, "", "").commits())).containsExactly(key("a", 2), key("b", 1));
  }

  @Test
  void what_is_in_no_order_is_not_read() {
    assertThat(read(0, 9, "", "").since()).isEqualTo(Long.MAX_VALUE);
    apply(CommandCodec.encode(1, 1, 1, PutRequest.of(b(key("old", 1)), b("by another client"))));
    one("a", ANY, 0, "A");
    StreamRead.Page page = read(0, 9, "", "");
    assertThat(page.commits()).isEmpty();
    assertThat(page.since()).isEqualTo(3);
    assertThat(keys(read(3, 9, "", "").commits())).containsExactly(key("a", 1));
  }

  @Test
  void where_a_stream_ends_is_not_searched_through_many_bytes() {
    String large = "A".repeat(300_000);
    for (int i = 0; i < 27; i++) { // 8.1 MB: no more than a thousand looks
      one("a", ANY, i, large);
    }
    assertThat(versions(one("a", ANY, 0, "B"))).containsExactly(28L);
    one("a", ANY, 28, large);
    one("a", ANY, 29, large);
    AppendOutcome.Behind behind = refused(one("a", ANY, 0, "B")).behind().get(0);
    assertThat(behind.more()).isTrue();
    assertThat(versions(one("a", ANY, 29, "B"))).containsExactly(31L);
  }

  @Test
  void a_page_ends_where_much_was_looked_at_in_vain() {
    for (int i = 0; i < 300; i++) {
      one("a", ANY, i, "A");
    }
    ProtoWriter many = new ProtoWriter(4_000).text(1, ROOT);
    for (int i = 0; i < 100; i++) {
      item(many, 2, "", "T" + i, "");
    }
    StreamRead.Page page = StreamRead.read(many.number(4, 9).toBytes()).page(machine.latest());
    assertThat(page.commits()).isEmpty();
    assertThat(page.end()).isFalse();
    assertThat(page.upTo()).isBetween(90L, 110L);
  }

  @Test
  void an_item_of_a_stream_that_is_not_of_its_category_matches_nothing() {
    one("a", ANY, 0, "A");
    for (String category : List.of("", "a", "b")) {
      ProtoWriter read = new ProtoWriter(32).text(1, ROOT);
      int item = read.open(2);
      read.text(1, "a").text(2, category).close(item);
      StreamRead.Page page = StreamRead.read(read.number(4, 9).toBytes()).page(machine.latest());
      assertThat(page.commits()).hasSize(category.equals("b") ? 0 : 1);
    }
  }

  // ---- forms -----------------------------------------------------------------------------------

  @Test
  void what_makes_no_sense_is_refused_before_it_is_proposed() {
    for (Sent wrong :
        List.of(
            new Sent(),
            new Sent().part("", ANY, 0, "A"),
            new Sent().part("a#b", ANY, 0, "A"),
            new Sent().part("a", 3, 0, "A"),
            new Sent().part("a", ANY, -1, "A"),
            new Sent().part("a", ANY, 0),
            new Sent().part("a", ANY, 0, "A").remembered("a#b"),
            new Sent().part("a".repeat(1_025), ANY, 0, "A"),
            new Sent("r"),
            new Sent("r/".repeat(600)).part("a", ANY, 0, "A"))) {
      assertThatThrownBy(() -> StreamAppend.read(wrong.message(), null))
          .isInstanceOf(MalformedMessage.class);
    }
    StreamAppend twice =
        StreamAppend.read(new Sent().part("a", ANY, 0, "A").part("a", ANY, 0, "B").message(), null);
    assertThat(KvValidator.validate(twice, 128)).isEqualTo(KvError.DUPLICATE_KEY);
    Sent many = new Sent();
    for (int i = 0; i < 64; i++) {
      many.part("s" + i, ANY, 0, "A");
    }
    assertThat(invalid(many)).isEqualTo(KvError.TOO_MANY_OPS);
    assertThatThrownBy(() -> StreamRead.read(new ProtoWriter(8).text(1, ROOT).toBytes()))
        .isInstanceOf(MalformedMessage.class);
  }

  private static @Nullable KvError invalid(Sent sent) {
    return KvValidator.validate(StreamAppend.read(sent.message(), null), 128);
  }

  /**
   * As a transaction that does the same: a tag's head is put once, and an item is compared once.
   */
  @Test
  void tags_that_parts_share_and_tags_of_conditions_are_not_counted_again() {
    for (int tags : new int[] {30, 31}) {
      String[] events = new String[tags];
      for (int i = 0; i < tags; i++) {
        events[i] = "A:t" + i;
      }
      Sent sent =
          new Sent().part("a", ANY, 0, events).part("b", ANY, 0, events).part("c", ANY, 0, events);
      int puts = 1 + 3 * 2 + 3 * tags + tags;
      assertThat(invalid(sent)).isEqualTo(puts <= 128 ? null : KvError.TOO_MANY_OPS);
    }
    for (int items : new int[] {128, 129}) {
      Sent sent = new Sent().part("a", ANY, 0, "A");
      for (int i = 0; i < items; i++) {
        sent.unless(0, 0, "", "A", "t" + i);
      }
      assertThat(invalid(sent)).isEqualTo(items <= 128 ? null : KvError.TOO_MANY_OPS);
    }
  }

  /** What is in logs stays readable. */
  @Test
  void the_bytes_of_a_command_stay_what_they_are() {
    TxnRequest beside =
        new TxnRequest(List.of(), List.of(PutRequest.of(b("k"), b("v"))), List.of());
    StreamAppend request = StreamAppend.read(new Sent().part("a", ANY, 0, "A").message(), beside);
    Bytes command = CommandCodec.encode(3, 4, 5, request);
    assertThat(HexFormat.of().formatHex(command.toArray()))
        .isEqualTo(
            "01000000000000000304053201280a02722f12220a0161100120012a19080112107369787465656e"
                + "2d627974652d69642142030a0141040000010200016b017600");
    Command read = CommandCodec.decode(command);
    assertThat(read.principal()).isEqualTo(Principal.NOBODY);
    assertThat(((StreamAppend) read.request()).message()).isEqualTo(request.message());
    assertThat(((StreamAppend) read.request()).beside()).isEqualTo(beside);
    assertThatThrownBy(() -> CommandCodec.decode(command.slice(0, command.length() - 1)))
        .isInstanceOf(QuorateException.Corrupt.class);
  }
}
