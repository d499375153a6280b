package io.quorate.streams;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;

/** The names of streams and tags. */
final class Names {
  private Names() {}

  /**
   * The present field as a name that keys can be made of.
   *
   * @throws MalformedMessage if it is none
   */
  static String read(ProtoReader in) {
    Bytes bytes = in.bytes();
    if (bytes.isEmpty() || bytes.length() > Limits.STREAM_NAME_BYTES_MAX) {
      throw new MalformedMessage("a name has 1 to " + Limits.STREAM_NAME_BYTES_MAX + " bytes");
    }
    String name = bytes.toUtf8();
    if (name.indexOf('#') >= 0 || name.chars().anyMatch(Character::isISOControl)) {
      throw new MalformedMessage(
          "\"" + name + "\" has a # or a control character in it, which no name has");
    }
    return name;
  }

  /**
   * A root.
   *
   * @throws MalformedMessage if it is none
   */
  static StreamKeys root(Bytes root) {
    if (root.length() < 2 || root.at(root.length() - 1) != '/') {
      throw new MalformedMessage("a root ends with a slash, and is not only that");
    }
    if (root.length() > Limits.STREAM_NAME_BYTES_MAX) {
      throw new MalformedMessage("a root has at most " + Limits.STREAM_NAME_BYTES_MAX + " bytes");
    }
    return new StreamKeys(root);
  }
}
