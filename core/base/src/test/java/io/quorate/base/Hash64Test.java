package io.quorate.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** XXH64 against values published with its specification. */
class Hash64Test {
  @Test
  void published_values_come_out() {
    assertThat(hash("", 0)).isEqualTo(0xEF46DB3751D8E999L);
    assertThat(hash("a", 0)).isEqualTo(0xD24EC4F1A98C6E5BL);
    assertThat(hash("abc", 0)).isEqualTo(0x44BC2CF5AD770999L);
    assertThat(hash("Nobody inspects the spammish repetition", 0)).isEqualTo(0xFBCEA83C8A378BF1L);
  }

  @Test
  void a_slice_hashes_like_its_copy() {
    byte[] array = "....Nobody inspects the spammish repetition".getBytes(StandardCharsets.UTF_8);
    assertThat(Hash64.of(Bytes.wrap(array, 4, array.length - 4), 0)).isEqualTo(0xFBCEA83C8A378BF1L);
  }

  @Test
  void the_seed_and_the_order_matter() {
    assertThat(hash("abc", 1)).isNotEqualTo(hash("abc", 0));
    assertThat(Hash64.combine(Hash64.combine(0, 1), 2))
        .isNotEqualTo(Hash64.combine(Hash64.combine(0, 2), 1));
  }

  private static long hash(String text, long seed) {
    return Hash64.of(Bytes.utf8(text), seed);
  }
}
