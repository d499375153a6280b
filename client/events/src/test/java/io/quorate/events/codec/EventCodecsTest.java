package io.quorate.events.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Int64Value;
import com.google.protobuf.MessageLite;
import com.google.protobuf.StringValue;
import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.EventId;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What was written is read, in whatever form it was; and what nobody knows is named. */
class EventCodecsTest {
  /** What happens. */
  sealed interface Happening {
    record Opened(String owner) implements Happening {}

    sealed interface Moved extends Happening {}

    record Deposited(long cents, String currency) implements Moved {}

    record Withdrawn(long cents) implements Moved {}
  }

  private static RecordedEvent recorded(String type, int schema, String payload) {
    return recorded(NewEvent.of(type, schema, Bytes.utf8(payload)));
  }

  private static RecordedEvent recorded(NewEvent event) {
    return new RecordedEvent(
        "accounts/7",
        3,
        new Position(9, 0),
        new EventId(new UUID(1, 2), 0),
        0,
        event.type(),
        event.schema(),
        event.payload(),
        event.tags(),
        new TreeMap<>(),
        "",
        "");
  }

  @Test
  void all_records_of_a_sealed_interface_are_written_under_their_names_and_read() {
    JsonEvents<Happening> codec = JsonEvents.of(Happening.class);
    for (Happening each :
        List.of(
            new Happening.Opened("Ada"),
            new Happening.Deposited(5, "EUR"),
            new Happening.Withdrawn(3))) {
      NewEvent written = codec.encode(each);
      assertThat(written.type()).isEqualTo(each.getClass().getSimpleName());
      assertThat(written.schema()).isEqualTo(1);
      assertThat(codec.decode(recorded(written))).isEqualTo(each);
    }
  }

  /** Somebody forgot to seal it. */
  interface Open {
    record Done(String by) implements Open {}
  }

  @Test
  void events_that_are_not_sealed_are_refused_unless_their_classes_are_named() {
    assertThatThrownBy(() -> JsonEvents.of(Open.class))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Open is not sealed: seal it, or name its classes by type");
    JsonEvents<Open> codec =
        JsonEvents.builder(Open.class).type(Open.Done.class, "Done", 1).build();
    NewEvent written = codec.encode(new Open.Done("Ada"));
    assertThat(codec.decode(recorded(written))).isEqualTo(new Open.Done("Ada"));
  }

  @Test
  void what_was_written_in_earlier_forms_is_told_in_todays() {
    JsonEvents<Happening> codec =
        JsonEvents.builder(Happening.class)
            .schema(Happening.Deposited.class, 3)
            .upcast("Deposited", 1, json -> json.put("cents", 100 * json.get("euros").asLong()))
            .upcast("Deposited", 2, json -> json.put("currency", "EUR"))
            .upcast("Inaugurated", 1, "Opened", 1, json -> json.set("owner", json.get("by")))
            .tags(event -> List.of("of:" + event.getClass().getSimpleName()))
            .build();
    assertThat(codec.decode(recorded("Deposited", 1, "{\"euros\":5}")))
        .isEqualTo(new Happening.Deposited(500, "EUR"));
    assertThat(codec.decode(recorded("Deposited", 2, "{\"cents\":5}")))
        .isEqualTo(new Happening.Deposited(5, "EUR"));
    assertThat(codec.decode(recorded("Inaugurated", 1, "{\"by\":\"Ada\"}")))
        .isEqualTo(new Happening.Opened("Ada"));
    NewEvent written = codec.encode(new Happening.Deposited(5, "USD"));
    assertThat(written.schema()).isEqualTo(3);
    assertThat(written.tags()).containsExactly("of:Deposited");
  }

  @Test
  void what_nobody_knows_or_can_not_be_read_is_named() {
    JsonEvents<Happening> codec =
        JsonEvents.builder(Happening.class)
            .upcast(
                "Broken",
                1,
                "Opened",
                1,
                json -> {
                  throw new IllegalStateException("an upcaster's bug");
                })
            .build();
    for (RecordedEvent each :
        List.of(
            recorded("Frozen", 1, "{}"),
            recorded("Opened", 2, "{}"),
            recorded("Opened", 1, "not JSON"),
            recorded("Opened", 1, "null"),
            recorded("Broken", 1, "{}"),
            recorded("Broken", 1, "[]"))) {
      assertThatThrownBy(() -> codec.decode(each))
          .isInstanceOfSatisfying(
              QuorateException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.VALUE_UNREADABLE))
          .hasMessageContaining("event 3 of accounts/7 at 0000000000000009.00000000");
    }
  }

  @Test
  void chains_that_lead_nowhere_are_refused_when_they_are_built() {
    assertThatThrownBy(
            () -> JsonEvents.builder(Happening.class).upcast("Old", 1, json -> {}).build())
        .hasMessageContaining("from Old 1 end at Old 2, which is not written today");
    assertThatThrownBy(() ->
            JsonEvents.builder(Happening.class)
                .upcast("Old", 1, "Older", 1, json -> {})
                .upcast("Older", 1, "Old", 1, json -> {})
                .build())
        .hasMessageContaining("in a circle");
    assertThatThrownBy(
            () -> JsonEvents.builder(Happening.class).upcast("Opened", 1, json -> {}).build())
        .hasMessageContaining("what is written today");
    assertThatThrownBy(() ->
            JsonEvents.builder(Happening.class)
                .upcast("Old", 1, "Opened", 1, json -> {})
                .upcast("Old", 1, "Withdrawn", 1, json -> {}))
        .hasMessageContaining("two upcasters begin at Old 1");
    assertThatThrownBy(
            () -> JsonEvents.builder(Happening.class).type(Happening.Opened.class, "Withdrawn", 1))
        .hasMessageContaining("two classes are written as Withdrawn 1");
  }

  @Test
  void forms_that_were_left_out_are_missed_when_chains_are_built() {
    assertThatThrownBy(() ->
            JsonEvents.builder(Happening.class)
                .schema(Happening.Deposited.class, 3)
                .upcast("Deposited", 2, json -> {})
                .build())
        .hasMessage(
            "there is Deposited 2, but no upcaster begins at Deposited 1: add one, or say that it"
                + " was never written");
    assertThatThrownBy(() ->
            JsonEvents.builder(Happening.class)
                .schema(Happening.Deposited.class, 3)
                .upcast("Deposited", 1, json -> {})
                .build())
        .hasMessageContaining("from Deposited 1 end at Deposited 2");
    assertThatThrownBy(
            () -> // what has another name today had forms of its own
            JsonEvents.builder(Happening.class)
                    .upcast("Inaugurated", 2, "Opened", 1, json -> {})
                    .build())
        .hasMessageContaining("there is Inaugurated 2, but no upcaster begins at Inaugurated 1");
    assertThatThrownBy(() ->
            ProtobufEvents.<MessageLite>builder()
                .type(StringValue.class, StringValue.parser(), "Opened", 2)
                .build())
        .hasMessageContaining("no upcaster begins at Opened 1");
  }

  @Test
  void forms_that_were_never_written_are_not_missed() {
    JsonEvents<Happening> codec =
        JsonEvents.builder(Happening.class)
            .schema(Happening.Deposited.class, 4)
            .neverWritten("Deposited", 1)
            .upcast("Deposited", 2, "Deposited", 4, json -> json.put("currency", "EUR"))
            .neverWritten("Deposited", 3)
            .build();
    assertThat(codec.decode(recorded("Deposited", 2, "{\"cents\":5}")))
        .isEqualTo(new Happening.Deposited(5, "EUR"));
    assertThatThrownBy(() -> codec.decode(recorded("Deposited", 1, "{\"cents\":5}")))
        .hasMessageContaining("no class is known for Deposited 1");
    assertThat(
            ProtobufEvents.<MessageLite>builder()
                .type(StringValue.class, StringValue.parser(), "Opened", 2)
                .neverWritten("Opened", 1)
                .build()
                .encode(StringValue.of("Ada"))
                .schema())
        .isEqualTo(2);
    assertThatThrownBy(() -> JsonEvents.builder(Happening.class).neverWritten("Opened", 1).build())
        .hasMessageContaining("Opened 1 is said never to have been written");
  }

  @Test
  void messages_of_protobuf_are_written_and_read_with_upcasters_before_them() {
    ProtobufEvents<MessageLite> codec =
        ProtobufEvents.<MessageLite>builder()
            .type(StringValue.class, StringValue.parser(), "Opened", 1)
            .type(Int64Value.class, Int64Value.parser(), "Deposited", 2)
            .upcast("Deposited", 1, payload -> Bytes.wrap(Int64Value.of(7).toByteArray()))
            .build();
    NewEvent written = codec.encode(StringValue.of("Ada"));
    assertThat(written.type()).isEqualTo("Opened");
    assertThat(codec.decode(recorded(written))).isEqualTo(StringValue.of("Ada"));
    assertThat(codec.decode(recorded("Deposited", 1, ""))).isEqualTo(Int64Value.of(7));
    assertThatThrownBy(() -> codec.decode(recorded("Frozen", 1, "")))
        .hasMessageContaining("newer software");
    assertThatThrownBy(() -> codec.decode(recorded("Opened", 1, "\ncx")))
        .hasMessageContaining("Opened 1");
    assertThatThrownBy(() -> codec.encode(com.google.protobuf.BoolValue.of(true)))
        .isInstanceOf(QuorateException.Rejected.class);
  }
}
