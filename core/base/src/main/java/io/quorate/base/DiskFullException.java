package io.quorate.base;

import java.io.IOException;

/** There was no room on the disk, or the quota is used up. Nothing else is wrong with it. */
public final class DiskFullException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Names the file that found no room. */
  public DiskFullException(String message) {
    super(message);
  }
}
