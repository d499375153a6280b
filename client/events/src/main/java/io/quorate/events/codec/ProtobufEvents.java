package io.quorate.events.codec;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.quorate.base.Bytes;
import io.quorate.events.NewEvent;
import io.quorate.events.RecordedEvent;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Events as Protobuf messages, by {@code com.google.protobuf:protobuf-java} or {@code
 * protobuf-javalite}, which has to be on the class path. Protobuf itself reads what was written by
 * an earlier or a later form of a message; upcasters are for what changed its meaning.
 *
 * @param <E> the events: usually {@code MessageLite}
 */
public final class ProtobufEvents<E extends MessageLite> implements EventCodec<E> {
  private final EventTypes<Parser<? extends E>> types;
  private final Upcasters<Bytes> upcasters;
  private final Function<? super E, List<String>> tags;

  private ProtobufEvents(Builder<E> builder) {
    types = builder.types;
    upcasters = builder.upcasters.build(types.forms());
    tags = builder.tags;
  }

  /** Begins without any message. */
  public static <E extends MessageLite> Builder<E> builder() {
    return new Builder<>();
  }

  @Override
  public NewEvent encode(E event) {
    Form form = types.of(event.getClass());
    return NewEvent.of(form.type(), form.schema(), Bytes.wrap(event.toByteArray()))
        .tagged(tags.apply(event).toArray(String[]::new));
  }

  @Override
  public E decode(RecordedEvent event) {
    Form form = Form.of(event);
    Parser<? extends E> parser = types.of(upcasters.today(form));
    if (parser == null) {
      throw Form.unreadable(
          event,
          "no message is known for " + form + "; it was written by newer software, perhaps",
          new IllegalArgumentException(form.toString()));
    }
    try {
      Bytes now = upcasters.upcast(form, event.payload());
      return parser.parseFrom(now.array(), now.arrayOffset(), now.length());
    } catch (InvalidProtocolBufferException | RuntimeException e) {
      throw Form.unreadable(event, form + ": " + e.getMessage(), e);
    }
  }

  /** Says which messages there are. Not for use by several threads. */
  public static final class Builder<E extends MessageLite> {
    private final EventTypes<Parser<? extends E>> types = new EventTypes<>();
    private final Upcasters.Builder<Bytes> upcasters = new Upcasters.Builder<>();
    private Function<? super E, List<String>> tags = event -> List.of();

    private Builder() {}

    /** A message, written as this type and form. */
    public <T extends E> Builder<E> type(
        Class<T> message, Parser<T> parser, String type, int schema) {
      types.add(message, new Form(type, schema), parser);
      return this;
    }

    /** A message, written under its class's simple name in its first form. */
    public <T extends E> Builder<E> type(Class<T> message, Parser<T> parser) {
      return type(message, parser, message.getSimpleName(), 1);
    }

    /** Events of this form are told in the next one. */
    public Builder<E> upcast(String type, int schema, UnaryOperator<Bytes> change) {
      return upcast(type, schema, type, schema + 1, change);
    }

    /** Events of this form are told in another one, of another type perhaps. */
    public Builder<E> upcast(
        String type, int schema, String toType, int toSchema, UnaryOperator<Bytes> change) {
      upcasters.step(new Form(type, schema), new Form(toType, toSchema), change);
      return this;
    }

    /**
     * No event has this form: its type began with a later one, or it was given up before anything
     * was written in it. So it needs no upcaster.
     */
    public Builder<E> neverWritten(String type, int schema) {
      upcasters.neverWritten(new Form(type, schema));
      return this;
    }

    /** By which tags an event is found. */
    public Builder<E> tags(Function<? super E, List<String>> tags) {
      this.tags = tags;
      return this;
    }

    /**
     * The codec.
     *
     * @throws IllegalArgumentException if a form has two messages, upcasters lead nowhere, or a
     *     form before one that is known has none and isn't said to be {@link #neverWritten}
     */
    public ProtobufEvents<E> build() {
      return new ProtobufEvents<>(this);
    }
  }
}
