package io.quorate.testkit.events;

import io.quorate.events.aggregate.Decider;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a decider does with a command, given what happened before.
 *
 * <pre>{@code
 * DeciderScenario.of(ACCOUNTS)
 *     .given(new Opened("Ada"), new Deposited(5))
 *     .when(new Withdraw(3))
 *     .then(new Withdrawn(3));
 * }</pre>
 *
 * <p>Everything is asked twice, and must give the same: a decider that asks a clock is found. What
 * isn't as it was said to be throws an {@link AssertionError} that tells both.
 *
 * @param <C> the commands
 * @param <S> the state
 * @param <E> the events
 */
public final class DeciderScenario<C, S, E> {
  private final Decider<C, S, E> decider;
  private final List<E> given;

  private DeciderScenario(Decider<C, S, E> decider, List<E> given) {
    this.decider = decider;
    this.given = given;
  }

  /** Of this decider, when nothing happened yet. */
  public static <C, S, E> DeciderScenario<C, S, E> of(Decider<C, S, E> decider) {
    return new DeciderScenario<>(decider, List.of());
  }

  /** The same, when these happened too. */
  @SafeVarargs
  @SuppressWarnings("varargs") // it is only read
  public final DeciderScenario<C, S, E> given(E... events) {
    List<E> all = new ArrayList<>(given);
    all.addAll(List.of(events));
    return new DeciderScenario<>(decider, all);
  }

  /** A command comes. */
  public Outcome<S, E> when(C command) {
    S state = state(given);
    List<E> events = null;
    RuntimeException refusal = null;
    try {
      events = List.copyOf(decider.decide(command, state));
    } catch (RuntimeException e) {
      refusal = e;
    }
    Outcome<S, E> outcome = new Outcome<>(this, command, events, refusal);
    outcome.requireTheSame(again(command, state));
    if (!state.equals(state(given))) {
      throw new AssertionError(
          "the decider changed the state that it was given, by " + command + ": " + state);
    }
    return outcome;
  }

  private @Nullable List<E> again(C command, S state) {
    try {
      return List.copyOf(decider.decide(command, state));
    } catch (RuntimeException e) {
      return null;
    }
  }

  private S state(List<E> events) {
    S once = decider.initial();
    S twice = decider.initial();
    for (E event : events) {
      once = decider.evolve(once, event);
      twice = decider.evolve(twice, event);
      if (!once.equals(twice)) {
        throw new AssertionError(
            "the same events gave two states, the last of them being "
                + event
                + ": "
                + once
                + " and "
                + twice);
      }
    }
    return once;
  }

  /**
   * What came of a command.
   *
   * @param <S> the state
   * @param <E> the events
   */
  public static final class Outcome<S, E> {
    private final DeciderScenario<?, S, E> scenario;
    private final Object command;
    private final @Nullable List<E> events;
    private final @Nullable RuntimeException refusal;

    private Outcome(
        DeciderScenario<?, S, E> scenario,
        Object command,
        @Nullable List<E> events,
        @Nullable RuntimeException refusal) {
      this.scenario = scenario;
      this.command = command;
      this.events = events;
      this.refusal = refusal;
    }

    private void requireTheSame(@Nullable List<E> second) {
      boolean same = events == null ? second == null : events.equals(second);
      if (!same) {
        throw new AssertionError(
            command + " was decided in two ways: " + told(events) + " and " + told(second));
      }
    }

    private static String told(@Nullable List<?> events) {
      return events == null ? "a refusal" : events.toString();
    }

    /** These happen, in this order; none if nothing does. */
    @SafeVarargs
    @SuppressWarnings("varargs") // it is only read
    public final Outcome<S, E> then(E... expected) {
      List<E> there = happened();
      if (!there.equals(List.of(expected))) {
        throw new AssertionError(
            "expected of " + command + ": " + List.of(expected) + ", but what happens is " + there);
      }
      return this;
    }

    /** Then it all adds up to this. */
    public Outcome<S, E> thenState(S expected) {
      List<E> all = new ArrayList<>(scenario.given);
      all.addAll(happened());
      S state = scenario.state(all);
      if (!state.equals(expected)) {
        throw new AssertionError(
            "expected behind " + command + ": " + expected + ", but it adds up to " + state);
      }
      return this;
    }

    private List<E> happened() {
      List<E> there = events;
      if (there == null) {
        throw new AssertionError(command + " was refused: " + refusal, refusal);
      }
      return there;
    }

    /** It is refused in this way. */
    public <X extends RuntimeException> X thenRefused(Class<X> as) {
      RuntimeException why = refusal;
      if (why == null) {
        throw new AssertionError(
            "expected that " + command + " is refused, but what happens is " + events);
      }
      if (!as.isInstance(why)) {
        throw new AssertionError(
            "expected that " + command + " is refused as " + as.getName() + ": " + why, why);
      }
      return as.cast(why);
    }
  }
}
