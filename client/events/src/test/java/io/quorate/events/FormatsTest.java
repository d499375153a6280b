package io.quorate.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What keys hold stays readable: these bytes were written by the first version. */
class FormatsTest {
  private static final UUID ID = new UUID(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
  private static final Layout LAYOUT = new Layout("ns/");

  private static final Commit COMMIT =
      new Commit(
          ID,
          4,
          2,
          1_700_000_000_000L,
          "talk",
          "cause",
          List.of(
              NewEvent.of("Paid", 3, Bytes.utf8("5")).tagged("c:7").header("k", "v"),
              NewEvent.of("Sent", Bytes.EMPTY)),
          false);

  private static final String PAID = "0a045061696410031a01352203633a372a060a016b120176";

  private static final String COMMIT_BYTES =
      "080112100102030405060708090a0b0c0d0e0f10180420022880d095ffbc31"
          + "320474616c6b3a056361757365"
          + "42%02x".formatted(PAID.length() / 2)
          + PAID
          + "42080a0453656e741001";

  private static KeyValue kv(Bytes key, Bytes value) {
    return new KeyValue(key, value, 9, 9, 1, 0);
  }

  private static String hex(Bytes bytes) {
    return HexFormat.of().formatHex(bytes.toArray());
  }

  private static Bytes bytes(String hex) {
    return Bytes.wrap(HexFormat.of().parseHex(hex));
  }

  @Test
  void an_append_is_written_and_read_as_it_always_was() {
    assertThat(hex(COMMIT.encode())).isEqualTo(COMMIT_BYTES);
    assertThat(Commit.of(kv(LAYOUT.commit("s", 5), bytes(COMMIT_BYTES)))).isEqualTo(COMMIT);
  }

  @Test
  void what_is_no_append_is_refused_with_its_key() {
    for (String each : List.of("", "0802", "ffffffff", "08011210010203", "0801120101" + "1801")) {
      assertThatThrownBy(() -> Commit.of(kv(LAYOUT.commit("s", 5), bytes(each))))
          .isInstanceOfSatisfying(
              QuorateException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.VALUE_UNREADABLE))
          .hasMessageContaining("s#0000000000000005");
    }
    assertThatThrownBy(() -> Commit.of(kv(LAYOUT.commit("s", 6), COMMIT.encode())))
        .hasMessageContaining("it ends with version 5");
    assertThatThrownBy(() -> Commit.of(kv(LAYOUT.commit("s", 5), bytes("0802" + "1801"))))
        .hasMessageContaining("of a later version");
  }

  @Test
  void an_append_with_a_number_that_none_can_have_is_refused_with_its_key() {
    String large = "8080808010"; // 2^32
    String negative = "ffffffffffffffffff01"; // -1
    String most = "ffffffff07"; // the largest int, and there are two events
    for (String each :
        List.of(
            COMMIT_BYTES.replace("18042002", "180420" + large),
            COMMIT_BYTES.replace("18042002", "180420" + negative),
            COMMIT_BYTES.replace("18042002", "180420" + most),
            COMMIT_BYTES.replace("42080a0453656e741001", "420c0a0453656e7410" + large))) {
      assertThat(each).isNotEqualTo(COMMIT_BYTES);
      assertThatThrownBy(() -> Commit.of(kv(LAYOUT.commit("s", 5), bytes(each))))
          .isInstanceOfSatisfying(
              QuorateException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.VALUE_UNREADABLE))
          .hasMessageContaining("s#0000000000000005");
    }
  }

  @Test
  void an_append_that_is_shortened_keeps_positions_and_versions() {
    List<RecordedEvent> whole = COMMIT.recorded("s", 9);
    Commit rest = COMMIT.from(5);
    assertThat(rest.recorded("s", 9)).isEqualTo(whole.subList(1, 2));
    assertThat(rest.lastVersion()).isEqualTo(5);
    Commit none = COMMIT.from(100);
    assertThat(none.events()).isEmpty();
    assertThat(none.lastVersion()).isEqualTo(5);
    assertThat(Commit.of(kv(LAYOUT.commit("s", 5), none.encode()))).isEqualTo(none);
    assertThat(COMMIT.from(1)).isEqualTo(COMMIT);
  }

  @Test
  void that_an_append_was_done_is_written_and_read_as_it_always_was() {
    Map<String, Long> versions = new LinkedHashMap<>();
    versions.put("a", 3L);
    versions.put("b", 1L);
    Done done = new Done(4, versions);
    String expected = "080110041a050a016110031a050a01621001";
    assertThat(hex(done.encode())).isEqualTo(expected);
    assertThat(Done.of(kv(Bytes.utf8("k"), bytes(expected)))).isEqualTo(done);
    assertThatThrownBy(() -> Done.of(kv(Bytes.utf8("k"), bytes("0802"))))
        .hasMessageContaining("its format is 2");
  }

  @Test
  void a_snapshot_is_written_and_read_as_it_always_was_and_another_is_none() {
    Snapshot snapshot = new Snapshot(7, 300, "f-1", Bytes.utf8("state"));
    String expected = "0801100718ac022203662d312a057374617465";
    assertThat(hex(snapshot.encode())).isEqualTo(expected);
    assertThat(Snapshot.of(kv(Bytes.utf8("k"), bytes(expected)))).contains(snapshot);
    Snapshot sealed = new Snapshot(7, 300, "f-1", Bytes.utf8("state"), List.of("A", "B"));
    assertThat(hex(sealed.encode())).isEqualTo(expected + "320141320142");
    assertThat(Snapshot.of(kv(Bytes.utf8("k"), sealed.encode()))).contains(sealed);
    for (String other : List.of("", "0802100718ac02", "ff", "080110071800")) {
      assertThat(Snapshot.of(kv(Bytes.utf8("k"), bytes(other)))).isEmpty();
    }
  }

  @Test
  void keys_are_in_the_order_of_versions_and_streams_apart() {
    assertThat(LAYOUT.commit("a/b", 255).toUtf8()).isEqualTo("ns/s/a/b#00000000000000ff");
    assertThat(Layout.versionOf(LAYOUT.commit("a", 255))).isEqualTo(255);
    assertThat(LAYOUT.streamOf(LAYOUT.commit("a/b", 1))).isEqualTo("a/b");
    assertThat(LAYOUT.commit("a", 9)).isLessThan(LAYOUT.commit("a", 10));
    assertThat(LAYOUT.commit("a", Layout.VERSION_MAX)).isLessThan(LAYOUT.streamEnd("a"));
    assertThat(LAYOUT.commit("a/b", 1).startsWith(LAYOUT.stream("a"))).isFalse();
    assertThat(LAYOUT.commitOfTagged(LAYOUT.tagged("c:7", "a", 5)))
        .isEqualTo(LAYOUT.commit("a", 5));
    assertThatThrownBy(() -> new Layout("ns")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Layout("/")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void positions_are_texts_in_their_order() {
    Position position = new Position(255, 3);
    assertThat(position.toText()).isEqualTo("00000000000000ff.00000003");
    assertThat(Position.parse(position.toText())).isEqualTo(position);
    assertThat(Position.after(255)).isGreaterThan(position);
    assertThat(new Position(256, 0)).isGreaterThan(Position.after(255));
    for (String bad : List.of("", "1", "1.2.3", "x.1", "-1.0")) {
      assertThatThrownBy(() -> Position.parse(bad)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  /** Other languages come to the same: these are Python's, by {@code uuid.uuid5}. */
  @Test
  void an_id_for_what_is_done_for_an_event_stays_the_same() {
    assertThat(new EventId(ID, 0).uuid("shipping"))
        .hasToString("cba9c553-42fe-56ce-9677-e206c6be6057");
    assertThat(new EventId(ID, 1).uuid("shipping"))
        .hasToString("9f5321f4-a05e-5deb-998d-18acefafc545");
    assertThat(new EventId(ID, 0).uuid("größe"))
        .hasToString("515129d9-a29e-5399-bd62-a08d370f508c");
    assertThatThrownBy(() -> new EventId(ID, 0).uuid("\ud800"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
