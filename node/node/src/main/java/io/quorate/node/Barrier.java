package io.quorate.node;

/**
 * What waits for a point in time, mostly a read point: exactly one of its methods is called, once,
 * on the group's loop.
 */
public interface Barrier {
  /**
   * It has come. At a read point everything that was acknowledged anywhere before the call is
   * applied here now: read.
   */
  void passed();

  /** It could not be had; nothing was changed by asking. */
  void refused(Refusal why);
}
