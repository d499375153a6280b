package io.quorate.grpc;

/**
 * What befalls a call that is open. Runs on the call's event loop, never from within a method of
 * {@link Call} that the service is calling.
 */
public interface CallListener {
  /**
   * The call ended, and not by the service: the client cancelled it, its deadline passed, or the
   * connection is gone. Called at most once, and not after the service has completed the call.
   */
  default void onCancel() {}

  /** There is room again after {@link Call#isReady} was false. */
  default void onReady() {}
}
