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
 * Loads RocksDB's native library: from {@code java.library.path} if it is there, else from its jar,
 * unpacked into the folder that {@code ROCKSDB_SHAREDLIB_DIR} names, where it stays, or else into a
 * temporary one.
 *
 * <p>By itself RocksDB unpacks it into a file that goes when the JVM ends in order, so that every
 * process that is killed leaves its 15 MB behind. Here the file goes as soon as it is loaded.
 */
final class NativeLibrary {
  private NativeLibrary() {}

  static synchronized void load() {
    String named = System.getenv("ROCKSDB_SHAREDLIB_DIR");
    try {
      if (named == null || named.isEmpty()) {
        unpackAndLoad();
      }
      RocksDB.loadLibrary();
    } catch (IOException | RuntimeException | UnsatisfiedLinkError e) {
      throw QuorateException.of(
          ErrorCode.ENGINE_FAILED,
          "RocksDB's native library can't be loaded ("
              + e.getMessage()
              + "): where the folder for temporary files has no room or forbids programs, name"
              + " another with -Djava.io.tmpdir; where the jar has none for this system, name the"
              + " folder of one with -Djava.library.path",
          e);
    }
  }

  private static void unpackAndLoad() throws IOException {
    Path folder = Files.createTempDirectory("quorate-native-");
    try {
      NativeLibraryLoader.getInstance().loadLibrary(folder.toString());
    } finally {
      delete(folder);
    }
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
