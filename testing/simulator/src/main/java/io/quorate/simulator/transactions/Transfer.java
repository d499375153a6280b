package io.quorate.simulator.transactions;

import io.quorate.xa.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Money that was moved, or wasn't: where it should have left a trace, and what was told of it. */
final class Transfer {
  private final String name;
  private final List<String> places = new ArrayList<>();
  private Outcome.@Nullable Kind told;
  private boolean over;

  Transfer(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /** It does something there. */
  void touches(String place) {
    places.add(place);
  }

  List<String> places() {
    return places;
  }

  void told(Outcome.Kind kind) {
    told = kind;
    over = true;
  }

  /** What was told; null if nothing was. */
  Outcome.@Nullable Kind told() {
    return told;
  }

  /** It came to nothing before it was to be committed. */
  void cameToNothing() {
    told = Outcome.Kind.ABORTED;
    over = true;
  }

  boolean isOver() {
    return over;
  }

  @Override
  public String toString() {
    return name + " at " + places + ", told " + told;
  }
}
