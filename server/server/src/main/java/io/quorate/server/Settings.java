package io.quorate.server;

import io.quorate.server.Flag.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The flags as they were given, with the environment behind them: a flag on the command line wins
 * over its {@code ETCD_} variable, which wins over the preset. Where a {@code --config-file} is
 * given, it alone counts.
 *
 * @param values what was given, by flag
 * @param notices one line each for what was taken without effect
 */
record Settings(SortedMap<String, String> values, List<String> notices) {

  /**
   * Reads a command line as Go's flag package does: one dash or two, {@code --flag value} or {@code
   * --flag=value}, the last of two wins, {@code --} ends the flags, a switch takes its value only
   * behind an equals sign.
   *
   * @throws UsageException if a flag isn't known, has a value that can't be read, or is refused
   */
  static Settings read(List<String> arguments, Map<String, String> environment)
      throws UsageException {
    TreeMap<String, String> values = new TreeMap<>();
    List<String> notices = new ArrayList<>();
    readEnvironment(environment, values, notices);
    readArguments(arguments, values);
    String file = values.getOrDefault("config-file", "");
    if (!file.isEmpty()) {
      values = fromFile(file, values, notices);
    }
    for (Map.Entry<String, String> given : values.entrySet()) {
      judge(flag(given.getKey()), given.getValue(), notices);
    }
    return new Settings(values, List.copyOf(notices));
  }

  /** Whether the flag was given, on the command line or in the environment. */
  boolean given(String name) {
    return values.containsKey(name);
  }

  String text(String name) {
    String value = values.get(name);
    return value == null ? flag(name).preset() : value;
  }

  boolean on(String name) {
    return Boolean.TRUE.equals(truth(text(name)));
  }

  long number(String name) throws UsageException {
    return number(name, text(name));
  }

  /** What the file gives in the place of all else; but whoever asks for help or version gets it. */
  private static TreeMap<String, String> fromFile(
      String file, SortedMap<String, String> given, List<String> notices) throws UsageException {
    TreeMap<String, String> values = new TreeMap<>(ConfigFile.read(file, notices));
    for (String name : List.of("help", "version", "config-file")) {
      String value = given.remove(name);
      if (value != null) {
        values.put(name, value);
      }
    }
    given
        .keySet()
        .forEach(name -> notices.add("--" + name + " has no effect, since --config-file is given"));
    return values;
  }

  private static void readEnvironment(
      Map<String, String> environment, Map<String, String> values, List<String> notices)
      throws UsageException {
    for (Flag flag : Flags.all()) {
      String value = environment.get(flag.variable());
      if (value != null && !value.isEmpty()) {
        if (flag.name().equals("version") || flag.name().equals("help")) {
          continue;
        }
        values.put(flag.name(), value);
      }
    }
    for (String variable : new TreeMap<>(environment).keySet()) {
      if (variable.startsWith("ETCD_")
          && Flags.all().stream().noneMatch(flag -> flag.variable().equals(variable))) {
        notices.add("the environment variable " + variable + " is not known and has no effect");
      }
    }
  }

  private static void readArguments(List<String> arguments, Map<String, String> values)
      throws UsageException {
    for (int i = 0; i < arguments.size(); i++) {
      String argument = arguments.get(i);
      if (argument.equals("--") && i == arguments.size() - 1) {
        return;
      }
      if (!argument.startsWith("-") || argument.equals("-") || argument.equals("--")) {
        throw new UsageException("\"" + argument + "\" is not a flag");
      }
      String word = argument.substring(argument.startsWith("--") ? 2 : 1);
      int equals = word.indexOf('=');
      String name = equals < 0 ? word : word.substring(0, equals);
      if (name.equals("h")) {
        name = "help";
      }
      Flag flag = Flags.named(name);
      if (flag == null) {
        throw unknown(name);
      }
      if (equals >= 0) {
        values.put(name, word.substring(equals + 1));
      } else if (flag.kind() == Kind.SWITCH) {
        values.put(name, "true");
      } else if (++i < arguments.size()) {
        values.put(name, arguments.get(i));
      } else {
        throw new UsageException("--" + name + " needs a value");
      }
    }
  }

  private static UsageException unknown(String name) {
    String near = Suggestion.nearest(name, Flags.all().stream().map(Flag::name).toList());
    return new UsageException(
        "there is no flag --"
            + name
            + (near == null ? "; see --help" : "; did you mean --" + near + "?"));
  }

  private static void judge(Flag flag, String value, List<String> notices) throws UsageException {
    boolean asPreset =
        switch (flag.kind()) {
          case TEXT -> value.equals(flag.preset());
          case NUMBER -> number(flag.name(), value) == number(flag.name(), flag.preset());
          case DURATION -> duration(flag.name(), value).equals(GoDuration.parse(flag.preset()));
          case SWITCH -> switched(flag.name(), value) == switched(flag.name(), flag.preset());
        };
    switch (flag.standing()) {
      case MEANT -> {}
      case WITHOUT_EFFECT ->
          notices.add("--" + flag.name() + " is accepted and has no effect here: " + flag.note());
      case REFUSED -> {
        if (!asPreset) {
          throw new UsageException("--" + flag.name() + " is not supported: " + flag.note());
        }
      }
    }
  }

  private static Flag flag(String name) {
    Flag flag = Flags.named(name);
    if (flag == null) {
      throw new IllegalArgumentException(name);
    }
    return flag;
  }

  private static long number(String name, String value) throws UsageException {
    try {
      return Long.parseLong(value.strip());
    } catch (NumberFormatException e) {
      throw new UsageException("--" + name + " takes a whole number, not \"" + value + "\"");
    }
  }

  boolean switched(String name) throws UsageException {
    return switched(name, text(name));
  }

  java.time.Duration duration(String name) throws UsageException {
    return duration(name, text(name));
  }

  private static java.time.Duration duration(String name, String value) throws UsageException {
    try {
      return GoDuration.parse(value);
    } catch (UsageException e) {
      throw new UsageException("--" + name + ": " + e.getMessage());
    }
  }

  private static boolean switched(String name, String value) throws UsageException {
    Boolean truth = truth(value);
    if (truth == null) {
      throw new UsageException("--" + name + " takes true or false, not \"" + value + "\"");
    }
    return truth;
  }

  private static @Nullable Boolean truth(String value) {
    return switch (value) {
      case "1", "t", "T", "true", "TRUE", "True" -> true;
      case "0", "f", "F", "false", "FALSE", "False" -> false;
      default -> null;
    };
  }
}
