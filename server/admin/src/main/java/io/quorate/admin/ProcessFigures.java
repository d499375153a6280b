package io.quorate.admin;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What the process takes of the machine, as the operating system and the JVM tell it. What can't be
 * learned is 0.
 *
 * @param cpuSeconds processor time since the start
 * @param startSeconds when it started, in seconds since 1970
 * @param openFiles files and sockets open
 * @param openFilesMax how many there may be
 * @param residentBytes memory in RAM
 * @param virtualBytes address space
 * @param heapBytes Java heap in use
 * @param heapBytesMax what it may grow to
 * @param directBytes memory in buffers outside of the heap
 * @param threads of the JVM
 * @param collections of garbage
 * @param collectionSeconds what they took
 */
record ProcessFigures(
    double cpuSeconds,
    double startSeconds,
    long openFiles,
    long openFilesMax,
    long residentBytes,
    long virtualBytes,
    long heapBytes,
    long heapBytesMax,
    long directBytes,
    int threads,
    long collections,
    double collectionSeconds) {
  private static final Path STATUS = Path.of("/proc/self/status");

  /** The figures of now. */
  static ProcessFigures now() {
    double cpu = 0;
    long open = 0;
    long openMax = 0;
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      cpu = unix.getProcessCpuTime() / 1e9;
      open = unix.getOpenFileDescriptorCount();
      openMax = unix.getMaxFileDescriptorCount();
    }
    List<String> status = status();
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    long collections = 0;
    long collectionMillis = 0;
    for (GarbageCollectorMXBean each : ManagementFactory.getGarbageCollectorMXBeans()) {
      collections += each.getCollectionCount();
      collectionMillis += each.getCollectionTime();
    }
    long direct = 0;
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      direct += pool.getMemoryUsed();
    }
    return new ProcessFigures(
        cpu,
        ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3,
        open,
        openMax,
        kibibytes(status, "VmRSS:") * 1024,
        kibibytes(status, "VmSize:") * 1024,
        heap.getUsed(),
        heap.getMax(),
        direct,
        ManagementFactory.getThreadMXBean().getThreadCount(),
        collections,
        collectionMillis / 1e3);
  }

  private static List<String> status() {
    try {
      return Files.readAllLines(STATUS);
    } catch (IOException e) {
      return List.of();
    }
  }

  private static long kibibytes(List<String> status, String field) {
    for (String line : status) {
      if (line.startsWith(field)) {
        String[] words = line.substring(field.length()).strip().split(" ", 2);
        return words[0].chars().allMatch(Character::isDigit) ? Long.parseLong(words[0]) : 0;
      }
    }
    return 0;
  }
}
