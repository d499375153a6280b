package io.quorate.node;

/**
 * Where the outcome of a call goes: exactly one of its methods is called, exactly once, on the loop
 * of the group that was called.
 */
public interface Reply<T> {
  /** The call took effect, or was answered; this is what it returned. */
  void done(T result);

  /** The call didn't succeed; {@link Refusal} says whether it may have taken effect. */
  void refused(Refusal why);
}
