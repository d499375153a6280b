package io.quorate.simulator;

/** The power went in the middle of a call: nothing after it in that process happens. */
final class PowerCut extends Error {
  private static final long serialVersionUID = 1L;

  PowerCut() {
    super("the power went", null, false, false);
  }
}
