package io.quorate.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Order, identity and slicing of byte strings. */
class BytesTest {
  @Test
  void order_is_unsigned_with_a_prefix_first() {
    assertThat(Bytes.wrap(new byte[] {(byte) 0x80})).isGreaterThan(Bytes.wrap(new byte[] {0x7f}));
    assertThat(Bytes.utf8("a")).isLessThan(Bytes.utf8("a\0")).isLessThan(Bytes.utf8("b"));
  }

  @Test
  void a_slice_is_equal_to_the_same_bytes_elsewhere() {
    Bytes slice = Bytes.utf8("xabcx").slice(1, 4);
    assertThat(slice).isEqualTo(Bytes.utf8("abc")).hasSameHashCodeAs(Bytes.utf8("abc"));
    assertThat(slice.compact().array()).hasSize(3);
    assertThat(slice.startsWith(Bytes.utf8("ab"))).isTrue();
    assertThat(slice.startsWith(Bytes.utf8("abcx"))).isFalse();
  }

  @Test
  void bounds_are_kept() {
    Bytes slice = Bytes.utf8("xabcx").slice(1, 4);
    assertThatThrownBy(() -> slice.at(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> slice.slice(0, 4)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
