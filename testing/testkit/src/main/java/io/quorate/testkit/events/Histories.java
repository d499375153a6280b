package io.quorate.testkit.events;

import io.quorate.events.aggregate.Decider;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Histories of events, drawn at random: for what has to hold whatever has happened.
 *
 * <pre>{@code
 * Histories<AccountEvent> histories =
 *     Histories.decided(
 *         ACCOUNTS,
 *         random -> random.nextInt(5) == 0 ? new Open("Ada") : new Deposit(random.nextInt(100)));
 * Replays.requireKeepable(ACCOUNTS, JsonCodec.of(Account.class), histories);
 * }</pre>
 *
 * <p>Each has a seed of its own. A failure tells it, and with the system property {@code
 * quorate.testkit.seed} that history alone is drawn again.
 *
 * @param <E> the events
 */
public final class Histories<E> {
  private static final String SEED = "quorate.testkit.seed";
  private static final int COUNT = 100;
  private static final int LENGTH_MAX = 20;

  private final Source<E> source;
  private final int count;
  private final int lengthMax;

  /** Makes what happens of so many draws, which may be less. */
  private interface Source<E> {
    List<E> draw(RandomGenerator random, int draws);
  }

  /** What has to hold of one history, and of others that are drawn with it. */
  interface Property<E> {
    void require(RandomGenerator random, Draw<E> histories);
  }

  /** Draws one history more. */
  interface Draw<E> {
    List<E> next();
  }

  private Histories(Source<E> source, int count, int lengthMax) {
    this.source = source;
    this.count = count;
    this.lengthMax = lengthMax;
  }

  /** Of events that are drawn one by one, whatever was before them. */
  public static <E> Histories<E> of(Function<? super RandomGenerator, ? extends E> event) {
    return new Histories<>(
        (random, draws) -> {
          List<E> events = new ArrayList<>();
          for (int i = 0; i < draws; i++) {
            events.add(event.apply(random));
          }
          return List.copyOf(events);
        },
        COUNT,
        LENGTH_MAX);
  }

  /**
   * Of what comes of commands that are drawn one by one: so only what can happen does. Those that
   * are refused are passed over.
   */
  public static <C, S, E> Histories<E> decided(
      Decider<C, S, E> decider, Function<? super RandomGenerator, ? extends C> command) {
    return new Histories<>(
        (random, draws) -> {
          List<E> events = new ArrayList<>();
          S state = decider.initial();
          for (int i = 0; i < draws; i++) {
            for (E event : decided(decider, command.apply(random), state)) {
              events.add(event);
              state = decider.evolve(state, event);
            }
          }
          return List.copyOf(events);
        },
        COUNT,
        LENGTH_MAX);
  }

  private static <C, S, E> List<E> decided(Decider<C, S, E> decider, C command, S state) {
    try {
      return decider.decide(command, state);
    } catch (RuntimeException e) {
      return List.of(); // that is how a decider refuses
    }
  }

  /** The same, so many; a hundred unless it is said. */
  public Histories<E> count(int histories) {
    return new Histories<>(source, histories, lengthMax);
  }

  /** The same, each of at most so many draws; twenty unless it is said. */
  public Histories<E> lengthMax(int draws) {
    return new Histories<>(source, count, draws);
  }

  /**
   * Tries a property with each.
   *
   * @throws AssertionError with the seed, if it doesn't hold of one, or if nothing ever happens
   */
  void each(Property<E> property) {
    Long asked = asked();
    long first = asked == null ? RandomGenerator.getDefault().nextLong() & 0xffff_ffffL : asked;
    long happened = 0;
    for (long seed = first; seed < first + (asked == null ? count : 1); seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      List<List<E>> drawn = new ArrayList<>();
      try {
        property.require(
            random,
            () -> {
              drawn.add(source.draw(random, random.nextInt(lengthMax + 1)));
              return drawn.getLast();
            });
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "%s; of the history %s, which was drawn from the seed %d; to draw it again: -D%s=%d"
                .formatted(
                    e instanceof AssertionError ? e.getMessage() : e,
                    drawn.size() == 1 ? drawn.getFirst() : drawn,
                    seed,
                    SEED,
                    seed),
            e);
      }
      happened += drawn.stream().mapToInt(List::size).sum();
    }
    if (asked == null && happened == 0) {
      throw new AssertionError(
          "nothing happened in %d histories: no command that was drawn led to an event"
              .formatted(count));
    }
  }

  private static @Nullable Long asked() {
    String given = System.getProperty(SEED);
    try {
      return given == null ? null : Long.valueOf(given);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "the property " + SEED + " is no number: \"" + given + "\"", e);
    }
  }
}
