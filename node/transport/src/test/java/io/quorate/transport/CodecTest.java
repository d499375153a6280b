package io.quorate.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.quorate.base.Bytes;
import io.quorate.node.PeerHandshake;
import io.quorate.node.Transport;
import io.quorate.node.Transport.Lane;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Greetings and frames as bytes: the format's golden bytes, pieces of any size, and damage. */
class CodecTest {
  private static final long SEED = Long.getLong("seed", 11);

  private static final Greeting.Hello HELLO =
      new Greeting.Hello(
          Lane.BULK, 5, new PeerHandshake(0xC1, 1, 2, 3, 0xABCDEF, Bytes.utf8("later")));

  /** Shows that version 1 stays what it is. */
  @Test
  void greetings_of_version_1_have_these_bytes() {
    assertThat(hex(HELLO))
        .isEqualTo(
            "51525450"
                + "01"
                + "01"
                + "0036"
                + "01"
                + "0000000000000005"
                + "00000000000000c1"
                + "0000000000000001"
                + "0000000000000002"
                + "0000000000000003"
                + "0000000000abcdef"
                + "6c61746572"
                + hex(HELLO).substring(124));
    assertThat(hex(new Greeting.Go())).startsWith("5152545001040000").hasSize(24);
    assertThat(hex(new Greeting.Refusal("no"))).startsWith("51525450010300026e6f").hasSize(28);
    assertThat(hex(new Greeting.Refusal("no", Transport.Rejection.Ground.NOT_THIS_MEMBER)))
        .startsWith("51525450010500026e6f")
        .hasSize(28);
  }

  @Test
  void greetings_come_back_as_they_went() throws Exception {
    for (Greeting greeting :
        List.of(
            HELLO,
            new Greeting.Welcome(Lane.CONSENSUS, -1, HELLO.introduction()),
            new Greeting.Refusal("why not"),
            new Greeting.Refusal("a copy", Transport.Rejection.Ground.NOT_THIS_MEMBER),
            new Greeting.Go())) {
      ByteBuf in = greeting.encode(new UnpooledByteBufAllocator(false)).writeByte(9);
      assertThat(Greeting.decode(in)).isEqualTo(greeting);
      assertThat(in.readableBytes()).as("what follows stays").isEqualTo(1);
    }
  }

  @Test
  void a_part_of_a_greeting_is_waited_on() throws Exception {
    ByteBuf whole = HELLO.encode(new UnpooledByteBufAllocator(false));
    for (int length = 0; length < whole.readableBytes(); length++) {
      assertThat(Greeting.decode(whole.copy(0, length))).isNull();
    }
  }

  /** Shows that no damage to a greeting goes unnoticed, and that none does more than be noticed. */
  @Test
  void a_damaged_greeting_is_found() {
    ByteBuf whole = HELLO.encode(new UnpooledByteBufAllocator(false));
    for (int bit = 0; bit < whole.readableBytes() * 8; bit++) {
      ByteBuf damaged = Unpooled.copiedBuffer(whole);
      damaged.setByte(bit / 8, damaged.getByte(bit / 8) ^ 1 << bit % 8);
      try {
        assertThat(Greeting.decode(damaged)).as("bit %d", bit).isNull();
      } catch (Greeting.Garbage expected) {
        assertThat(expected).hasMessageMatching("it.*");
      }
    }
  }

  @Test
  void random_bytes_are_garbage_or_too_few() {
    Random random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      System.arraycopy(new byte[] {0x51, 0x52, 0x54, 0x50}, 0, bytes, 0, Math.min(bytes.length, 4));
      try {
        assertThat(Greeting.decode(Unpooled.wrappedBuffer(bytes)))
            .as("-Dseed=%d -Dtest=CodecTest", SEED)
            .isNull();
      } catch (Greeting.Garbage expected) {
        assertThat(expected.getMessage()).isNotBlank();
      }
    }
  }

  @Test
  void frames_come_out_whole_however_they_are_cut() throws Exception {
    Random random = new Random(SEED);
    List<Bytes> sent = new ArrayList<>();
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    for (int i = 0; i < 500; i++) {
      byte[] content = new byte[random.nextInt(300)];
      random.nextBytes(content);
      sent.add(Bytes.wrap(content));
      stream.write(RawPeer.frame(content));
    }
    ByteBuf all = Unpooled.wrappedBuffer(stream.toByteArray());
    FrameReader reader = new FrameReader();
    List<Bytes> received = new ArrayList<>();
    while (all.isReadable()) {
      ByteBuf piece = all.readSlice(Math.min(all.readableBytes(), 1 + random.nextInt(700)));
      for (Bytes frame = reader.next(piece); frame != null; frame = reader.next(piece)) {
        received.add(frame);
      }
      assertThat(piece.isReadable()).isFalse();
    }
    assertThat(received).as("-Dseed=%d -Dtest=CodecTest", SEED).isEqualTo(sent);
  }

  @Test
  void a_negative_length_is_found_before_anything_is_allocated() {
    ByteBuf header = Unpooled.buffer().writeInt(-1).writeInt(0);
    assertThatThrownBy(() -> new FrameReader().next(header))
        .isInstanceOf(FrameReader.BrokenStream.class)
        .hasMessageContaining("4294967295");
  }

  private static String hex(Greeting greeting) {
    return ByteBufUtil.hexDump(greeting.encode(new UnpooledByteBufAllocator(false)));
  }
}
