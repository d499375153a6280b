package io.quorate.checkers;

import java.util.stream.LongStream;

/** Which seeds a random test takes: {@code -Dseed=N} that one alone. */
final class Seeds {
  private Seeds() {}

  static LongStream of(int count) {
    Long only = Long.getLong("seed");
    return only == null ? LongStream.rangeClosed(1, count) : LongStream.of(only);
  }

  /** The command that repeats a failure. */
  static String rerun(Class<?> test, long seed) {
    return "repeat with: mvn test -pl testing/checkers -Dtest=%s -Dseed=%d"
        .formatted(test.getSimpleName(), seed);
  }
}
