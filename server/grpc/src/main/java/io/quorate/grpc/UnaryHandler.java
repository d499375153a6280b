package io.quorate.grpc;

import io.quorate.base.Bytes;

/** Answers a method whose client sends exactly one message. */
@FunctionalInterface
public interface UnaryHandler {
  /**
   * Takes up a call, on its event loop, once its request is complete.
   *
   * @param request whose array is the service's to keep: nobody changes it
   * @throws StatusException to end the call with that status
   */
  void handle(Call call, Bytes request);
}
