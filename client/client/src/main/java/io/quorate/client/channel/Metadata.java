package io.quorate.client.channel;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names and texts that travel beside a request, such as {@code token} or {@code hasleader}. Names
 * are in lower case, texts printable ASCII. Never changes.
 */
public final class Metadata {
  /** Nothing beside the request. */
  public static final Metadata EMPTY = new Metadata(List.of());

  private final List<Entry> entries;

  private Metadata(List<Entry> entries) {
    this.entries = entries;
  }

  /** One name and its text. */
  public record Entry(String name, String text) {}

  /**
   * This and one more entry behind it.
   *
   * @throws IllegalArgumentException if name or text can't travel as a header
   */
  public Metadata with(String name, String text) {
    if (name.isEmpty() || !isToken(name)) {
      throw new IllegalArgumentException("not a header name: " + name);
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < 0x20 || text.charAt(i) > 0x7e) {
        throw new IllegalArgumentException("not printable ASCII: the text of " + name);
      }
    }
    List<Entry> more = new ArrayList<>(entries);
    more.add(new Entry(name, text));
    return new Metadata(List.copyOf(more));
  }

  /** In the order in which they were added. */
  public List<Entry> entries() {
    return entries;
  }

  /** The first text under this name, or null. */
  public @Nullable String first(String name) {
    for (Entry entry : entries) {
      if (entry.name().equals(name)) {
        return entry.text();
      }
    }
    return null;
  }

  private static boolean isToken(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      if (!plain && c != '-' && c != '_' && c != '.') {
        return false;
      }
    }
    return true;
  }

  @Override
  public String toString() {
    List<String> names = new ArrayList<>();
    for (Entry entry : entries) {
      names.add(entry.name()); // never the texts: a token is one of them
    }
    return "Metadata" + names;
  }
}
