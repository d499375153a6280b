package io.quorate.events.codec;

import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * What was written in earlier forms, told in today's: steps from one form to the next, each with
 * its type, so that a type may change its name too. Checked when it is built: no form has two
 * steps, no step begins at a form of today, from each the steps lead to one, and none is left out
 * of those that a type had before one that is known.
 *
 * @param <R> what a step turns into another: a tree, or bytes
 */
final class Upcasters<R> {
  private final SortedMap<Form, Step<R>> steps;

  private record Step<R>(Form to, UnaryOperator<R> change) {}

  private Upcasters(SortedMap<Form, Step<R>> steps) {
    this.steps = steps;
  }

  /** The form that one of these leads to; itself if it is today's. */
  Form today(Form form) {
    Form at = form;
    for (Step<R> step = steps.get(at); step != null; step = steps.get(at)) {
      at = step.to();
    }
    return at;
  }

  /** What an event of a form says in today's. */
  R upcast(Form form, R raw) {
    Form at = form;
    R now = raw;
    for (Step<R> step = steps.get(at); step != null; step = steps.get(at)) {
      now = step.change().apply(now);
      at = step.to();
    }
    return now;
  }

  /** Collects steps. */
  static final class Builder<R> {
    private final SortedMap<Form, Step<R>> steps = new TreeMap<>();
    private final Set<Form> unwritten = new TreeSet<>();

    void step(Form from, Form to, UnaryOperator<R> change) {
      if (steps.put(from, new Step<>(to, change)) != null) {
        throw new IllegalArgumentException("two upcasters begin at " + from);
      }
    }

    /** No event has this form, so it needs no step. */
    void neverWritten(Form form) {
      unwritten.add(form);
    }

    /**
     * Checks the chains.
     *
     * @param today the forms that are written now
     */
    Upcasters<R> build(Set<Form> today) {
      for (Map.Entry<Form, Step<R>> each : steps.entrySet()) {
        Form from = each.getKey();
        if (today.contains(from)) {
          throw new IllegalArgumentException(
              "an upcaster begins at " + from + ", which is what is written today");
        }
        Set<Form> passed = new TreeSet<>();
        Form at = from;
        for (Step<R> step = steps.get(at); step != null; step = steps.get(at)) {
          if (!passed.add(at)) {
            throw new IllegalArgumentException("the upcasters from " + from + " go in a circle");
          }
          at = step.to();
        }
        if (!today.contains(at)) {
          throw new IllegalArgumentException(
              "the upcasters from "
                  + from
                  + " end at "
                  + at
                  + ", which is not written today, and has no upcaster itself");
        }
      }
      Set<Form> known = new TreeSet<>(steps.keySet());
      known.addAll(today);
      requireAllBefore(known);
      return new Upcasters<>(new TreeMap<>(steps));
    }

    /** A type's forms are counted, so what isn't known among them was forgotten. */
    private void requireAllBefore(Set<Form> known) {
      for (Form each : unwritten) {
        if (known.contains(each)) {
          throw new IllegalArgumentException(
              each + " is said never to have been written, and is known all the same");
        }
      }
      for (Form each : known) {
        for (int schema = 1; schema < each.schema(); schema++) {
          Form before = new Form(each.type(), schema);
          if (!known.contains(before) && !unwritten.contains(before)) {
            throw new IllegalArgumentException(
                "there is "
                    + each
                    + ", but no upcaster begins at "
                    + before
                    + ": add one, or say that it was never written");
          }
        }
      }
    }
  }
}
