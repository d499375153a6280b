package io.quorate.grpc;

/** Answers a method whose client sends a stream of messages. */
@FunctionalInterface
public interface StreamHandler {
  /**
   * Takes up a call, on its event loop, as soon as its headers are there.
   *
   * @return who takes its messages
   * @throws StatusException to end the call with that status
   */
  StreamListener open(Call call);
}
