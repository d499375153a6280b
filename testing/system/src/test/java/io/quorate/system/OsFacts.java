package io.quorate.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** What the tests ask the operating system. */
final class OsFacts {
  /**
   * Below the range that outgoing connections are given ports of: a member that is down for a while
   * finds its port free when it returns.
   */
  private static final int PORT_MIN = 12_000;

  private static final int PORT_COUNT = 18_000;
  private static final AtomicInteger NEXT_PORT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 61 % PORT_COUNT));

  private static final Path MEMORY = Path.of("/dev/shm");
  private static final long MEMORY_FREE_MIN = 4L << 30;

  private OsFacts() {}

  /** Where files are kept in memory, if the machine has much of it to spare; else on disk. */
  static Path folderOffDisk() {
    try {
      if (Files.isDirectory(MEMORY)
          && Files.getFileStore(MEMORY).getUsableSpace() >= MEMORY_FREE_MIN
          && bytesOf(Path.of("/proc/meminfo"), "MemAvailable:") >= MEMORY_FREE_MIN) {
        return MEMORY;
      }
    } catch (IOException e) {
      // then it is not to be used
    }
    return Path.of(System.getProperty("java.io.tmpdir"));
  }

  /** A loopback port that nobody listens on. */
  static int freePort() {
    for (int tries = 0; tries < PORT_COUNT; tries++) {
      int port = PORT_MIN + Math.floorMod(NEXT_PORT.getAndIncrement(), PORT_COUNT);
      try (ServerSocket socket = new ServerSocket()) {
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return port;
      } catch (IOException e) {
        // taken
      }
    }
    throw new IllegalStateException("no port is free");
  }

  /** Resident memory of a process, in bytes. */
  static long residentBytes(long pid) {
    return status(pid, "VmRSS:");
  }

  /** The most that a process has been resident with, in bytes. */
  static long residentBytesPeak(long pid) {
    return status(pid, "VmHWM:");
  }

  private static long status(long pid, String field) {
    try {
      return bytesOf(Path.of("/proc/" + pid + "/status"), field);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a file says in a line of its own, in kB. */
  private static long bytesOf(Path file, String field) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IllegalStateException(file + " says no " + field);
  }

  /** Processor time that a process has used, in seconds. */
  static double processorSeconds(long pid) {
    return ProcessHandle.of(pid)
            .flatMap(process -> process.info().totalCpuDuration())
            .orElseThrow()
            .toNanos()
        / 1e9;
  }

  /** Sends a signal to all of these processes in one step. */
  static void signal(String name, List<Long> pids) {
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    pids.forEach(each -> command.add(Long.toString(each)));
    try {
      int code = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (code != 0) {
        throw new AssertionError(command + " ended with " + code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  /** Runs a command, which must succeed. */
  static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said =
        new String(
            process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    int code = process.waitFor();
    if (code != 0) {
      throw new AssertionError(String.join(" ", command) + " ended with " + code + ": " + said);
    }
  }

  /** What a folder takes on disk: blocks, not lengths, and a linked file once. */
  static long diskBytes(Path folder) {
    try {
      Process du =
          new ProcessBuilder("du", "-s", "-B1", folder.toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String line =
          new String(du.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      return Long.parseLong(line.substring(0, line.indexOf('\t')));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All files below a folder. */
  static List<Path> files(Path folder) {
    List<Path> files = new ArrayList<>();
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              files.add(file);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  /** Copies a folder with all that is in it. */
  static void copy(Path from, Path to) {
    try (var paths = Files.walk(from)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Deletes a folder with all that is in it. */
  static void delete(Path folder) {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                Path directory, @org.jspecify.annotations.Nullable IOException failure)
                throws IOException {
              Files.delete(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
