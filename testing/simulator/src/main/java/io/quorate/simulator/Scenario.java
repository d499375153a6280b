package io.quorate.simulator;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A {@link Plan} as a text, which stays what it is when seeds come to draw other plans: a line for
 * each of its values, and one for each fault. What stands behind a {@code #} is for people.
 *
 * <pre>
 *   members 3
 *   loadNanos 47000000000
 *   fault 2837397753 SYNC_FAILS member 2 other 3 for 8171401631
 * </pre>
 */
final class Scenario {
  private static final String FAULT = "fault";

  private Scenario() {}

  /** The text of a plan. */
  static String write(Plan plan) {
    StringBuilder out = new StringBuilder();
    try {
      for (RecordComponent each : values()) {
        Object value = each.getAccessor().invoke(plan);
        out.append(each.getName()).append(' ').append(value).append('\n');
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
    for (Fault fault : plan.faults()) {
      out.append(FAULT).append(' ').append(fault.at()).append(' ').append(fault.kind());
      out.append(" member ").append(fault.member()).append(" other ").append(fault.other());
      out.append(" for ").append(fault.nanos()).append('\n');
    }
    return out.toString();
  }

  /** The same plan but for one of its values. */
  static Plan with(Plan plan, String name, Object value) {
    return read(write(plan) + name + ' ' + value); // what is said last counts
  }

  /**
   * The plan of a text. What the text doesn't say is 0 or false, as it was before there was such a
   * value.
   *
   * @throws IllegalArgumentException if it isn't one; the message names the line
   */
  static Plan read(String text) {
    TreeMap<String, String> found = new TreeMap<>();
    List<Fault> faults = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String[] words = line.replaceFirst("#.*", "").strip().split("\\s+", -1);
      try {
        if (words[0].equals(FAULT) && words.length == 9) {
          faults.add(
              new Fault(
                  Long.parseLong(words[1]),
                  Fault.Kind.valueOf(words[2]),
                  Long.parseLong(words[4]),
                  Long.parseLong(words[6]),
                  Long.parseLong(words[8])));
        } else if (words.length == 2 && isValue(words[0])) {
          found.put(words[0], words[1]);
        } else if (!words[0].isEmpty()) {
          throw new IllegalArgumentException("unknown");
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("not a line of a scenario: " + line, e);
      }
    }
    return plan(found, faults);
  }

  private static Plan plan(Map<String, String> found, List<Fault> faults) {
    RecordComponent[] components = Plan.class.getRecordComponents();
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String word = found.getOrDefault(components[i].getName(), "0");
      if (types[i] == boolean.class) {
        values[i] = Boolean.valueOf(word);
      } else if (types[i] == int.class) {
        values[i] = Integer.valueOf(word);
      } else if (types[i] == long.class) {
        values[i] = Long.valueOf(word);
      } else {
        values[i] = faults;
      }
    }
    try {
      Constructor<Plan> constructor = Plan.class.getDeclaredConstructor(types);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isValue(String name) {
    return Arrays.stream(values()).anyMatch(each -> each.getName().equals(name));
  }

  private static RecordComponent[] values() {
    return Arrays.stream(Plan.class.getRecordComponents())
        .filter(each -> each.getType().isPrimitive())
        .toArray(RecordComponent[]::new);
  }
}
