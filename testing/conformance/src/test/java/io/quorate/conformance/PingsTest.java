package io.quorate.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.system.PrintLogs;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Clients ask whether their connection lives. grpc-java asks rarely, so this speaks HTTP/2 itself.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
@Execution(ExecutionMode.CONCURRENT) // it looks at connections alone
class PingsTest {
  /** etcd forgives two that come too early. */
  private static final int PINGS = 4;

  /**
   * Shows that a client may ask every five seconds while a call is open: no GOAWAY comes. Both
   * servers are asked at the same time, since here it is time itself that has to pass.
   */
  @Test
  void pings_every_five_seconds_are_answered() throws Exception {
    try (Pings etcd = new Pings(Subject.ETCD.shared().clientPort());
        Pings quorate = new Pings(Subject.QUORATE.shared().clientPort())) {
      for (int i = 0; i < PINGS; i++) {
        if (i > 0) {
          TimeUnit.MILLISECONDS.sleep(5_020);
        }
        etcd.ping(i);
        quorate.ping(i);
      }
    }
  }

  /** A connection with a call open on it, whose request never ends. */
  private static final class Pings implements AutoCloseable {
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int ACK = 1;

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    Pings(int port) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout(Api.WAIT_SECONDS_MAX * 1_000);
      in = new DataInputStream(socket.getInputStream());
      out = socket.getOutputStream();
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      send(SETTINGS, 0, 0, new byte[0]);
      send(1, 4, 1, headers());
    }

    /** A call of KV/Range, in HPACK without Huffman codes. */
    private static byte[] headers() {
      ByteBuffer block = ByteBuffer.allocate(256);
      block.put((byte) 0x83).put((byte) 0x86); // :method POST, :scheme http
      literal(block, 4, "/etcdserverpb.KV/Range"); // :path
      literal(block, 1, "localhost"); // :authority
      literal(block, 31, "application/grpc"); // content-type
      block.put((byte) 0).put((byte) 2).put("te".getBytes(StandardCharsets.US_ASCII));
      byte[] trailers = "trailers".getBytes(StandardCharsets.US_ASCII);
      block.put((byte) trailers.length).put(trailers);
      return Arrays.copyOf(block.array(), block.position());
    }

    private static void literal(ByteBuffer block, int name, String value) {
      if (name < 15) {
        block.put((byte) name);
      } else {
        block.put((byte) 15).put((byte) (name - 15));
      }
      block.put((byte) value.length()).put(value.getBytes(StandardCharsets.US_ASCII));
    }

    private void send(int type, int flags, int stream, byte[] payload) throws IOException {
      ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
      frame.put((byte) 0).putShort((short) payload.length).put((byte) type).put((byte) flags);
      frame.putInt(stream).put(payload);
      out.write(frame.array());
      out.flush();
    }

    void ping(int number) throws IOException {
      send(PING, 0, 0, ByteBuffer.allocate(8).putLong(number).array());
      while (true) {
        int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
        int type = in.readUnsignedByte();
        int flags = in.readUnsignedByte();
        int stream = in.readInt();
        byte[] payload = in.readNBytes(length);
        assertThat(type).as("GOAWAY on stream %d", stream).isNotEqualTo(GOAWAY);
        if (type == SETTINGS && flags == 0) {
          send(SETTINGS, ACK, 0, new byte[0]);
        } else if (type == PING && flags == 0) {
          send(PING, ACK, 0, payload); // the server asks too
        } else if (type == PING) {
          assertThat(ByteBuffer.wrap(payload).getLong()).isEqualTo(number);
          return;
        }
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
