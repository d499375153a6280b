package io.quorate.events;

/**
 * How far a stream goes.
 *
 * @param version of its last event; 0 if it has none
 * @param closed whether it was closed for good
 */
record StreamEnd(long version, boolean closed) {
  static final StreamEnd NOTHING = new StreamEnd(0, false);
}
