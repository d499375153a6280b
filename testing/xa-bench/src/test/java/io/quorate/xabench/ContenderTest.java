package io.quorate.xabench;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.databases.Databases;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** That what is measured does what it is measured at. */
@Timeout(120)
class ContenderTest {
  @TempDir Path directory = Path.of("");

  /** Shows that transfers arrive, in a process like those that are measured, and none is lost. */
  @ParameterizedTest
  @EnumSource
  void transfers_arrive_and_money_is_conserved(Contender contender) throws Exception {
    String name = "bank_" + contender.name().toLowerCase(Locale.ROOT);
    Bank bank = Bank.create(Databases.postgreSql(), Databases.mariaDb(), name, 1);
    try (ApplicationProcess application =
        ApplicationProcess.start(contender, directory, 1, bank, false)) {
      LoadResult result = application.perform(20);
      assertThat(result.total()).isEqualTo(20);
      assertThat(result.times().getTotalCount()).isEqualTo(20);
      assertThat(bank.arrived()).isBetween(20L, 200L);
      assertThat(bank.isConserved()).isTrue();
      assertThat(bank.postgreSql().prepared()).isEmpty();
      assertThat(bank.mariaDb().prepared()).isEmpty();
    }
  }

  /** Shows that managers commit transactions of resources that do nothing. */
  @ParameterizedTest
  @EnumSource(names = {"NARAYANA", "ATOMIKOS"})
  void a_manager_commits_without_databases(Contender contender) {
    try (ApplicationProcess application =
        ApplicationProcess.start(contender, directory, 2, null, false)) {
      LoadResult result = application.load(2, 0, 0.2);
      assertThat(result.failed()).isZero();
      assertThat(result.total()).isPositive();
    }
  }
}
