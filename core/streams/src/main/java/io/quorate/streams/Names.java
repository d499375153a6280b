package io.quorate.streams;

import io.quorate.base.wire.MalformedMessage;

/** The names of streams and tags. */
final class Names {
  private static final int LENGTH_MAX = 1_024;

  private Names() {}

  /**
   * A name that keys can be made of.
   *
   * @throws MalformedMessage if it is none
   */
  static String checked(String name) {
    if (name.isEmpty() || name.length() > LENGTH_MAX) {
      throw new MalformedMessage("a name has 1 to " + LENGTH_MAX + " characters");
    }
    if (name.indexOf('#') >= 0) {
      throw new MalformedMessage("\"" + name + "\" has a # in it, which ends names");
    }
    return name;
  }
}
