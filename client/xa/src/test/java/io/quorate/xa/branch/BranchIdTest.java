package io.quorate.xa.branch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The names of branches: other versions of this program find them in databases. */
class BranchIdTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final BranchId ONE =
      new BranchId(0x0102030405060708L, 0x11, 0x2122232425262728L, BranchId.hash("orders"), 3, 99);

  @Test
  void its_bytes_stay_as_they_are() {
    assertThat(HEX.formatHex(ONE.global()))
        .isEqualTo("01" + "0102030405060708" + "0000000000000011" + "2122232425262728");
    assertThat(HEX.formatHex(ONE.qualifier()))
        .isEqualTo("1c168adb00d208e4" + "0003" + "0000000000000063" + "a77892d5");
    assertThat(ONE.toText())
        .isEqualTo(
            "1364738353_AQECAwQFBgcIAAAAAAAAABEhIiMkJSYnKA==_HBaK2wDSCOQAAwAAAAAAAABjp3iS1Q==");
    assertThat(ONE.toHex())
        .isEqualTo(
            "01010203040506070800000000000000112122232425262728"
                + "-1c168adb00d208e400030000000000000063a77892d5");
  }

  @Test
  void what_is_written_is_read_back() {
    Random random = new Random(7);
    for (int i = 0; i < 1_000; i++) {
      BranchId id =
          new BranchId(
              random.nextLong(),
              random.nextLong(),
              random.nextLong(),
              random.nextLong(),
              random.nextInt(1 << 16),
              random.nextLong());
      assertThat(BranchId.ofText(id.toText())).contains(id);
      assertThat(id.toText()).hasSize(80).matches("[0-9]+_[A-Za-z0-9+/=]+_[A-Za-z0-9+/=]+");
      assertThat(BranchId.of(BranchId.FORMAT, id.global(), id.qualifier())).contains(id);
      assertThat(BranchId.ofHex(id.toHex())).contains(id);
      assertThat(id.toHex()).hasSize(95).matches("01[0-9a-f]{48}-[0-9a-f]{44}");
    }
  }

  @Test
  void what_is_damaged_or_anothers_is_none_of_ours() {
    byte[] global = ONE.global();
    for (int i = 0; i < global.length; i++) {
      byte[] damaged = global.clone();
      damaged[i] ^= 4;
      assertThat(BranchId.of(BranchId.FORMAT, damaged, ONE.qualifier())).isEmpty();
    }
    byte[] qualifier = ONE.qualifier();
    for (int i = 0; i < qualifier.length; i++) {
      byte[] damaged = qualifier.clone();
      damaged[i] ^= 4;
      assertThat(BranchId.of(BranchId.FORMAT, global, damaged)).isEmpty();
    }
    assertThat(BranchId.of(1, global, qualifier)).isEmpty();
    assertThat(BranchId.of(BranchId.FORMAT, new byte[0], new byte[64])).isEmpty();
    for (String text :
        new String[] {"", "x", "1364738353_a_b", "1364738353__", "_" + ONE.toText()}) {
      assertThat(BranchId.ofText(text)).isEmpty();
      assertThat(BranchId.ofHex(text)).isEmpty();
    }
    for (String text : new String[] {"-", "01-", "x-y", ONE.toHex() + "0", ONE.toHex() + "-00"}) {
      assertThat(BranchId.ofHex(text)).isEmpty();
    }
  }

  @Test
  void databases_have_room_for_it() {
    assertThat(ONE.global()).hasSizeLessThanOrEqualTo(64); // XA
    assertThat(ONE.qualifier()).hasSizeLessThanOrEqualTo(64);
    assertThat(BranchId.FORMAT).isPositive(); // MariaDB's binary log
    assertThat(ONE.toText()).hasSizeLessThan(200); // PostgreSQL
    assertThatThrownBy(() -> new BranchId(0, 0, 0, 0, 1 << 16, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
