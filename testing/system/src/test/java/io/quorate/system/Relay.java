package io.quorate.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;

/** A way to a server that can be cut, and mended again. Connections that were cut stay so. */
public final class Relay implements AutoCloseable {
  private final int target;
  private final ServerSocket listening;

  // Guarded by this.
  private final List<Socket> sockets = new ArrayList<>();
  private boolean cut;

  private Relay(int target) throws IOException {
    this.target = target;
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  }

  /** To a port on loopback. */
  public static Relay to(int port) {
    try {
      Relay relay = new Relay(port);
      var _ = Thread.ofVirtual().start(relay::accept);
      return relay;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where clients reach the server by way of it. */
  public String endpoint() {
    return "127.0.0.1:" + listening.getLocalPort();
  }

  /** Ends all connections; those that are made from now on end at once. */
  public synchronized void cut() {
    cut = true;
    sockets.forEach(Relay::end);
    sockets.clear();
  }

  /** Lets connections through again. */
  public synchronized void mend() {
    cut = false;
  }

  @Override
  public void close() {
    cut();
    try {
      listening.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket from = listening.accept();
        Socket to = new Socket(InetAddress.getLoopbackAddress(), target);
        if (admit(from, to)) {
          var _ = Thread.ofVirtual().start(() -> pump(from, to));
          var _ = Thread.ofVirtual().start(() -> pump(to, from));
        }
      } catch (IOException e) {
        // The server is down, or the relay closed: whoever connected finds out.
      }
    }
  }

  private synchronized boolean admit(Socket from, Socket to) {
    if (cut) {
      end(from);
      end(to);
      return false;
    }
    sockets.add(from);
    sockets.add(to);
    return true;
  }

  private static void pump(Socket from, Socket to) {
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      in.transferTo(out);
    } catch (IOException e) {
      // It was cut, or one end has gone: so is the other.
    } finally {
      end(from);
      end(to);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no more use either way.
    }
  }
}
