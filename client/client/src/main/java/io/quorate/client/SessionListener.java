package io.quorate.client;

/** Who is told how a session stands. */
public interface SessionListener {
  /** It stands otherwise than was told last. One at a time; what is thrown here is logged. */
  void changed(SessionState state);
}
