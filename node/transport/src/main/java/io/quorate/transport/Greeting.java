package io.quorate.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.node.PeerHandshake;
import io.quorate.node.Transport.Lane;
import io.quorate.node.Transport.Rejection.Ground;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What the two ends of a connection say before the first frame: the dialler says {@link Hello}, the
 * other answers {@link Welcome} or {@link Refusal}, and the dialler, if it likes what it heard,
 * ends with {@link Go}, else with a refusal of its own.
 *
 * <p>On the wire: the magic word, the format's version, the kind, the length of the body (two
 * bytes), the body, and CRC32C of all before it. Everything but the body is the same in every
 * version, so that any two versions can tell each other why they don't go together.
 */
sealed interface Greeting {
  /** The only version of handshake and frames there is. */
  int VERSION = 1;

  /** Longest extension in an introduction, in bytes. */
  int EXTENSION_BYTES_MAX = 48 * 1_024;

  /** Longest reason for a refusal, in bytes. */
  int REASON_BYTES_MAX = 1_024;

  /**
   * The dialler's introduction, for one lane of its {@code conversation}'th attempt. One that is
   * meant for nobody ({@code to} 0) is a question only: see {@link ClusterQuestion}.
   */
  record Hello(Lane lane, long conversation, PeerHandshake introduction) implements Greeting {}

  /** The other's introduction: it takes the dialler for what it says it is. */
  record Welcome(Lane lane, long conversation, PeerHandshake introduction) implements Greeting {}

  /**
   * This won't do, and why, in words for the log.
   *
   * @param ground what it is for
   */
  record Refusal(String reason, Ground ground) implements Greeting {
    Refusal(String reason) {
      this(reason, Ground.INTRODUCTION);
    }
  }

  /** Frames follow. */
  record Go() implements Greeting {}

  /** What arrived is no greeting; the message says why. */
  final class Garbage extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean ourProtocol;

    Garbage(String message) {
      this(message, false);
    }

    Garbage(String message, boolean ourProtocol) {
      super(message, null, false, false);
      this.ourProtocol = ourProtocol;
    }

    /** Whether it came whole, from someone who will understand a {@link Refusal}. */
    boolean isOurProtocol() {
      return ourProtocol;
    }
  }

  /** The bytes of a greeting, in a buffer that is the caller's. */
  default ByteBuf encode(ByteBufAllocator allocator) {
    ByteBuf out = allocator.buffer(128);
    out.writeInt(Wire.MAGIC).writeByte(VERSION);
    switch (this) {
      case Hello hello -> {
        out.writeByte(Wire.HELLO).writeShort(0);
        Wire.write(out, hello.lane, hello.conversation, hello.introduction);
      }
      case Welcome welcome -> {
        out.writeByte(Wire.WELCOME).writeShort(0);
        Wire.write(out, welcome.lane, welcome.conversation, welcome.introduction);
      }
      case Refusal refusal -> {
        byte[] reason = refusal.reason.getBytes(StandardCharsets.UTF_8);
        out.writeByte(Wire.kind(refusal.ground)).writeShort(0);
        out.writeBytes(reason, 0, Math.min(reason.length, REASON_BYTES_MAX));
      }
      case Go _ -> out.writeByte(Wire.GO).writeShort(0);
    }
    int body = out.writerIndex() - Wire.HEADER_BYTES;
    Checks.that(body <= Wire.BODY_BYTES_MAX, "greeting of %d bytes", body);
    out.setShort(Wire.HEADER_BYTES - 2, body);
    return out.writeInt(Wire.checksum(out, 0, out.writerIndex()));
  }

  /**
   * Takes one greeting off the front of {@code in}, or nothing (null) while it isn't all there.
   * Bytes that can't become a greeting are found as soon as they are seen.
   *
   * @throws Garbage if it isn't one
   */
  static @Nullable Greeting decode(ByteBuf in) throws Garbage {
    int start = in.readerIndex();
    int length = in.readableBytes();
    for (int i = 0; i < Math.min(4, length); i++) {
      if (in.getByte(start + i) != (byte) (Wire.MAGIC >>> (24 - 8 * i))) {
        throw new Garbage("it doesn't speak Quorate's peer protocol");
      }
    }
    if (length < Wire.HEADER_BYTES) {
      return null;
    }
    int body = in.getUnsignedShort(start + Wire.HEADER_BYTES - 2);
    if (body > Wire.BODY_BYTES_MAX) {
      throw new Garbage("its greeting is too long: " + body + " bytes");
    }
    int end = start + Wire.HEADER_BYTES + body;
    if (length < Wire.HEADER_BYTES + body + 4) {
      return null;
    }
    if (in.getInt(end) != Wire.checksum(in, start, end - start)) {
      throw new Garbage("its greeting is damaged");
    }
    int version = in.getUnsignedByte(start + 4);
    int kind = in.getUnsignedByte(start + 5);
    in.readerIndex(start + Wire.HEADER_BYTES);
    Greeting greeting = read(in.readSlice(body), version, kind);
    in.skipBytes(4);
    return greeting;
  }

  private static Greeting read(ByteBuf body, int version, int kind) throws Garbage {
    for (Ground ground : Ground.values()) {
      if (kind == Wire.kind(ground)) {
        return new Refusal(body.toString(StandardCharsets.UTF_8), ground);
      }
    }
    if (version != VERSION) {
      throw new Garbage(
          "it speaks version " + version + " of the peer protocol, not " + VERSION, true);
    }
    return switch (kind) {
      case Wire.HELLO -> new Hello(Wire.lane(body), body.readLong(), Wire.introduction(body));
      case Wire.WELCOME -> new Welcome(Wire.lane(body), body.readLong(), Wire.introduction(body));
      case Wire.GO -> new Go();
      default -> throw new Garbage("its greeting is of no known kind: " + kind, true);
    };
  }

  /** How greetings lie on the wire. */
  final class Wire {
    private static final int MAGIC = 0x51_52_54_50; // QRTP
    private static final int HEADER_BYTES = 8;
    private static final int INTRODUCTION_BYTES = 1 + 6 * 8;
    private static final int BODY_BYTES_MAX = INTRODUCTION_BYTES + EXTENSION_BYTES_MAX;

    private static final int HELLO = 1;
    private static final int WELCOME = 2;
    private static final int REFUSAL = 3;
    private static final int GO = 4;
    private static final int DISOWNING = 5;
    private static final int REMOVED = 6;

    private Wire() {}

    private static int kind(Ground ground) {
      return switch (ground) {
        case INTRODUCTION -> REFUSAL;
        case NOT_THIS_MEMBER -> DISOWNING;
        case REMOVED -> REMOVED;
      };
    }

    private static void write(ByteBuf out, Lane lane, long conversation, PeerHandshake peer) {
      out.writeByte(
          switch (lane) {
            case CONSENSUS -> 0;
            case BULK -> 1;
          });
      out.writeLong(conversation);
      out.writeLong(peer.clusterId()).writeLong(peer.from()).writeLong(peer.to());
      out.writeLong(peer.boot()).writeLong(peer.nonce());
      Bytes extension = peer.extension();
      out.writeBytes(extension.array(), extension.arrayOffset(), extension.length());
    }

    private static Lane lane(ByteBuf body) throws Garbage {
      if (body.readableBytes() < INTRODUCTION_BYTES) {
        throw new Garbage("its introduction is too short");
      }
      return switch (body.readByte()) {
        case 0 -> Lane.CONSENSUS;
        case 1 -> Lane.BULK;
        default -> throw new Garbage("it asks for a lane that there isn't");
      };
    }

    private static PeerHandshake introduction(ByteBuf body) {
      long clusterId = body.readLong();
      long from = body.readLong();
      long to = body.readLong();
      long boot = body.readLong();
      long nonce = body.readLong();
      byte[] extension = new byte[body.readableBytes()];
      body.readBytes(extension);
      return new PeerHandshake(clusterId, from, to, boot, nonce, Bytes.wrap(extension));
    }

    private static int checksum(ByteBuf buffer, int start, int length) {
      CRC32C crc = new CRC32C();
      crc.update(buffer.nioBuffer(start, length));
      return (int) crc.getValue();
    }
  }
}
