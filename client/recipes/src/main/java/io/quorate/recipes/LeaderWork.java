package io.quorate.recipes;

/** What is done while one leads. */
public interface LeaderWork {
  /**
   * Does it. The thread is interrupted if the leadership is lost meanwhile; when this returns, it
   * is resigned.
   */
  void run(LeaderHandle leader) throws Exception;
}
