package io.quorate.xa.it;

import io.quorate.system.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever dies, at whichever step: all or nothing, nothing in doubt for longer than a lease, and
 * who was told something was told the truth.
 *
 * <p>A sample of all cases, another one with each {@code -Dseed}; all of them with {@code
 * -Dcheck.full=true}, by {@code testing/crash-matrix}. With {@code -Dcrash.defaults=true} all in
 * which the application stands still, for longer than a session lives by default. What has passed
 * is noted in the file that {@code -Dcrash.ledger} names, and isn't run again: so the whole may be
 * interrupted.
 */
class CrashTest {
  private static final boolean DEFAULTS = Boolean.getBoolean("crash.defaults");
  private static final @Nullable Duration TTL = DEFAULTS ? null : Duration.ofSeconds(3);
  private static final int SEED = Integer.getInteger("seed", 1);
  private static final String LEDGER = System.getProperty("crash.ledger", "");

  private static final Map<Store, Disaster> DISASTERS = new EnumMap<>(Store.class);

  @AfterAll
  static void end() {
    DISASTERS.values().forEach(Disaster::close);
    DISASTERS.clear();
  }

  static List<Arguments> cases() throws IOException {
    boolean all = Boolean.getBoolean("check.full");
    Set<String> passed = new HashSet<>();
    if (!LEDGER.isEmpty() && Files.exists(Path.of(LEDGER))) {
      try (Stream<String> lines = Files.lines(Path.of(LEDGER))) {
        lines.map(line -> line.replaceFirst(" took.*", "")).forEach(passed::add);
      }
    }
    return Stream.of(Store.values())
        .flatMap(store ->
            cases(store, all).stream()
                .filter(crash -> !DEFAULTS || crash.victim() == CrashCase.Victim.APPLICATION_PAUSED)
                .map(crash -> Arguments.of(store, crash)))
        .filter(arguments -> !passed.contains(line(arguments.get())))
        .toList();
  }

  private static List<CrashCase> cases(Store store, boolean all) {
    return all || DEFAULTS
        ? CrashCase.all()
        : CrashCase.sample(store == Store.ETCD ? SEED : SEED + 11);
  }

  private static String line(@Nullable Object[] arguments) {
    return (DEFAULTS ? "defaults " : "") + arguments[0] + " " + arguments[1];
  }

  @ParameterizedTest(name = "{0} {1}", allowZeroInvocations = true) // all may have passed
  @MethodSource("cases")
  void whatever_dies_it_is_all_or_nothing(Store store, CrashCase crash) throws Exception {
    Disaster disaster = DISASTERS.computeIfAbsent(store, each -> new Disaster(each, TTL, SEED));
    Duration took = disaster.run(crash);
    if (!LEDGER.isEmpty()) {
      Files.writeString(
          Path.of(LEDGER),
          line(new Object[] {store, crash}) + " took " + took.toMillis() + " ms\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    }
  }
}
