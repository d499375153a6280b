package io.quorate.client.channel;

import io.quorate.base.Bytes;

/**
 * What came of one attempt of a call.
 *
 * @param status how it ended
 * @param detail the member's words, or the channel's, when it did not end well
 * @param message the encoded response; empty unless the status is OK
 * @param fate what is known of the request's way
 * @param endpoint whom it went to, in the channel's own terms; empty if to no one
 */
public record Answer(StatusCode status, String detail, Bytes message, Fate fate, String endpoint) {

  /** What is known of a request's way. */
  public enum Fate {
    /** A member answered, well or ill. */
    ANSWERED,
    /** Surely no member has acted on it or ever will: it may be sent again, whatever it is. */
    NOT_PROCESSED,
    /** It left, and no answer came back. */
    UNKNOWN
  }

  /** A good answer. */
  public static Answer ok(Bytes message, String endpoint) {
    return new Answer(StatusCode.OK, "", message, Fate.ANSWERED, endpoint);
  }

  /** A member's refusal or failure. */
  public static Answer failed(StatusCode status, String detail, String endpoint) {
    return new Answer(status, detail, Bytes.EMPTY, Fate.ANSWERED, endpoint);
  }

  /** No member ever acted on it. */
  public static Answer notProcessed(StatusCode status, String detail, String endpoint) {
    return new Answer(status, detail, Bytes.EMPTY, Fate.NOT_PROCESSED, endpoint);
  }

  /** It left, and no answer came back. */
  public static Answer lost(StatusCode status, String detail, String endpoint) {
    return new Answer(status, detail, Bytes.EMPTY, Fate.UNKNOWN, endpoint);
  }
}
