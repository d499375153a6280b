package io.quorate.xabench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** In which order contenders take their turns: each round begins with another. */
final class Order {
  private Order() {}

  /** Those of these names; all for none. */
  static List<Contender> named(List<String> names) {
    return names.isEmpty()
        ? List.of(Contender.values())
        : names.stream().map(Contender::valueOf).toList();
  }

  static List<Contender> of(int round, List<Contender> contenders) {
    List<Contender> all = new ArrayList<>(contenders);
    Collections.rotate(all, -round);
    return all;
  }
}
