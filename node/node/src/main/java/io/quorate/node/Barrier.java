package io.quorate.node;

/** What waits for a read point: exactly one of its methods is called, once, on the group's loop. */
public interface Barrier {
  /** Everything that was acknowledged anywhere before the call is applied here now: read. */
  void passed();

  /** The read point could not be had; nothing was changed by asking. */
  void refused(Refusal why);
}
