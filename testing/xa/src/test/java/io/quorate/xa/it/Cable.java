package io.quorate.xa.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A way to a server that breaks when something is said: before the server hears it, or when it has
 * answered and nobody hears that. Once; then it is whole again.
 */
final class Cable implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final ServerSocket listening;
  private final int port;
  private final List<Socket> sockets = new ArrayList<>();

  // Guarded by this.
  private @Nullable String trigger;
  private boolean arrives;
  private boolean hasCut;

  private Cable(int port) throws IOException {
    this.port = port;
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().name("cable").start(this::accept);
  }

  /** One to a port of this machine. */
  static Cable to(int port) {
    try {
      return new Cable(port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return listening.getLocalPort();
  }

  /** It breaks when that is said, and the server hears it or doesn't. */
  synchronized void cutAt(String words, boolean serverHears) {
    trigger = words;
    arrives = serverHears;
    hasCut = false;
  }

  /** Whether it has broken since. */
  synchronized boolean hasCut() {
    return hasCut;
  }

  /** Whether this is what it waits for; then it isn't any more. */
  private synchronized boolean triggers(String said) {
    String words = trigger;
    if (words == null || !said.contains(words)) {
      return false;
    }
    trigger = null;
    hasCut = true;
    return true;
  }

  private synchronized boolean serverHears() {
    return arrives;
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listening.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        synchronized (sockets) {
          sockets.add(client);
          sockets.add(server);
        }
        boolean[] silent = {false};
        Thread.ofPlatform().daemon().start(() -> there(client, server, silent));
        Thread.ofPlatform().daemon().start(() -> back(client, server, silent));
      }
    } catch (IOException e) {
      close(); // it was closed
    }
  }

  private void there(Socket client, Socket server, boolean[] silent) {
    byte[] buffer = new byte[BUFFER];
    try {
      InputStream in = client.getInputStream();
      OutputStream out = server.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (triggers(new String(buffer, 0, read, StandardCharsets.ISO_8859_1))) {
          if (!serverHears()) {
            break;
          }
          synchronized (silent) {
            silent[0] = true;
          }
        }
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException e) {
      // one side is gone
    } finally {
      cut(client, server);
    }
  }

  private static void back(Socket client, Socket server, boolean[] silent) {
    byte[] buffer = new byte[BUFFER];
    try {
      InputStream in = server.getInputStream();
      OutputStream out = client.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        synchronized (silent) {
          if (silent[0]) {
            break; // it has answered
          }
        }
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException e) {
      // one side is gone
    } finally {
      cut(client, server);
    }
  }

  private static void cut(Socket client, Socket server) {
    try {
      client.close();
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      listening.close();
      synchronized (sockets) {
        for (Socket each : sockets) {
          each.close();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
