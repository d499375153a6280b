package io.quorate.cli;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Reads a plain, correct command line without picocli.
 *
 * <p>picocli's classes have a format too old to be kept in the JVM's cache, so loading them takes
 * longer than all else that a {@code get} does. This reads the same annotations, for the options
 * that commands have: flags, numbers and texts. Whatever isn't plain and correct (an unknown
 * option, a missing value, help) is left to picocli, which has the words for it.
 */
final class QuickParse {
  private final Map<String, Target> options = new LinkedHashMap<>();
  private @Nullable Target positional;

  private record Target(Object owner, Field field) {}

  private QuickParse(Object... owners) {
    for (Object owner : owners) {
      for (Field field : fields(owner)) {
        Option option = field.getAnnotation(Option.class);
        if (option != null) {
          for (String name : option.names()) {
            options.put(name, new Target(owner, field));
          }
        } else if (field.isAnnotationPresent(Parameters.class)
            && List.class.isAssignableFrom(field.getType())) {
          positional = new Target(owner, field);
        }
      }
    }
  }

  private static List<Field> fields(Object owner) {
    List<Field> fields = new ArrayList<>();
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      fields.addAll(List.of(type.getDeclaredFields()));
    }
    return fields;
  }

  /**
   * Sets the fields of a command and of the global options.
   *
   * @param variable the text of a global option that the arguments don't give, or null
   * @param words how many of the plain arguments are the command's name
   * @return whether all of it was understood; if not, fields may have been set
   */
  static boolean into(
      Object command,
      GlobalOptions globals,
      Function<String, @Nullable String> variable,
      int words,
      String... args) {
    QuickParse parse = new QuickParse(command, globals);
    try {
      for (Map.Entry<String, Target> option : parse.options.entrySet()) {
        if (option.getValue().owner() instanceof GlobalOptions
            && option.getKey().startsWith("--")) {
          String text = variable.apply(option.getKey());
          if (text != null && !set(option.getValue(), text)) {
            return false;
          }
        }
      }
      return parse.read(words, args);
    } catch (IllegalAccessException _) {
      return false;
    }
  }

  /**
   * The words that name the command: the first plain argument, and its second word if it has one.
   */
  static List<String> commandName(String... args) {
    int at = commandAt(args);
    if (at < 0) {
      return List.of();
    }
    return Commands.GROUPS.contains(args[at]) && at + 1 < args.length
        ? List.of(args[at], args[at + 1])
        : List.of(args[at]);
  }

  /** The same, with the words that name the command in full where they were only begun. */
  static String[] spelledOut(String... args) {
    int at = commandAt(args);
    if (at < 0) {
      return args;
    }
    String[] full = args.clone();
    full[at] = Commands.begunBy("", args[at]);
    if (Commands.GROUPS.contains(full[at]) && at + 1 < args.length) {
      full[at + 1] = Commands.begunBy(full[at] + " ", args[at + 1]);
    }
    return full;
  }

  /** Where the command's name begins; −1 if an option before it isn't known. */
  private static int commandAt(String... args) {
    QuickParse globals = new QuickParse(new GlobalOptions());
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      if (!arg.startsWith("-")) {
        return i;
      }
      if (arg.indexOf('=') < 0) {
        Target target = globals.options.get(arg);
        if (target == null) {
          return -1;
        }
        if (target.field().getType() != boolean.class) {
          i++; // its value
        }
      }
    }
    return -1;
  }

  private boolean read(int words, String... args) throws IllegalAccessException {
    List<String> plain = new ArrayList<>();
    boolean onlyPlain = false;
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      if (onlyPlain || !arg.startsWith("-") || arg.equals("-")) {
        plain.add(arg);
        continue;
      }
      if (arg.equals("--")) {
        onlyPlain = true;
        continue;
      }
      int equals = arg.indexOf('=');
      Target target = options.get(equals < 0 ? arg : arg.substring(0, equals));
      if (target == null) {
        return false;
      }
      String text;
      if (equals >= 0) {
        text = arg.substring(equals + 1);
      } else if (target.field().getType() == boolean.class) {
        text = "true";
      } else if (i + 1 < args.length && !args[i + 1].startsWith("-")) {
        text = args[++i];
      } else {
        return false;
      }
      if (!set(target, text)) {
        return false;
      }
    }
    List<String> values = plain.subList(Math.min(words, plain.size()), plain.size());
    if (positional == null) {
      return values.isEmpty();
    }
    positional.field().set(positional.owner(), new ArrayList<>(values));
    return true;
  }

  private static boolean set(Target target, String text) throws IllegalAccessException {
    Class<?> type = target.field().getType();
    if (type == boolean.class) {
      if (!text.equals("true") && !text.equals("false")) {
        return false;
      }
      target.field().setBoolean(target.owner(), text.equals("true"));
    } else if (type == long.class) {
      try {
        target.field().setLong(target.owner(), Long.parseLong(text));
      } catch (NumberFormatException _) {
        return false;
      }
    } else if (type == String.class) {
      target.field().set(target.owner(), text);
    } else {
      return false;
    }
    return true;
  }
}
