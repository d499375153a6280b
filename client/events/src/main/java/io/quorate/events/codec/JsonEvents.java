package io.quorate.events.codec;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.NewEvent;
import io.quorate.events.RecordedEvent;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Events as JSON objects, by Jackson 3, which has to be on the class path: {@code
 * tools.jackson.core:jackson-databind}.
 *
 * <pre>{@code
 * sealed interface AccountEvent {
 *   record Opened(String owner) implements AccountEvent {}
 *   record Deposited(long cents, String currency) implements AccountEvent {}
 * }
 *
 * EventCodec<AccountEvent> codec =
 *     JsonEvents.builder(AccountEvent.class)
 *         .schema(AccountEvent.Deposited.class, 2)
 *         .upcast("Deposited", 1, json -> json.put("currency", "EUR"))
 *         .tags(event -> List.of())
 *         .build();
 * }</pre>
 *
 * <p>The type of an event is its class's simple name, unless another is said. Fields that a class
 * doesn't have are passed over; a class that was renamed keeps its name in the store, or gets an
 * upcaster.
 *
 * @param <E> the events: a sealed interface, or a class
 */
public final class JsonEvents<E> implements EventCodec<E> {
  private final ObjectMapper mapper;
  private final EventTypes<Class<? extends E>> types;
  private final Upcasters<ObjectNode> upcasters;
  private final Function<? super E, List<String>> tags;

  private JsonEvents(Builder<E> builder) {
    mapper = builder.mapper;
    types = builder.types;
    upcasters = builder.upcasters.build(types.forms());
    tags = builder.tags;
  }

  /** Of all classes that a sealed interface permits, each in its first form. */
  public static <E> JsonEvents<E> of(Class<E> events) {
    return builder(events).build();
  }

  /** Begins with all classes that a sealed interface permits, each in its first form. */
  public static <E> Builder<E> builder(Class<E> events) {
    return new Builder<>(events);
  }

  @Override
  public NewEvent encode(E event) {
    Form form = types.of(event.getClass());
    try {
      Bytes payload = Bytes.wrap(mapper.writeValueAsBytes(event));
      return NewEvent.of(form.type(), form.schema(), payload)
          .tagged(tags.apply(event).toArray(String[]::new));
    } catch (JacksonException e) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST, form + " can't be written as JSON: " + e.getMessage(), e);
    }
  }

  @Override
  public E decode(RecordedEvent event) {
    Form form = Form.of(event);
    Form today = upcasters.today(form);
    Class<? extends E> type = types.of(today);
    if (type == null) {
      throw Form.unreadable(
          event,
          "no class is known for " + form + "; it was written by newer software, perhaps",
          new IllegalArgumentException(form.toString()));
    }
    Bytes payload = event.payload();
    try {
      if (form.equals(today)) {
        return read(
            mapper.readValue(payload.array(), payload.arrayOffset(), payload.length(), type));
      }
      JsonNode tree = mapper.readTree(payload.array(), payload.arrayOffset(), payload.length());
      ObjectNode changed = upcasters.upcast(form, (ObjectNode) tree);
      return read(mapper.treeToValue(changed, type));
    } catch (RuntimeException e) { // of Jackson's, an upcaster's, or the event's constructor
      throw Form.unreadable(event, form + ": " + e.getMessage(), e);
    }
  }

  private static <T> T read(@Nullable T value) {
    if (value == null) {
      throw new IllegalArgumentException("it is null");
    }
    return value;
  }

  /** Says what differs from the defaults. Not for use by several threads. */
  public static final class Builder<E> {
    private final Class<E> events;
    private final EventTypes<Class<? extends E>> types = new EventTypes<>();
    private final Upcasters.Builder<ObjectNode> upcasters = new Upcasters.Builder<>();
    private ObjectMapper mapper = JsonMapper.shared();
    private Function<? super E, List<String>> tags = event -> List.of();

    private Builder(Class<E> events) {
      this.events = events;
      for (Class<?> each : EventTypes.permitted(events)) {
        types.add(each, new Form(each.getSimpleName(), 1), each.asSubclass(events));
      }
    }

    /** Written as this type and form from now on. */
    public Builder<E> type(Class<? extends E> event, String type, int schema) {
      types.add(event, new Form(type, schema), event);
      return this;
    }

    /** Written under its simple name, in this form, from now on. */
    public Builder<E> schema(Class<? extends E> event, int schema) {
      return type(event, event.getSimpleName(), schema);
    }

    /**
     * Events of this form are told in the next one.
     *
     * @param change changes the object that it is given
     */
    public Builder<E> upcast(String type, int schema, Consumer<ObjectNode> change) {
      return upcast(type, schema, type, schema + 1, change);
    }

    /** Events of this form are told in another one, of another type perhaps. */
    public Builder<E> upcast(
        String type, int schema, String toType, int toSchema, Consumer<ObjectNode> change) {
      upcasters.step(
          new Form(type, schema),
          new Form(toType, toSchema),
          json -> {
            change.accept(json);
            return json;
          });
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

    /** Written and read by this mapper. */
    public Builder<E> mapper(ObjectMapper mapper) {
      this.mapper = mapper;
      return this;
    }

    /**
     * The codec.
     *
     * @throws IllegalArgumentException if no class is known, a form has two classes, upcasters lead
     *     nowhere, or a form before one that is known has none and isn't said to be {@link
     *     #neverWritten}
     */
    public JsonEvents<E> build() {
      if (types.isEmpty()) {
        throw new IllegalArgumentException(
            events.getName() + " is not sealed: seal it, or name its classes by type");
      }
      return new JsonEvents<>(this);
    }
  }
}
