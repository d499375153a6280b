package io.quorate.bench;

import io.quorate.base.QuorateException;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.StatusResponse;
import io.quorate.client.http.HttpChannel;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A cluster of server processes on loopback, started with etcd's flags. Killed and its data deleted
 * when closed.
 */
public final class ServerProcesses implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final int TICKS_PER_SECOND = 100; // what Linux tells in /proc, on every platform

  private final Path folder;
  private final List<Process> processes = new ArrayList<>();
  private final List<String> endpoints = new ArrayList<>();

  private ServerProcesses(Path folder) {
    this.folder = folder;
  }

  /**
   * Starts a cluster and waits until it writes through every member.
   *
   * @param command the program and what comes before etcd's flags
   */
  public static ServerProcesses start(List<String> command, int members, Path parent) {
    try {
      Files.createDirectories(parent);
      ServerProcesses cluster = new ServerProcesses(Files.createTempDirectory(parent, "compare-"));
      try {
        cluster.launch(command, members);
        cluster.awaitReady();
        return cluster;
      } catch (RuntimeException | IOException e) {
        cluster.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void launch(List<String> command, int members) throws IOException {
    List<Integer> ports = freePorts(2 * members);
    StringBuilder initial = new StringBuilder();
    for (int i = 0; i < members; i++) {
      initial
          .append(i == 0 ? "" : ",")
          .append(name(i))
          .append("=http://127.0.0.1:")
          .append(ports.get(2 * i + 1));
    }
    for (int i = 0; i < members; i++) {
      String client = "http://127.0.0.1:" + ports.get(2 * i);
      String peer = "http://127.0.0.1:" + ports.get(2 * i + 1);
      List<String> line = new ArrayList<>(command);
      line.addAll(
          List.of(
              "--name",
              name(i),
              "--data-dir",
              folder.resolve(name(i)).toString(),
              "--listen-client-urls",
              client,
              "--advertise-client-urls",
              client,
              "--listen-peer-urls",
              peer,
              "--initial-advertise-peer-urls",
              peer,
              "--initial-cluster",
              initial.toString(),
              "--initial-cluster-state",
              "new",
              "--initial-cluster-token",
              folder.getFileName().toString()));
      processes.add(
          new ProcessBuilder(line)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve(name(i) + ".log").toFile())
              .start());
      endpoints.add("127.0.0.1:" + ports.get(2 * i));
    }
  }

  private void awaitReady() {
    for (int i = 0; i < endpoints.size(); i++) {
      try (QuorateClient client = client(endpoints.get(i))) {
        var _ = client.kv().put("ready", name(i));
      } catch (QuorateException e) {
        throw new IllegalStateException(
            "member " + i + " did not become ready: " + e.getMessage() + "; its log:\n" + log(i),
            e);
      }
    }
  }

  /** Where clients connect to. */
  public List<String> endpoints() {
    return List.copyOf(endpoints);
  }

  /** Where clients connect to; the leader's first. */
  List<InetSocketAddress> addressesLeaderFirst() {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (String endpoint : endpoints) {
      try (QuorateClient client = client(endpoint)) {
        StatusResponse status = client.maintenance().status();
        boolean leads = status.leader() == status.header().memberId();
        addresses.add(leads ? 0 : addresses.size(), Main.address(endpoint));
      }
    }
    return addresses;
  }

  /** Processor time of all members so far, in nanoseconds. */
  long cpuNanos() {
    long ticks = 0;
    for (Process process : processes) {
      try {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        // The name may hold blanks, so count from behind its closing parenthesis.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]); // utime and stime
      } catch (IOException e) {
        throw new UncheckedIOException("a member has ended", e);
      }
    }
    return ticks * (1_000_000_000L / TICKS_PER_SECOND);
  }

  /** Resident memory of all members, in bytes. */
  long residentBytes() {
    long kilobytes = 0;
    for (Process process : processes) {
      try {
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
          if (line.startsWith("VmRSS:")) {
            kilobytes += Long.parseLong(line.replaceAll("\\D", ""));
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException("a member has ended", e);
      }
    }
    return kilobytes * 1024;
  }

  @Override
  public void close() {
    for (Process process : processes) {
      process.destroyForcibly();
    }
    try {
      for (Process process : processes) {
        process.waitFor(10, TimeUnit.SECONDS);
      }
      delete(folder);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException("can't delete " + folder, e);
    }
  }

  private static QuorateClient client(String endpoint) {
    HttpChannel channel = HttpChannel.open(List.of(endpoint));
    return QuorateClient.over(
        channel, channel.timer(), ClientOptions.DEFAULT.timeout(START_MAX).reachTimeout(START_MAX));
  }

  private String log(int member) {
    try {
      List<String> lines = Files.readAllLines(folder.resolve(name(member) + ".log"));
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static String name(int member) {
    return "m" + member;
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        held.add(socket);
        ports.add(socket.getLocalPort());
      }
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
    return ports;
  }

  private static void delete(Path root) throws IOException {
    Files.walkFileTree(
        root,
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
  }
}
