package io.quorate.xabench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** In which order contenders take their turns: each round begins with another. */
final class Order {
  private Order() {}

  static List<Contender> of(int round) {
    List<Contender> all = new ArrayList<>(Arrays.asList(Contender.values()));
    Collections.rotate(all, -round);
    return all;
  }
}
