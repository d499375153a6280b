package io.quorate.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A name server on loopback that knows some SRV records, and is the one that Java asks. */
final class FakeDns implements AutoCloseable {
  private static final String PROVIDER_URL = "java.naming.provider.url";
  private static final int SRV = 33;
  private static final int NO_SUCH_NAME = 3;

  private final Map<String, List<Integer>> ports;
  private final DatagramSocket socket;

  /**
   * Answers from now on.
   *
   * @param ports of localhost, by the name of the service's records
   */
  FakeDns(Map<String, List<Integer>> ports) throws SocketException {
    this.ports = ports;
    socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    System.setProperty(PROVIDER_URL, "dns://127.0.0.1:" + socket.getLocalPort());
    Thread.ofVirtual().start(this::serve);
  }

  private void serve() {
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[512], 512);
        socket.receive(packet);
        byte[] answer = answer(packet.getData());
        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
      }
    } catch (SocketException _) {
      return; // it is closed
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] answer(byte[] asked) {
    ByteBuffer question = ByteBuffer.wrap(asked);
    short id = question.getShort();
    question.position(12);
    List<String> labels = new ArrayList<>();
    for (int length = question.get(); length > 0; length = question.get()) {
      byte[] label = new byte[length];
      question.get(label);
      labels.add(new String(label, StandardCharsets.US_ASCII));
    }
    int end = question.position() + 4;
    List<Integer> found =
        ports.getOrDefault(String.join(".", labels).toLowerCase(Locale.ROOT), List.of());
    ByteBuffer answer = ByteBuffer.allocate(512);
    answer.putShort(id).putShort((short) (0x8580 | (found.isEmpty() ? NO_SUCH_NAME : 0)));
    answer.putShort((short) 1).putShort((short) found.size()).putInt(0);
    answer.put(asked, 12, end - 12);
    byte[] host = "localhost".getBytes(StandardCharsets.US_ASCII);
    for (int port : found) {
      answer.putShort((short) 0xc00c).putShort((short) SRV).putShort((short) 1).putInt(60);
      answer.putShort((short) (6 + host.length + 2)).putInt(0).putShort((short) port);
      answer.put((byte) host.length).put(host).put((byte) 0);
    }
    return Arrays.copyOf(answer.array(), answer.position());
  }

  @Override
  public void close() {
    System.clearProperty(PROVIDER_URL);
    socket.close();
  }
}
