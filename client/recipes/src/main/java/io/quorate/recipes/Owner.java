package io.quorate.recipes;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** How a process names itself to others. */
final class Owner {
  private Owner() {}

  /** {@code host:pid}. */
  static String thisProcess() {
    return Holder.NAME;
  }

  private static final class Holder {
    static final String NAME = host() + ":" + ProcessHandle.current().pid();

    private static String host() {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException e) {
        return "unknown";
      }
    }
  }
}
