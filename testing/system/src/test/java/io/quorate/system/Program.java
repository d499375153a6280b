package io.quorate.system;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A server program that takes etcd's flags.
 *
 * @param command what comes before the flags
 */
public record Program(String name, List<String> command) {
  /** Debian's etcd, or whichever is first on the path. */
  public static final Program ETCD = new Program("etcd", List.of("etcd"));

  /** Members of tests live for seconds: what a compiler spends on them longer than that is lost. */
  static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1";

  /** What the tests are about: Quorate, or etcd for a yardstick ({@code -Dsystem.program=etcd}). */
  static Program underTest() {
    return System.getProperty("system.program", "quorate").equals(ETCD.name) ? ETCD : quorate();
  }

  /**
   * Quorate: the launcher that {@code system.quorate} names, or the classes under test, which
   * {@code system.classpath} names if the tests don't have them themselves.
   */
  public static Program quorate() {
    String launcher = System.getProperty("system.quorate", "");
    if (!launcher.isEmpty()) {
      return new Program("quorate", List.of(launcher, "server"));
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:+UseSerialGC");
    command.add(SHORT_LIVED);
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    for (String option : System.getProperty("system.jvm", "").split(" ", -1)) {
      if (!option.isEmpty()) {
        command.add(option);
      }
    }
    command.add("-cp");
    command.add(System.getProperty("system.classpath", classPath()));
    command.add("io.quorate.server.Main");
    return new Program("quorate", List.copyOf(command));
  }

  /** What the tests themselves run from. */
  static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }
}
