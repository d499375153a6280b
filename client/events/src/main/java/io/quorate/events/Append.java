package io.quorate.events;

import io.quorate.client.Compare;
import io.quorate.client.Op;
import io.quorate.recipes.ids.Uuid7;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Events that are to be appended to one stream or several, all or none of them.
 *
 * <pre>{@code
 * store.append(
 *     Append.to("orders/42", ExpectedVersion.exactly(7), paid)
 *         .and("customers/7", ExpectedVersion.any(), List.of(bought))
 *         .correlation("checkout-19"));
 * }</pre>
 *
 * <p>It has an id, which the events keep: carried out again with the same id, here or by another
 * process after a crash, it isn't done twice, and the answer says where it was done. Each method
 * gives another append with more in it, and the same id.
 *
 * <p>It has at most 1.5 MiB, and takes at most 128 operations of a transaction: some for each
 * stream, each tag, each item of a condition, and each of what is required or done besides. More
 * than that fails as {@code INVALID_REQUEST}.
 */
public final class Append {
  private final UUID id;
  private final Map<String, Part> parts;
  private final String correlation;
  private final String causation;
  private final List<Condition> conditions;
  private final List<Compare> compares;
  private final List<Op> ops;
  private final boolean remembered;

  /** What is appended to one stream. */
  record Part(ExpectedVersion expected, List<NewEvent> events) {
    Part {
      events = List.copyOf(events);
    }

    /** Of all its events together. */
    Set<String> tags() {
      Set<String> tags = new LinkedHashSet<>();
      events.forEach(event -> tags.addAll(event.tags()));
      return tags;
    }
  }

  /** What must not be there: an event that matches, behind a position. */
  record Condition(Query query, Position after) {
    boolean excludes(RecordedEvent event) {
      return event.position().isAfter(after) && query.matches(event);
    }
  }

  private Append(
      UUID id,
      Map<String, Part> parts,
      String correlation,
      String causation,
      List<Condition> conditions,
      List<Compare> compares,
      List<Op> ops,
      boolean remembered) {
    this.id = id;
    this.parts = parts;
    this.correlation = correlation;
    this.causation = causation;
    this.conditions = List.copyOf(conditions);
    this.compares = List.copyOf(compares);
    this.ops = List.copyOf(ops);
    this.remembered = remembered;
  }

  /** To one stream. */
  public static Append to(String stream, ExpectedVersion expected, NewEvent... events) {
    return to(stream, expected, List.of(events));
  }

  /**
   * To one stream.
   *
   * @param stream its name: not empty, at most 1,024 bytes, without control characters and {@code
   *     #}; usually a category and what it is the stream of, with a slash between them
   * @param expected what the stream must be like
   * @param events at least one
   */
  public static Append to(String stream, ExpectedVersion expected, List<NewEvent> events) {
    return new Append(Uuid7.next(), Map.of(), "", "", List.of(), List.of(), List.of(), false)
        .and(stream, expected, events);
  }

  /**
   * The same, and to another stream too.
   *
   * @param stream another than those before
   */
  public Append and(String stream, ExpectedVersion expected, List<NewEvent> events) {
    Layout.requireStream(stream);
    if (events.isEmpty()) {
      throw new IllegalArgumentException("an append to " + stream + " needs an event");
    }
    Map<String, Part> more = new LinkedHashMap<>(parts);
    if (more.put(stream, new Part(expected, events)) != null) {
      throw new IllegalArgumentException(
          "an append has each stream once, and " + stream + " is in it: join the events");
    }
    return new Append(id, more, correlation, causation, conditions, compares, ops, remembered);
  }

  /**
   * The same, with this id: one that follows from what the append is done for makes repeating it
   * safe beyond the life of this process.
   */
  public Append id(UUID id) {
    return new Append(id, parts, correlation, causation, conditions, compares, ops, remembered);
  }

  /**
   * The same, and that it was done is kept for good, by a key of its own: so a repetition is known
   * as such whatever version it names. An append that names no version somewhere is always
   * remembered.
   */
  public Append remembered() {
    return new Append(id, parts, correlation, causation, conditions, compares, ops, true);
  }

  /** The same, told to belong to something: all that was done in one conversation, for example. */
  public Append correlation(String id) {
    NewEvent.requireText(id);
    return new Append(this.id, parts, id, causation, conditions, compares, ops, remembered);
  }

  /** The same, told to be done for something: an event's id, or a command's. */
  public Append causation(String id) {
    NewEvent.requireText(id);
    return new Append(this.id, parts, correlation, id, conditions, compares, ops, remembered);
  }

  /** The same, done for this event, and belonging to what that belongs to. */
  public Append causedBy(RecordedEvent event) {
    return correlation(event.correlation()).causation(event.id().toString());
  }

  /**
   * The same, but only if no event behind a position matches a query: what was decided by what a
   * query found holds only as long as it would find the same. (Dynamic consistency boundary.)
   *
   * @param query each of its items names a tag, a stream or a category; for types alone there is
   *     nothing by which the store could tell. Tags are what this is made for: a category's, or a
   *     stream's, appends are all looked through by the store each time
   * @param after how far was read: an {@link EventPage#upTo}
   */
  public Append unless(Query query, Position after) {
    for (Query.Item item : query.items()) {
      if (item.tags().isEmpty() && item.stream() == null && item.category().isEmpty()) {
        throw new IllegalArgumentException(
            "an append can't depend on all events, nor on all of a type: let each item of the"
                + " query name a tag, a stream or a category");
      }
    }
    List<Condition> more = new ArrayList<>(conditions);
    more.add(new Condition(query, after));
    return new Append(id, parts, correlation, causation, more, compares, ops, remembered);
  }

  /** The same, but only if these hold in the store. */
  public Append require(Compare... more) {
    List<Compare> all = new ArrayList<>(compares);
    all.addAll(List.of(more));
    return new Append(id, parts, correlation, causation, conditions, all, ops, remembered);
  }

  /**
   * The same, and this is done in the store too, in the same step: a projection's state, for
   * example, or a checkpoint. The keys are those of the client, not of the event store.
   */
  public Append also(Op... more) {
    List<Op> all = new ArrayList<>(ops);
    all.addAll(List.of(more));
    return new Append(id, parts, correlation, causation, conditions, compares, all, remembered);
  }

  /** By which it is known to have been done. */
  public UUID id() {
    return id;
  }

  /** What it appends, in the order in which the streams were named. */
  Map<String, Part> parts() {
    return parts;
  }

  /** Of all events together. */
  Set<String> tags() {
    Set<String> tags = new LinkedHashSet<>();
    parts.values().forEach(part -> tags.addAll(part.tags()));
    return tags;
  }

  String correlation() {
    return correlation;
  }

  String causation() {
    return causation;
  }

  List<Condition> conditions() {
    return conditions;
  }

  List<Compare> compares() {
    return compares;
  }

  List<Op> ops() {
    return ops;
  }

  /** Whether that it was done has a key of its own. */
  boolean isRemembered() {
    return remembered || parts.values().stream().anyMatch(part -> !part.expected().isExact());
  }
}
