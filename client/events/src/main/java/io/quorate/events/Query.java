package io.quorate.events;

import io.quorate.base.Limits;
import io.quorate.client.StreamsService;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which events: those that one of its items matches.
 *
 * @param items at least one
 */
public record Query(List<Item> items) {
  /** Keeps the list from changing. */
  public Query {
    items = List.copyOf(items);
    if (items.isEmpty()) {
      throw new IllegalArgumentException("a query needs an item; Query.all() matches all events");
    }
  }

  /**
   * One alternative: an event matches if all that is said of it is so.
   *
   * @param stream its stream; null for any
   * @param category what its stream's name begins with; empty for any
   * @param types one of which it has; empty for any
   * @param tags all of which it has
   */
  public record Item(
      @Nullable String stream, String category, SortedSet<String> types, SortedSet<String> tags) {
    private static final Item ANY = new Item(null, "", new TreeSet<>(), new TreeSet<>());

    /** Checks names, and keeps the sets from changing. */
    public Item {
      if (stream != null) {
        Layout.requireStream(stream);
      }
      tags.forEach(Layout::requireTag);
      types = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(types));
      tags = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(tags));
    }

    boolean matches(RecordedEvent event) {
      return (stream == null || stream.equals(event.stream()))
          && event.stream().startsWith(category)
          && (types.isEmpty() || types.contains(event.type()))
          && event.tags().containsAll(tags);
    }

    private Item withTypes(SortedSet<String> all) {
      if (!types.isEmpty()) {
        throw new IllegalArgumentException(
            "an event has one type, and the query names "
                + types
                + " already: name all in one call");
      }
      return new Item(stream, category, all, tags);
    }

    private Item withTags(SortedSet<String> more) {
      SortedSet<String> all = new TreeSet<>(tags);
      all.addAll(more);
      return new Item(stream, category, types, all);
    }
  }

  /** All events. */
  public static Query all() {
    return new Query(List.of(Item.ANY));
  }

  /** Those of one stream. */
  public static Query stream(String name) {
    return new Query(List.of(new Item(name, "", new TreeSet<>(), new TreeSet<>())));
  }

  /** Those of all streams whose names begin like this, such as {@code orders/}. */
  public static Query category(String namePrefix) {
    return new Query(List.of(new Item(null, namePrefix, new TreeSet<>(), new TreeSet<>())));
  }

  /** Those that have all of these tags. */
  public static Query tags(String... tags) {
    return all().withTags(tags);
  }

  /** Those of one of these types. */
  public static Query types(String... types) {
    return all().withTypes(types);
  }

  /**
   * The same, but only what has one of these types.
   *
   * @throws IllegalArgumentException if types are named already: name all of them in one call
   */
  public Query withTypes(String... types) {
    SortedSet<String> all = new TreeSet<>(Arrays.asList(types));
    return new Query(items.stream().map(item -> item.withTypes(all)).toList());
  }

  /** The same, but only what has all of these tags, besides those that are named already. */
  public Query withTags(String... tags) {
    SortedSet<String> more = new TreeSet<>(Arrays.asList(tags));
    return new Query(items.stream().map(item -> item.withTags(more)).toList());
  }

  /** What matches this or the other. */
  public Query or(Query other) {
    List<Item> both = new ArrayList<>(items);
    both.addAll(other.items);
    return new Query(both);
  }

  /** Whether an event is among them. */
  public boolean matches(RecordedEvent event) {
    for (Item item : items) {
      if (item.matches(event)) {
        return true;
      }
    }
    return false;
  }

  /** Whether each of its items names a stream. */
  boolean isOfStreams() {
    return items.stream().allMatch(item -> item.stream() != null);
  }

  /** Whether the members' service takes it. */
  boolean isAskable() {
    return items.size() <= Limits.STREAM_ITEMS_MAX
        && items.stream()
            .allMatch(item ->
                item.types().size() <= Limits.STREAM_TYPES_MAX
                    && item.tags().size() <= Limits.STREAM_ITEMS_MAX);
  }

  /** Whether the names of streams say all of it, and leave some out: keys tell what it matches. */
  boolean isOnlyByNames() {
    return !commonPrefix().isEmpty()
        && items.stream().allMatch(item -> item.types().isEmpty() && item.tags().isEmpty());
  }

  /** Whether each of its items names a tag. */
  boolean isByTags() {
    return items.stream().noneMatch(item -> item.tags().isEmpty());
  }

  /** The same in the words of the members' service. */
  List<StreamsService.Item> asAsked() {
    return items.stream()
        .map(item ->
            new StreamsService.Item(
                item.stream() == null ? "" : item.stream(),
                item.category(),
                List.copyOf(item.types()),
                List.copyOf(item.tags())))
        .toList();
  }

  /** What the names of all its events' streams begin with, as far as it says. */
  String commonPrefix() {
    String common = null;
    for (Item item : items) {
      String mine = item.stream() == null ? item.category() : item.stream() + Layout.END;
      common = common == null ? mine : common(common, mine);
    }
    return common == null ? "" : common;
  }

  private static String common(String a, String b) {
    int length = 0;
    while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
      length++;
    }
    if (length > 0 && Character.isHighSurrogate(a.charAt(length - 1))) {
      length--; // half of a character has no bytes
    }
    return a.substring(0, length);
  }
}
