package io.quorate.cli;

/**
 * The JDK's logging without handlers: a command prints what it has to say, and what libraries warn
 * of (Netty, that the machine has no hardware address) is none of its output. The JDK's log manager
 * makes one in the place of reading its file.
 */
public final class Silence {
  /** Sets up nothing. */
  public Silence() {}
}
