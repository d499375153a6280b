package io.quorate.engine;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** What RocksDB's failures are in our catalogue. Its messages name the file, and ours keep them. */
final class RocksFailures {
  private RocksFailures() {}

  /** A call on an open engine failed. */
  static QuorateException of(RocksDBException failure, Path directory) {
    Status status = failure.getStatus();
    ErrorCode code = ErrorCode.ENGINE_FAILED;
    if (status != null) {
      if (status.getCode() == Status.Code.Corruption
          || String.valueOf(failure.getMessage()).contains("Input/output error")) {
        code = ErrorCode.ENGINE_DAMAGED; // what the device doesn't give back is as good as lost
      } else if (status.getSubCode() == Status.SubCode.NoSpace) {
        code = ErrorCode.DISK_FULL;
      }
    }
    return QuorateException.of(code, message(failure, directory), failure);
  }

  /** An engine could not be opened: what is missing then is damage, too. */
  static QuorateException atOpening(RocksDBException failure, Path directory) {
    String message = String.valueOf(failure.getMessage());
    Status status = failure.getStatus();
    ErrorCode code = of(failure, directory).code();
    if (message.contains("lock ") || message.contains("LOCK")) {
      code = ErrorCode.DIRECTORY_IN_USE;
    } else if (code == ErrorCode.ENGINE_FAILED
        && (message.contains("No such file")
            || (status != null && status.getCode() == Status.Code.InvalidArgument))) {
      code = ErrorCode.ENGINE_DAMAGED;
    }
    return QuorateException.of(code, message(failure, directory), failure);
  }

  private static String message(RocksDBException failure, Path directory) {
    return "the engine in " + directory + " says: " + failure.getMessage();
  }
}
