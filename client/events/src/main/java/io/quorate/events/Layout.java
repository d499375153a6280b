package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.client.Keys;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Which keys an event store has. The key of an append is named after its <em>last</em> event: so
 * there is a key for version {@code v} exactly if an append ended there, which is what an expected
 * version has to know; and the first key from {@code v} on holds the event {@code v}, so reading
 * can begin anywhere.
 *
 * <p>Versions are written with as many digits as any has, so keys are in the order of versions. A
 * stream's name ends where {@code #} is, which none may have in it: so no stream's keys lie among
 * another's.
 */
final class Layout {
  /** Ends names in keys, and is therefore in none. */
  static final char END = '#';

  /** The version of a stream's end when it is closed for good: nothing can come behind it. */
  static final long VERSION_MAX = Long.MAX_VALUE;

  private static final int VERSION_DIGITS = 16;

  private final String root;

  /**
   * @param root what all keys begin with; ends with a slash
   */
  Layout(String root) {
    if (!root.endsWith("/") || root.length() == 1) {
      throw new IllegalArgumentException(
          "\""
              + root
              + "\" is no name of an event store: it ends with a slash, and is not only that");
    }
    if (root.getBytes(StandardCharsets.UTF_8).length > Limits.STREAM_NAME_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a name of an event store has at most " + Limits.STREAM_NAME_BYTES_MAX + " bytes");
    }
    this.root = root;
  }

  String root() {
    return root;
  }

  Bytes rootKey() {
    return Bytes.utf8(root);
  }

  // ---- names -----------------------------------------------------------------------------------

  static void requireStream(String name) {
    requireName("stream", name);
  }

  static void requireTag(String name) {
    requireName("tag", name);
  }

  private static void requireName(String what, String name) {
    String fault = null;
    if (name.isEmpty()) {
      fault = "it is empty";
    } else if (name.indexOf(END) >= 0) {
      fault = "it has a # in it, which ends names";
    } else if (name.chars().anyMatch(Character::isISOControl)) {
      fault = "it has a control character in it";
    } else if (!isWhole(name)) {
      fault = "it has half of a surrogate pair in it";
    } else if (name.getBytes(StandardCharsets.UTF_8).length > Limits.STREAM_NAME_BYTES_MAX) {
      fault = "it is longer than " + Limits.STREAM_NAME_BYTES_MAX + " bytes";
    }
    if (fault != null) {
      throw new IllegalArgumentException("\"" + name + "\" is no name of a " + what + ": " + fault);
    }
  }

  /** Whether it can be written as UTF-8 and read back. */
  static boolean isWhole(String name) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(name);
  }

  // ---- streams ---------------------------------------------------------------------------------

  /** What the keys of all streams begin with whose names begin like this. */
  Bytes streams(String namePrefix) {
    return Bytes.utf8(root + "s/" + namePrefix);
  }

  /** What the keys of one stream begin with. */
  Bytes stream(String name) {
    return Bytes.utf8(root + "s/" + name + END);
  }

  /** The key of the append that ends with this version. */
  Bytes commit(String stream, long version) {
    return Bytes.utf8(root + "s/" + stream + END + digits(version));
  }

  /** Behind all keys of a stream. */
  Bytes streamEnd(String name) {
    return Keys.prefixEnd(stream(name));
  }

  /** The stream of a key of {@link #streams}. */
  String streamOf(Bytes commit) {
    String name = below("s/", commit);
    requireCommit(commit, name.length() > VERSION_DIGITS + 1);
    return name.substring(0, name.length() - VERSION_DIGITS - 1);
  }

  /** The version of a key of {@link #streams}: of the last event that it holds. */
  static long versionOf(Bytes commit) {
    String key = commit.toUtf8();
    requireCommit(commit, key.length() > VERSION_DIGITS);
    try {
      return Long.parseLong(key.substring(key.length() - VERSION_DIGITS), 16);
    } catch (NumberFormatException e) {
      requireCommit(commit, false);
      throw e;
    }
  }

  private static void requireCommit(Bytes key, boolean isOne) {
    if (!isOne) {
      throw QuorateException.of(
          ErrorCode.VALUE_UNREADABLE, "no append to a stream wrote the key " + key.toUtf8());
    }
  }

  private static String digits(long version) {
    String hex = Long.toHexString(version);
    return "0".repeat(VERSION_DIGITS - hex.length()) + hex;
  }

  // ---- beside streams --------------------------------------------------------------------------

  /** What the keys begin with that tell which streams were begun. */
  Bytes begun(String namePrefix) {
    return Bytes.utf8(root + "m/" + namePrefix);
  }

  /** The stream of a key of {@link #begun}. */
  String streamOfBegun(Bytes key) {
    return below("m/", key);
  }

  /** What the keys begin with that tell which appends were done that named no version. */
  Bytes done() {
    return Bytes.utf8(root + "d/");
  }

  Bytes done(UUID append) {
    return Bytes.utf8(root + "d/" + append);
  }

  Bytes tagHead(String tag) {
    return Bytes.utf8(root + "t/" + tag);
  }

  /** What the keys begin with that tell which appends have a tag. */
  Bytes tagged(String tag) {
    return Bytes.utf8(root + "i/" + tag + END);
  }

  /** That an append to a stream has a tag. */
  Bytes tagged(String tag, String stream, long version) {
    return Bytes.utf8(root + "i/" + tag + END + stream + END + digits(version));
  }

  /** The key of the append that a key of {@link #tagged(String)} tells of. */
  Bytes commitOfTagged(Bytes key) {
    String text = below("i/", key);
    return Bytes.utf8(root + "s/" + text.substring(text.indexOf(END) + 1));
  }

  Bytes snapshot(String stream) {
    return Bytes.utf8(root + "n/" + stream);
  }

  private String below(String part, Bytes key) {
    return key.toUtf8().substring(root.length() + part.length());
  }
}
