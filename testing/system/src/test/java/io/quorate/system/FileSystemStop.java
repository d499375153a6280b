package io.quorate.system;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Stops a mounted ext4 at once ({@code EXT4_IOC_SHUTDOWN}): whatever hasn't been given to the
 * device never will be, and every further call fails. Mounted again, the file system is as after a
 * loss of power.
 */
final class FileSystemStop {
  /** {@code _IOR('X', 125, __u32)}, of the kernel's {@code fs/ext4/ext4.h}. */
  private static final long EXT4_IOC_SHUTDOWN = 0x8004_587DL;

  private static final int LOG_FLUSH = 1;
  private static final int NO_LOG_FLUSH = 2;
  private static final int O_RDONLY = 0;

  private FileSystemStop() {}

  /**
   * Stops the file system that holds a directory.
   *
   * @param journalFlushed whether the journal in memory is still written: then files may have sizes
   *     and names whose contents are missing
   */
  @SuppressWarnings("restricted")
  static void strike(Path directory, boolean journalFlushed) throws IOException {
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle open =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("open"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
      MethodHandle ioctl =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("ioctl"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.ADDRESS),
              Linker.Option.firstVariadicArg(2));
      MethodHandle close =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("close"),
              FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
      MemorySegment path = arena.allocateFrom(directory.toString());
      MemorySegment flags =
          arena.allocateFrom(ValueLayout.JAVA_INT, journalFlushed ? LOG_FLUSH : NO_LOG_FLUSH);
      int file = (int) open.invokeExact(path, O_RDONLY);
      int done = (int) ioctl.invokeExact(file, EXT4_IOC_SHUTDOWN, flags);
      int closed = (int) close.invokeExact(file);
      if (file < 0 || done != 0 || closed != 0) {
        throw new IOException(
            "%s was not stopped: open %d, ioctl %d, close %d"
                .formatted(directory, file, done, closed));
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
