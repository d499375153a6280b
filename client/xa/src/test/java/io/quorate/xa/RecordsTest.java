package io.quorate.xa;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.txn.Decision;
import io.quorate.xa.DecisionRecord.Prepared;
import io.quorate.xa.branch.Ballot;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is in the store of transactions: other versions of this program read it. */
class RecordsTest {
  private static final DecisionRecord TWO =
      DecisionRecord.commit(
          1_700_000_000_000L,
          List.of(new Prepared("orders", 0, 0, "4711"), new Prepared("stock", 1, 99, "")));

  @Test
  void a_decision_stays_as_it_is() {
    String text = "1 COMMIT\t1700000000000\t2\norders\t0\t0\t4711\nstock\t1\t99\t\n";
    assertThat(TWO.encoded()).isEqualTo(Bytes.utf8(text));
    assertThat(DecisionRecord.decode(Bytes.utf8(text))).isEqualTo(TWO);
    DecisionRecord abort = DecisionRecord.abort(5);
    assertThat(abort.encoded()).isEqualTo(Bytes.utf8("1 ABORT\t5\t0\n"));
    assertThat(DecisionRecord.decode(abort.encoded()).decision()).isEqualTo(Decision.ABORT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1 COMM",
        "2 COMMIT\t1\t0\n",
        "1 COMMIT\n",
        "1 COMMIT\tx\t0\n",
        "1 COMMIT\t1\t1\norders\n",
        "1 COMMIT\t1\t1\norders\t0\tx\t\n",
        "1 COMMIT\t1\t0\norders\t0\t0\t\n"
      })
  void a_decision_that_is_damaged_is_read_by_nobody(String text) {
    assertThatThrownBy(() -> DecisionRecord.decode(Bytes.utf8(text)))
        .satisfies(e -> assertThat(ErrorCode.VALUE_UNREADABLE.isOf(e)).isTrue());
  }

  /** A torn end is a torn record, not one with fewer branches. */
  @Test
  void a_decision_without_its_end_is_read_by_nobody() {
    String whole = TWO.encoded().toUtf8();
    for (int length = 0; length < whole.length(); length++) {
      Bytes torn = Bytes.utf8(whole.substring(0, length));
      assertThatThrownBy(() -> DecisionRecord.decode(torn))
          .as("%d of %d", length, whole.length())
          .satisfies(e -> assertThat(ErrorCode.VALUE_UNREADABLE.isOf(e)).isTrue());
    }
  }

  @Test
  void a_life_stays_as_it_is() {
    LifeRecord life = new LifeRecord(0x694d, 0x4d, List.of("orders", "stock"));
    String text = "1\t000000000000694d\t000000000000004d\norders\nstock";
    assertThat(life.encoded()).isEqualTo(Bytes.utf8(text));
    assertThat(LifeRecord.decode(Bytes.utf8(text))).isEqualTo(life);
    assertThat(life.swept("orders").unswept()).containsExactly("stock");
    LifeRecord swept = life.swept("orders").swept("stock");
    assertThat(LifeRecord.decode(swept.encoded())).isEqualTo(swept);
    assertThatThrownBy(() -> LifeRecord.decode(Bytes.utf8("2\t1\t1\n")))
        .satisfies(e -> assertThat(ErrorCode.VALUE_UNREADABLE.isOf(e)).isTrue());
  }

  @Test
  void a_period_has_whole_chunks() {
    DomainKeys keys = new DomainKeys("shop");
    long first = 5L << 40;
    assertThat(Period.first(Period.of(first))).isEqualTo(first);
    assertThat(Period.of(first + Period.LENGTH - 1)).isEqualTo(Period.of(first));
    assertThat(Period.of(first + Period.LENGTH)).isEqualTo(Period.of(first) + 1);
    assertThat(Period.LENGTH % History.CHUNK).isZero();
    Bytes key = keys.known(0x4c, Period.of(first));
    assertThat(key.toUtf8()).isEqualTo("quorate/xa/shop/known/000000000000004c/0000000000500000");
    assertThat(DomainKeys.lastNumber(key)).isEqualTo(0x500000);
    assertThat(DomainKeys.numberBeforeLast(key)).isEqualTo(0x4c);
  }

  @Test
  void the_history_has_a_bit_for_each() {
    byte[] bits = History.empty();
    long first = 7L * History.CHUNK;
    for (long each : new long[] {first, first + 9, first + History.CHUNK - 1}) {
      assertThat(History.chunk(each)).isEqualTo(7);
      assertThat(History.has(Bytes.copyOf(bits), each)).isFalse();
      History.set(bits, each);
      assertThat(History.has(Bytes.copyOf(bits), each)).isTrue();
    }
    assertThat(bits).hasSize(128);
    assertThat(bits[0]).isEqualTo((byte) 1);
    assertThat(bits[1]).isEqualTo((byte) 2);
    assertThat(bits[127]).isEqualTo((byte) 0x80);
    assertThat(History.copy(Bytes.copyOf(bits))).isEqualTo(bits);
    assertThat(History.has(Bytes.EMPTY, first)).isFalse();
  }

  @Test
  void evidence_is_one_line() {
    assertThat(Ballot.yes("4711").evidence()).isEqualTo("4711");
    for (String text : new String[] {"a\tb", "a\nb", "a\rb", "x".repeat(257)}) {
      assertThatThrownBy(() -> Ballot.yes(text)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void keys_sort_as_their_numbers_do() {
    DomainKeys keys = new DomainKeys("shop");
    assertThat(keys.decision(0x4c, 0xfff).toUtf8())
        .isEqualTo("quorate/xa/shop/dec/000000000000004c/0000000000000fff");
    assertThat(DomainKeys.lastNumber(keys.decision(0x4c, 0xfff))).isEqualTo(0xfff);
    assertThat(keys.decision(9, 1)).isLessThan(keys.decision(10, 0));
    assertThat(keys.decisions(9)).isLessThan(keys.decision(9, 0));
  }

  @Test
  void a_transactions_number_tells_its_incarnation() {
    long lease = 0x123456789abcdef0L;
    long salt = Incarnation.salt(lease);
    assertThat(Incarnation.isOf((salt << 40) + 17, salt)).isTrue();
    assertThat(Incarnation.isOf((salt + 1) << 40, salt)).isFalse();
    assertThat(salt << 40).isNotNegative();
  }
}
