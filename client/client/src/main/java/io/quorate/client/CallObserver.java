package io.quorate.client;

import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Metadata;

/**
 * Who hears of one call, from {@link ClientObserver#call} to its end. It may keep what it needs in
 * between, such as a span; or be the same for all calls.
 *
 * <p>Called in the order of the methods here, on whichever thread brings the call on; only the end
 * of a call that its caller gives up may overlap the rest.
 */
public interface CallObserver {
  /** It hears nothing. */
  CallObserver NONE = new CallObserver() {};

  /**
   * What travels beside the next attempt: asked before each is sent.
   *
   * @param beside what does already
   * @return the same, or more: an added entry arrives as a header of gRPC
   */
  default Metadata metadata(Metadata beside) {
    return beside;
  }

  /**
   * An attempt is over. Either the call is, too, or another attempt follows after a pause.
   *
   * @param number 1 for the first
   * @param answer what came of it, its message included, and from which member
   */
  default void attempted(int number, Answer answer) {}

  /** The call is over: told once, before its caller hears of it. */
  default void ended(CallEnd end) {}
}
