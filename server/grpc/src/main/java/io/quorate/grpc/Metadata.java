package io.quorate.grpc;

import io.quorate.base.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Names and values that travel beside the messages of a call, in order; a name may occur more than
 * once. Names are lower-case; a name that ends in {@code -bin} has bytes for its value, any other
 * printable ASCII text. Unchanging and safe to share.
 */
public final class Metadata {
  /** None. */
  public static final Metadata EMPTY = new Metadata(List.of());

  private static final String BINARY_SUFFIX = "-bin";

  private final List<Entry> entries;

  private Metadata(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * One name and its value.
   *
   * @param name lower-case
   * @param value as text; Base64 without padding if the name ends in {@code -bin}
   */
  public record Entry(String name, String value) {}

  /** Starts a new one. */
  public static Builder builder() {
    return new Builder();
  }

  /** One name and its text. */
  public static Metadata of(String name, String value) {
    return builder().add(name, value).build();
  }

  /** All, in order. */
  public List<Entry> entries() {
    return entries;
  }

  /** Whether there are none. */
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  /** The last value of a name, or null: a name that is given twice means its last. */
  public @Nullable String get(String name) {
    for (int i = entries.size() - 1; i >= 0; i--) {
      Entry entry = entries.get(i);
      if (entry.name.equals(name)) {
        return entry.value;
      }
    }
    return null;
  }

  /**
   * The last value of a name that ends in {@code -bin}, or null; also null if it is not Base64. If
   * several values were joined by commas, the last of them.
   */
  public @Nullable Bytes getBinary(String name) {
    String value = get(name);
    if (value == null) {
      return null;
    }
    int comma = value.lastIndexOf(',');
    String last = comma < 0 ? value : value.substring(comma + 1).trim();
    try {
      return Bytes.wrap(Base64.getDecoder().decode(last));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Whether values of this name are bytes. */
  static boolean isBinary(String name) {
    return name.endsWith(BINARY_SUFFIX);
  }

  /** In the form of a list of pairs; values may be secret, so never for a log. */
  @Override
  public String toString() {
    return entries.toString();
  }

  /** Collects metadata. */
  public static final class Builder {
    private final List<Entry> entries = new ArrayList<>();

    private Builder() {}

    /**
     * Adds a text.
     *
     * @throws IllegalArgumentException if the name is not a legal one for text, or the text is not
     *     printable ASCII
     */
    public Builder add(String name, String value) {
      checkName(name);
      if (isBinary(name)) {
        throw new IllegalArgumentException("metadata %s wants bytes".formatted(name));
      }
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if (c < 0x20 || c > 0x7e) {
          throw new IllegalArgumentException("metadata %s is not ASCII text".formatted(name));
        }
      }
      entries.add(new Entry(name, value));
      return this;
    }

    /**
     * Adds bytes under a name that ends in {@code -bin}.
     *
     * @throws IllegalArgumentException if the name is not a legal one for bytes
     */
    public Builder add(String name, Bytes value) {
      checkName(name);
      if (!isBinary(name)) {
        throw new IllegalArgumentException("metadata %s wants text".formatted(name));
      }
      byte[] base64 = Base64.getEncoder().withoutPadding().encode(value.toArray());
      entries.add(new Entry(name, new String(base64, StandardCharsets.US_ASCII)));
      return this;
    }

    /** Adds what a peer sent, as it is. */
    Builder addReceived(String name, String value) {
      entries.add(new Entry(name, value));
      return this;
    }

    /** What was added. */
    public Metadata build() {
      return entries.isEmpty() ? EMPTY : new Metadata(List.copyOf(entries));
    }

    private static void checkName(String name) {
      boolean legal = !name.isEmpty() && !name.startsWith("grpc-status") && !name.startsWith(":");
      for (int i = 0; i < name.length() && legal; i++) {
        char c = name.charAt(i);
        legal =
            (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
      }
      if (!legal && !name.equals("grpc-status-details-bin")) {
        throw new IllegalArgumentException("not a metadata name: %s".formatted(name));
      }
    }
  }
}
