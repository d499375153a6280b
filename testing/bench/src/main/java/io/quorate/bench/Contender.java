package io.quorate.bench;

import java.util.Arrays;
import java.util.List;

/**
 * One of two servers that are compared.
 *
 * @param name what tables call it
 * @param command how it is started, before etcd's flags
 */
record Contender(String name, List<String> command) {
  /**
   * Reads {@code NAME=COMMAND}.
   *
   * @throws IllegalArgumentException if it is something else
   */
  static Contender of(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("not NAME=COMMAND: " + text);
    }
    return new Contender(
        text.substring(0, equals), Arrays.asList(text.substring(equals + 1).split(" +", -1)));
  }
}
