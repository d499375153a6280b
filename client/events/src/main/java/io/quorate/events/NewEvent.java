package io.quorate.events;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * An event that is to be appended. Each method gives another with more in it.
 *
 * @param type what happened, such as {@code OrderPlaced}; not empty
 * @param schema which form of this type the payload has, from 1 on
 * @param payload what happened, in bytes; the store doesn't look into it
 * @param tags by which it is found beside its stream, such as {@code customer:7}; see {@link
 *     Query#tags}
 * @param headers what else is to be kept with it
 */
public record NewEvent(
    String type, int schema, Bytes payload, List<String> tags, SortedMap<String, String> headers) {

  /** Checks what could not be read back, and keeps the collections from changing. */
  public NewEvent {
    if (type.isEmpty()) {
      throw new IllegalArgumentException("an event needs a type");
    }
    if (schema < 1) {
      throw new IllegalArgumentException("schema=" + schema + ": the first form of a type is 1");
    }
    tags.forEach(Layout::requireTag);
    requireText(type);
    headers.forEach((name, value) -> {
      requireText(name);
      requireText(value);
    });
    tags = tags.stream().distinct().toList();
    headers = Collections.unmodifiableSortedMap(new TreeMap<>(headers));
  }

  /** Half of a surrogate pair would be read back as something else. */
  static void requireText(String text) {
    if (!Layout.isWhole(text)) {
      throw new IllegalArgumentException(
          "a text has half of a surrogate pair in it, and can't be kept: " + text);
    }
  }

  /** Of this type's first form. */
  public static NewEvent of(String type, Bytes payload) {
    return of(type, 1, payload);
  }

  /** Of this type and form. */
  public static NewEvent of(String type, int schema, Bytes payload) {
    return new NewEvent(type, schema, payload, List.of(), new TreeMap<>());
  }

  /** The same, found by these tags too. */
  public NewEvent tagged(String... more) {
    List<String> all = new ArrayList<>(tags);
    all.addAll(List.of(more));
    return new NewEvent(type, schema, payload, all, headers);
  }

  /** The same, with one more header; it takes the place of an earlier one of its name. */
  public NewEvent header(String name, String value) {
    SortedMap<String, String> all = new TreeMap<>(headers);
    all.put(name, value);
    return new NewEvent(type, schema, payload, tags, all);
  }
}
