package io.quorate.conformance;

import static io.quorate.conformance.Requests.FROM_KEY;
import static io.quorate.conformance.Requests.bytes;
import static io.quorate.conformance.Requests.delete;
import static io.quorate.conformance.Requests.get;
import static io.quorate.conformance.Requests.put;
import static io.quorate.conformance.Requests.range;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeRequest.SortOrder;
import io.quorate.protocol.etcdserverpb.RangeRequest.SortTarget;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.mvccpb.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What is read: ranges, revisions, order, filters. */
@AgainstServers
class RangeTest extends Case {
  RangeTest(Subject subject) {
    super(subject);
  }

  private RangeRequest.Builder all() {
    return range(key(""), end());
  }

  private List<String> names(RangeResponse response) {
    int prefix = key("").size();
    return response.getKvsList().stream()
        .map(kv -> kv.getKey().substring(prefix).toStringUtf8())
        .toList();
  }

  /** Four keys whose orders by key, version, creation, change and value all differ. */
  private void fourKeys() {
    for (String each : List.of("c=3", "a=1", "d=0", "b=9", "a=2", "a=5", "c=4")) {
      api.put(put(key(each.substring(0, 1)), each.substring(2)));
    }
  }

  @Test
  void an_old_revision_is_read_as_it_was() {
    api.put(put(key("a"), "1"));
    long first = revision();
    api.put(put(key("a"), "2"));
    api.delete(delete(key("a")));
    long tombstone = revision();
    api.put(put(key("a"), "3"));

    RangeResponse old = api.range(get(key("a")).setRevision(first));
    assertThat(old.getKvs(0).getValue()).isEqualTo(bytes("1"));
    assertThat(old.getHeader().getRevision()).as("the header tells of now").isEqualTo(first + 3);
    assertThat(api.range(get(key("a")).setRevision(tombstone)).getCount()).isZero();
    assertThat(api.refusal(get(key("a")).setRevision(first + 4))).isEqualTo(Refusals.FUTURE);
    assertThat(api.range(get(key("a")).setRevision(-7)).getKvs(0).getValue()).isEqualTo(bytes("3"));
  }

  @Test
  void an_empty_key_is_refused_also_with_an_end() {
    assertThat(api.refusal(get(ByteString.EMPTY))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(range(ByteString.EMPTY, FROM_KEY))).isEqualTo(Refusals.NO_KEY);
    assertThat(api.refusal(range(ByteString.EMPTY, bytes("x")))).isEqualTo(Refusals.NO_KEY);
  }

  @Test
  void ends_of_ranges_have_three_meanings() {
    for (String name : List.of("b", "c", "d")) {
      api.put(put(key(name), name));
    }
    assertThat(names(api.range(get(key("c"))))).containsExactly("c");
    assertThat(names(api.range(range(key("c"), key("d"))))).containsExactly("c");
    assertThat(names(api.range(range(key("c"), FROM_KEY).setLimit(2)))).containsExactly("c", "d");
    assertThat(api.range(range(FROM_KEY, FROM_KEY).setCountOnly(true)).getCount())
        .as("everything")
        .isGreaterThanOrEqualTo(api.range(range(key("b"), FROM_KEY)).getCount());
    for (RangeRequest.Builder inverted :
        List.of(range(key("d"), key("b")), range(key("c"), key("c")))) {
      RangeResponse empty = api.range(inverted);
      assertThat(empty.getCount()).isZero();
      assertThat(empty.getKvsList()).isEmpty();
    }
  }

  /** Shows that keys compare as unsigned bytes, whatever bytes they are. */
  @Test
  void keys_are_bytes_and_sort_unsigned() {
    List<byte[]> tails =
        List.of(
            new byte[] {0},
            new byte[] {0, 0},
            new byte[] {1},
            new byte[] {127},
            new byte[] {-128},
            new byte[] {-61, 40},
            new byte[] {-1},
            new byte[] {-1, -1});
    for (byte[] tail : tails.reversed()) {
      api.put(put(key("").concat(ByteString.copyFrom(tail)), "x"));
    }
    assertThat(api.range(all()).getKvsList().stream().map(KeyValue::getKey))
        .containsExactlyElementsOf(
            tails.stream().map(tail -> key("").concat(ByteString.copyFrom(tail))).toList());
  }

  @Test
  void a_limit_bounds_the_keys_but_not_the_count() {
    fourKeys();
    RangeResponse two = api.range(all().setLimit(2));
    assertThat(names(two)).containsExactly("a", "b");
    assertThat(two.getMore()).isTrue();
    assertThat(two.getCount()).isEqualTo(4);
    for (long limit : new long[] {4, 5, 0, -1}) {
      RangeResponse whole = api.range(all().setLimit(limit));
      assertThat(whole.getKvsCount()).as("limit %d", limit).isEqualTo(4);
      assertThat(whole.getMore()).as("limit %d", limit).isFalse();
    }
  }

  @Test
  void each_target_sorts_in_each_order() {
    fourKeys();
    Object[][] sorts = {
      {SortTarget.KEY, "abcd"},
      {SortTarget.VERSION, "bdca"},
      {SortTarget.CREATE, "cadb"},
      {SortTarget.MOD, "dbac"},
      {SortTarget.VALUE, "dcab"},
    };
    for (Object[] sort : sorts) {
      SortTarget target = (SortTarget) sort[0];
      // By version b and d are equal, and equal ones may come in any order.
      boolean byVersion = target == SortTarget.VERSION;
      String ascending = (String) sort[1];
      String descending = new StringBuilder(ascending).reverse().toString();
      for (SortOrder order : List.of(SortOrder.NONE, SortOrder.ASCEND, SortOrder.DESCEND)) {
        String sorted =
            String.join("", names(api.range(all().setSortTarget(target).setSortOrder(order))));
        String expected = order == SortOrder.DESCEND ? descending : ascending;
        if (byVersion) {
          sorted = sorted.replace('d', 'b');
          expected = expected.replace('d', 'b');
        }
        assertThat(sorted).as("%s %s", target, order).isEqualTo(expected);
      }
    }
  }

  @Test
  void sorting_comes_before_the_limit() {
    fourKeys();
    RangeResponse two =
        api.range(
            all().setSortTarget(SortTarget.VALUE).setSortOrder(SortOrder.DESCEND).setLimit(2));
    assertThat(names(two)).containsExactly("b", "a");
    assertThat(two.getMore()).isTrue();
    assertThat(two.getCount()).isEqualTo(4);
  }

  @Test
  void a_sort_that_does_not_exist_is_refused() {
    if (!server.has(Difference.SORT_CHECKED)) {
      return; // falls over it
    }
    assertThat(api.refusal(all().setSortTargetValue(9))).isEqualTo(Refusals.BAD_SORT);
    assertThat(api.refusal(all().setSortOrderValue(9))).isEqualTo(Refusals.BAD_SORT);
    assertThat(api.refusal(all().setSortOrderValue(-1))).isEqualTo(Refusals.BAD_SORT);
  }

  @Test
  void filters_choose_by_revision_and_leave_the_count_alone() {
    long before = revision();
    fourKeys(); // b: +4, d: +3, a: +2 to +6, c: +1 to +7
    RangeResponse late = api.range(all().setMinModRevision(before + 6));
    assertThat(names(late)).containsExactly("a", "c");
    assertThat(late.getCount()).isEqualTo(4);
    assertThat(names(api.range(all().setMaxModRevision(before + 4)))).containsExactly("b", "d");
    assertThat(names(api.range(all().setMinCreateRevision(before + 3)))).containsExactly("b", "d");
    RangeResponse early = api.range(all().setMaxCreateRevision(before + 2));
    assertThat(names(early)).containsExactly("a", "c");
    assertThat(early.getMore()).isFalse();
    RangeResponse one = api.range(all().setMinModRevision(before + 4).setLimit(1));
    assertThat(names(one)).as("filters come before the limit").containsExactly("a");
    assertThat(one.getMore()).isTrue();
    assertThat(one.getCount()).isEqualTo(4);
  }

  @Test
  void a_count_has_no_keys_and_keys_only_no_values() {
    fourKeys();
    RangeResponse count = api.range(all().setCountOnly(true).setLimit(1));
    assertThat(count.getCount()).isEqualTo(4);
    assertThat(count.getKvsList()).isEmpty();
    assertThat(count.getMore()).isFalse();

    RangeResponse keys = api.range(all().setKeysOnly(true).setSortTarget(SortTarget.VALUE));
    assertThat(names(keys)).as("sorted by what is left out").containsExactly("d", "c", "a", "b");
    assertThat(keys.getKvsList()).allMatch(kv -> kv.getValue().isEmpty());
    assertThat(keys.getKvsList()).allMatch(kv -> kv.getModRevision() > 0);
  }

  @Test
  void a_serializable_read_answers_alike() {
    api.put(put(key("a"), "1"));
    RangeResponse strong = api.range(get(key("a")));
    RangeResponse local = api.range(get(key("a")).setSerializable(true));
    assertThat(local.getKvsList()).isEqualTo(strong.getKvsList());
    assertThat(local.getHeader()).isEqualTo(strong.getHeader());
  }

  @Test
  void unknown_fields_are_ignored() {
    api.put(put(key("a"), "1"));
    UnknownFieldSet strange =
        UnknownFieldSet.newBuilder()
            .addField(777, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .addField(778, UnknownFieldSet.Field.newBuilder().addLengthDelimited(key("x")).build())
            .addField(779, UnknownFieldSet.Field.newBuilder().addFixed64(5).build())
            .build();
    assertThat(api.range(get(key("a")).setUnknownFields(strange)).getCount()).isEqualTo(1);
    assertThat(api.put(put(key("a"), "2").setUnknownFields(strange)).hasHeader()).isTrue();
  }

  @Test
  void headers_name_the_cluster_the_member_and_the_term() {
    RangeResponse first = api.range(get(key("a")));
    assertThat(first.getHeader().getClusterId()).isNotZero();
    assertThat(first.getHeader().getMemberId()).isNotZero();
    assertThat(first.getHeader().getRaftTerm()).isPositive();
    assertThat(api.put(put(key("a"), "1")).getHeader().getRevision())
        .isEqualTo(first.getHeader().getRevision() + 1);
  }

  /** Shows that pages of a range at one revision make up the range, as Kubernetes lists. */
  @Test
  void pages_of_one_revision_make_up_the_range() {
    IntStream.range(0, 25).forEach(i -> api.put(put(key("p%02d".formatted(i)), "x")));
    RangeResponse page = api.range(all().setLimit(10));
    long revision = page.getHeader().getRevision();
    var pages = new ArrayList<>(names(page));
    Random random = new Random(1);
    while (page.getMore()) {
      api.put(put(key("p%02d-new".formatted(random.nextInt(25))), "x"));
      ByteString next = page.getKvs(page.getKvsCount() - 1).getKey().concat(FROM_KEY);
      long left = 25L - pages.size();
      page = api.range(range(next, end()).setLimit(10).setRevision(revision));
      assertThat(page.getCount()).isEqualTo(left);
      pages.addAll(names(page));
    }
    assertThat(pages)
        .containsExactlyElementsOf(IntStream.range(0, 25).mapToObj("p%02d"::formatted).toList());
  }
}
