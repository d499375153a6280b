package io.quorate.streams;

import io.quorate.base.Bytes;
import java.nio.charset.StandardCharsets;

/** The keys below a root; what is in them, {@code events.proto} tells. */
record StreamKeys(Bytes root) {
  /** The version in the key of a stream that is closed for good: none comes behind it. */
  static final long VERSION_MAX = Long.MAX_VALUE;

  /** Ends names in keys, and is in none. */
  private static final char END = '#';

  private static final int DIGITS = 16;

  /** What the keys of all appends begin with. */
  Bytes commits() {
    return below("s/");
  }

  /** What the keys of the appends begin with to streams whose names begin like this. */
  Bytes category(String namePrefix) {
    return below("s/" + namePrefix);
  }

  /** What the keys of the appends to a stream begin with. */
  Bytes stream(String name) {
    return below("s/" + name + END);
  }

  /** The key of the append that ends with a version. */
  Bytes commit(String stream, long version) {
    return below("s/" + stream + END + digits(version));
  }

  /**
   * The version of the last event in an append to a stream; -1 if its key is none of such a one.
   */
  long versionOf(String stream, Bytes commit) {
    long version = 0;
    int head = stream(stream).length();
    if (commit.length() != head + DIGITS) {
      return -1;
    }
    for (int i = head; i < commit.length(); i++) {
      int digit = Character.digit(commit.at(i), 16);
      if (digit < 0) {
        return -1;
      }
      version = version << 4 | digit;
    }
    return version;
  }

  /** Says that a stream was begun. */
  Bytes begun(String stream) {
    return below("m/" + stream);
  }

  /** Says that an append was done. */
  Bytes done(String append) {
    return below("d/" + append);
  }

  /** Is written by each append that has a tag. */
  Bytes tagHead(String tag) {
    return below("t/" + tag);
  }

  /** What the keys begin with that tell which appends have which tags. */
  Bytes tagged() {
    return below("i/");
  }

  /** What the keys begin with that tell which appends have a tag. */
  Bytes tagged(String tag) {
    return below("i/" + tag + END);
  }

  /** What the keys begin with that tell which appends to a stream have a tag. */
  Bytes tagged(String tag, String stream) {
    return below("i/" + tag + END + stream + END);
  }

  /** That an append to a stream has a tag. */
  Bytes tagged(String tag, String stream, long version) {
    return below("i/" + tag + END + stream + END + digits(version));
  }

  /** The key of an append by what stands behind a tag's prefix. */
  Bytes commitOfTagged(Bytes rest) {
    return join(commits(), rest);
  }

  /** Behind all keys that begin with this. */
  static Bytes behind(Bytes prefix) {
    byte[] end = prefix.toArray();
    end[end.length - 1]++; // no name's UTF-8 form has a byte that can't be raised
    return Bytes.wrap(end);
  }

  private Bytes below(String name) {
    return join(root, Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)));
  }

  private static Bytes join(Bytes head, Bytes tail) {
    byte[] key = new byte[head.length() + tail.length()];
    tail.copyTo(key, head.copyTo(key, 0));
    return Bytes.wrap(key);
  }

  private static String digits(long version) {
    String hex = Long.toHexString(version);
    return "0".repeat(DIGITS - hex.length()) + hex;
  }
}
