package io.quorate.engine;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;

/**
 * Loads RocksDB's native library: from {@code java.library.path} if it is there, else from its jar.
 *
 * <p>By itself RocksDB unpacks it into a file that goes when the JVM ends in order, so that every
 * process that is killed leaves its 15 MB behind. Here the file goes as soon as it is loaded.
 */
final class NativeLibrary {
  private NativeLibrary() {}

  static synchronized void load() {
    try {
      Path folder = Files.createTempDirectory("quorate-native-");
      try {
        NativeLibraryLoader.getInstance().loadLibrary(folder.toString());
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw QuorateException.of(
          ErrorCode.ENGINE_FAILED,
          "RocksDB's native library can't be unpacked into the folder for temporary files ("
              + e.getMessage()
              + "): make room there, or name another with -Djava.io.tmpdir",
          e);
    }
    RocksDB.loadLibrary();
  }

  /** Windows keeps a library that is in use; there it goes at the end of the JVM. */
  private static void delete(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (!file.toFile().delete()) {
          return;
        }
      }
    }
    Files.delete(folder);
  }
}
