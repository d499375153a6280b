package io.quorate.events.aggregate;

import java.util.List;
import java.util.function.BiFunction;

/**
 * How commands become events, by what the events before add up to.
 *
 * <pre>{@code
 * Decider<Command, Account, AccountEvent> accounts =
 *     Decider.of(Account.NONE, Account::decide, Account::evolve);
 * }</pre>
 *
 * @param <C> the commands
 * @param <S> the state
 * @param <E> the events
 */
public interface Decider<C, S, E> extends Evolver<S, E> {
  /**
   * What happens by a command. May be asked again with a later state, if others were faster, so it
   * does nothing but decide.
   *
   * @return none if nothing has to happen
   * @throws RuntimeException if the command is refused; it reaches whoever gave it
   */
  List<E> decide(C command, S state);

  /** By a first state and two functions. */
  static <C, S, E> Decider<C, S, E> of(
      S initial,
      BiFunction<? super C, ? super S, ? extends List<E>> decide,
      BiFunction<? super S, ? super E, ? extends S> evolve) {
    return new Decider<>() {
      @Override
      public S initial() {
        return initial;
      }

      @Override
      public List<E> decide(C command, S state) {
        return decide.apply(command, state);
      }

      @Override
      public S evolve(S state, E event) {
        return evolve.apply(state, event);
      }
    };
  }
}
