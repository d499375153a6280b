package io.quorate.grpc;

import io.quorate.base.Bytes;

/** The receiving end of a call whose client may send any number of messages. */
public interface StreamListener extends CallListener {
  /**
   * The next message. Its array is the service's to keep: nobody changes it. What this throws ends
   * the call, a {@link StatusException} with its own status.
   */
  void onMessage(Bytes message);

  /** The client sends no more. The service may go on sending, and completes the call. */
  void onHalfClose();
}
