package io.quorate.engine;

/**
 * Opens engines, and holds what they share. Directories are named relative to a root that the
 * implementation fixes, with {@code /} between their parts, as in the log. Safe from any thread;
 * closed after all of its engines.
 */
public interface Engines extends AutoCloseable {
  /**
   * A new, empty engine in a directory that {@link #exists} denies. What a crash in the middle of
   * an earlier call left there makes way.
   *
   * @throws io.quorate.base.QuorateException.Corrupt if the directory holds anything else
   */
  Engine create(String directory, EngineOptions options);

  /**
   * The engine that a directory holds: one made by {@link #create}, a {@link Checkpoint}, or a
   * received copy of one.
   *
   * @throws io.quorate.base.QuorateException.Corrupt naming the file, if something is missing or
   *     damaged
   */
  Engine open(String directory, EngineOptions options);

  /**
   * Reads a checkpoint (or the directory of a closed engine) without changing it.
   *
   * @throws io.quorate.base.QuorateException.Corrupt naming the file, if something is missing or
   *     damaged
   */
  RowView read(String directory);

  /**
   * Whether a directory holds an engine, whole or damaged: anything but what a crash in the middle
   * of {@link #create} leaves, which never held a row.
   */
  boolean exists(String directory);

  /** Removes a directory and all that an engine has in it, if it exists. No engine has it open. */
  void delete(String directory);

  /** Gives back what is shared. */
  @Override
  void close();
}
