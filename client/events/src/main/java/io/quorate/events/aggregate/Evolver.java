package io.quorate.events.aggregate;

import java.util.function.BiFunction;

/**
 * How events add up to a state. Both methods give the same for the same arguments, always: they ask
 * no clock, no store, and no random number; and a state that was given isn't changed.
 *
 * @param <S> the state
 * @param <E> the events
 */
public interface Evolver<S, E> {
  /** The state before the first event. */
  S initial();

  /** The state behind an event. */
  S evolve(S state, E event);

  /** By a first state and a function. */
  static <S, E> Evolver<S, E> of(S initial, BiFunction<? super S, ? super E, ? extends S> evolve) {
    return new Evolver<>() {
      @Override
      public S initial() {
        return initial;
      }

      @Override
      public S evolve(S state, E event) {
        return evolve.apply(state, event);
      }
    };
  }
}
