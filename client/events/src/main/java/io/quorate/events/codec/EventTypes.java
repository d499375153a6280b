package io.quorate.events.codec;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which class stands for which form, one for one.
 *
 * @param <T> what is known of a class
 */
final class EventTypes<T> {
  private final Map<Class<?>, Form> forms = new LinkedHashMap<>();
  private final SortedMap<Form, T> known = new TreeMap<>();

  /** Adds a class; its form as it was said before is no longer its form. */
  void add(Class<?> type, Form form, T about) {
    Form before = forms.put(type, form);
    if (before != null) {
      known.remove(before);
    }
    if (known.put(form, about) != null) {
      throw new IllegalArgumentException("two classes are written as " + form);
    }
  }

  boolean has(Class<?> type) {
    return forms.containsKey(type);
  }

  boolean isEmpty() {
    return forms.isEmpty();
  }

  Set<Form> forms() {
    return known.keySet();
  }

  @Nullable T of(Form form) {
    return known.get(form);
  }

  /** The form that an event of a class is written in. */
  Form of(Class<?> type) {
    Form form = forms.get(type);
    if (form == null) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          type.getName() + " is none of the events that this codec was built for");
    }
    return form;
  }

  /**
   * The classes that events can be of: a class itself, and those that a sealed one permits, and
   * theirs in turn. What permits others that it doesn't name has none.
   */
  static List<Class<?>> permitted(Class<?> root) {
    List<Class<?>> all = new ArrayList<>();
    collect(root, all);
    return all;
  }

  private static void collect(Class<?> type, List<Class<?>> into) {
    Class<?>[] permitted = type.getPermittedSubclasses();
    if (permitted != null) {
      for (Class<?> each : permitted) {
        collect(each, into);
      }
    }
    if (!isAbstract(type) && !into.contains(type)) {
      into.add(type);
    }
  }

  /** Interfaces are. */
  private static boolean isAbstract(Class<?> type) {
    return java.lang.reflect.Modifier.isAbstract(type.getModifiers());
  }
}
