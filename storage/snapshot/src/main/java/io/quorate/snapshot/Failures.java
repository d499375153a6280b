package io.quorate.snapshot;

import io.quorate.base.DiskFullException;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;

/** What goes wrong with files, in the catalogue's terms. */
final class Failures {
  private Failures() {}

  static QuorateException of(String what, String path, IOException cause) {
    ErrorCode code =
        cause instanceof DiskFullException ? ErrorCode.DISK_FULL : ErrorCode.ENGINE_FAILED;
    return QuorateException.of(
        code, "could not " + what + " " + path + ": " + cause.getMessage(), cause);
  }

  static QuorateException damaged(String path, long offset, String what) {
    return QuorateException.of(
        ErrorCode.DATA_DAMAGED, path + " is damaged at offset " + offset + ": " + what);
  }
}
