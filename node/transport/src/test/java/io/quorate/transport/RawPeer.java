package io.quorate.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.quorate.base.Bytes;
import io.quorate.node.PeerHandshake;
import io.quorate.node.Transport.Lane;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** One connection of a peer that does as the test says, on a blocking socket. */
final class RawPeer implements AutoCloseable {
  private final Socket socket = new Socket();

  private RawPeer() throws IOException {
    socket.setSoTimeout(20_000);
    socket.setTcpNoDelay(true);
    // Small, so that a peer that doesn't read is soon felt at the other end.
    socket.setReceiveBufferSize(16 << 10);
  }

  static RawPeer dial(InetSocketAddress address) throws IOException {
    RawPeer peer = new RawPeer();
    peer.socket.connect(address);
    return peer;
  }

  /** Dials and goes through the greetings, up to frames. */
  static RawPeer open(TestMember member, long id, Lane lane, long conversation) throws Exception {
    RawPeer peer = dial(member.address());
    peer.say(hello(id, member.id, lane, conversation));
    assertThat(peer.hear()).isInstanceOf(Greeting.Welcome.class);
    peer.say(new Greeting.Go());
    return peer;
  }

  static Greeting.Hello hello(long from, long to, Lane lane, long conversation) {
    return new Greeting.Hello(
        lane,
        conversation,
        new PeerHandshake(TestMember.CLUSTER, from, to, 1, 0x1000 + from, Bytes.utf8("ext")));
  }

  void say(Greeting greeting) throws IOException {
    ByteBuf buffer = greeting.encode(new UnpooledByteBufAllocator(false));
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    buffer.release();
    write(bytes);
  }

  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  static byte[] frame(byte[] content) {
    CRC32C crc = new CRC32C();
    crc.update(content);
    return ByteBuffer.allocate(8 + content.length)
        .putInt(content.length)
        .putInt((int) crc.getValue())
        .put(content)
        .array();
  }

  /** The next greeting; null at the connection's end. */
  @Nullable Greeting hear() throws Exception {
    ByteBuf seen = Unpooled.buffer();
    InputStream in = socket.getInputStream();
    while (true) {
      int next = in.read();
      if (next < 0) {
        return null;
      }
      seen.writeByte(next);
      Greeting greeting = Greeting.decode(seen);
      if (greeting != null) {
        return greeting;
      }
    }
  }

  /** Whatever is there, from {@code at} on; negative at the connection's end. */
  int read(byte[] target, int at) throws IOException {
    try {
      return socket.getInputStream().read(target, at, target.length - at);
    } catch (java.net.SocketException reset) {
      return -1;
    }
  }

  /** The next frame's content. */
  byte[] readFrame() throws IOException {
    InputStream in = socket.getInputStream();
    ByteBuffer header = ByteBuffer.wrap(in.readNBytes(8));
    return in.readNBytes(header.getInt());
  }

  /** Waits for the other end to close; false if it sent something instead. */
  boolean isClosedByPeer() throws IOException {
    try {
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketException reset) {
      return true;
    }
  }

  /** Ends the connection as a killed process's system does: by a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
