package io.quorate.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Peers that send what no client would. Whatever comes, the server neither fails inside nor keeps
 * anything of them, and serves others. One seed is run again with {@code mvn -pl server/grpc
 * -Dtest=FuzzTest -Dgrpc.fuzz.seed=N test}.
 */
@Timeout(120)
final class FuzzTest {
  private static final int SEEDS = 300;

  private static final String[] PATHS = {
    TestServer.ECHO,
    TestServer.ECHO_STREAM,
    TestServer.HANG,
    TestServer.FLOOD,
    TestServer.POLITE,
    "/no.Service/Nope"
  };

  @Test
  void random_frames_neither_break_the_server_nor_stay_in_it() throws Exception {
    Long only = Long.getLong("grpc.fuzz.seed");
    try (TestServer server = new TestServer()) {
      for (long seed = 1; seed <= SEEDS; seed++) {
        long one = only == null ? seed : only;
        try (RawClient client = server.client()) {
          attack(client, new Random(one));
        } catch (IOException e) {
          // Cut off in the middle of it: as it should be for many of these.
        }
        assertThat(server.failures).as("seed %d", one).isEmpty();
      }
      try (RawClient other = server.client()) {
        other.headers(1, TestServer.ECHO, false).message(1, new byte[] {1}, true);
        assertThat(other.answer(1).grpcStatus()).isZero();
      }
      while (server.server.connections() > 0) {
        Thread.onSpinWait();
      }
      assertThat(server.server.heldBytes()).isZero();
      assertThat(server.failures).isEmpty();
    }
  }

  private static void attack(RawClient client, Random random) throws IOException {
    OutBuffer out = new OutBuffer();
    int stream = 1;
    int frames = 1 + random.nextInt(200);
    for (int i = 0; i < frames; i++) {
      switch (random.nextInt(14)) {
        case 0, 1, 2 -> {
          int flags = OutBuffer.END_HEADERS | (random.nextInt(4) == 0 ? OutBuffer.END_STREAM : 0);
          byte[] block = RawClient.block(PATHS[random.nextInt(PATHS.length)]);
          if (random.nextInt(20) == 0) {
            block[random.nextInt(block.length)] ^= (byte) (1 << random.nextInt(8));
          }
          RawClient.frame(out, OutBuffer.HEADERS, flags, stream, block);
          stream += 2;
        }
        case 3, 4, 5 -> {
          byte[] message = RawClient.framed(random.nextInt(16) == 0 ? 1 : 0, digits(random));
          int length = random.nextInt(3) == 0 ? random.nextInt(message.length + 1) : message.length;
          int flags = random.nextInt(2) == 0 ? OutBuffer.END_STREAM : 0;
          byte[] part = Arrays.copyOf(message, length);
          RawClient.frame(out, OutBuffer.DATA, flags, near(random, stream), part);
        }
        case 6 -> out.rstStream(near(random, stream), random.nextInt(14));
        case 7 -> out.windowUpdate(near(random, stream), 1 + random.nextInt(100_000));
        case 8 -> out.windowUpdate(0, 1 + random.nextInt(100_000));
        case 9 -> out.settings(OutBuffer.SETTINGS_INITIAL_WINDOW_SIZE, random.nextInt(200_000));
        case 10 -> out.settings(OutBuffer.SETTINGS_HEADER_TABLE_SIZE, random.nextInt(8_192));
        case 11 -> out.ping(random.nextBoolean(), random.nextLong());
        case 12 -> {
          byte[] payload = new byte[random.nextInt(40)];
          random.nextBytes(payload);
          if (random.nextInt(10) == 0) {
            RawClient.frame(
                out, random.nextInt(12), random.nextInt(256), random.nextInt(stream + 4), payload);
          } else {
            RawClient.frame(out, 0x20 + random.nextInt(100), random.nextInt(256), 0, payload);
          }
        }
        default -> {
          RawClient.frame(out, OutBuffer.DATA, 0, near(random, stream), digits(random));
        }
      }
      if (random.nextInt(8) == 0) {
        client.send(out);
      }
    }
    client.send(out);
    if (random.nextBoolean()) {
      client.next();
    }
  }

  /** A stream that was opened already, as long as there is one. */
  private static int near(Random random, int next) {
    return next == 1 ? 1 : 1 + 2 * random.nextInt(next / 2);
  }

  private static byte[] digits(Random random) {
    byte[] digits = new byte[random.nextInt(3)];
    for (int i = 0; i < digits.length; i++) {
      digits[i] = (byte) ('0' + random.nextInt(10));
    }
    return digits;
  }
}
