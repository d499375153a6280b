package io.quorate.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A real etcd of one member on loopback; its data lies in a folder that the test gives. */
public final class EtcdProcess implements AutoCloseable {
  private final Process process;
  private final int port;

  private EtcdProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it, and waits until it takes connections. */
  public static EtcdProcess start(Path folder) throws IOException, InterruptedException {
    return start(folder, freePort());
  }

  /** Starts it on a port of the caller's choice. */
  public static EtcdProcess start(Path folder, int port) throws IOException, InterruptedException {
    String client = "http://127.0.0.1:" + port;
    String peer = "http://127.0.0.1:" + freePort();
    Process process =
        new ProcessBuilder(
                "etcd",
                "--name",
                "m",
                "--data-dir",
                folder.resolve("data").toString(),
                "--listen-client-urls",
                client,
                "--advertise-client-urls",
                client,
                "--listen-peer-urls",
                peer,
                "--initial-advertise-peer-urls",
                peer,
                "--initial-cluster",
                "m=" + peer)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("etcd.log").toFile())
            .start();
    for (int i = 0; i < 600; i++) {
      if (!process.isAlive()) {
        throw new IOException("etcd ended:\n" + Files.readString(folder.resolve("etcd.log")));
      }
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (socket.isConnected()) {
          return new EtcdProcess(process, port);
        }
      } catch (IOException e) {
        process.waitFor(50, TimeUnit.MILLISECONDS);
      }
    }
    process.destroyForcibly();
    throw new IOException("etcd takes no connections");
  }

  /** Where clients connect to. */
  public String endpoint() {
    return "127.0.0.1:" + port;
  }

  /** Ends it as kill -9 does, and waits for that. */
  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A port that nobody listens on. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
