package io.quorate.recipes.ids;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Ids of 64 bits that rise with time and are made without a round trip: by one compare-and-set.
 *
 * <pre>{@code
 * try (SnowflakeIds ids = SnowflakeIds.builder(client, "orders").open()) {
 *   long id = ids.nextId();
 *   ids.layout().decode(id); // when, where, by whom
 * }
 * }</pre>
 *
 * <p>No id is issued twice, whatever clocks do. A generator puts only such time into ids as was
 * reserved for its worker beforehand, durably; whoever is that worker next begins behind it. A
 * clock that steps back makes ids that are ahead of it, none that were there before; one that steps
 * far ahead takes them along.
 *
 * <p>What can't be known: a machine that is copied while its generator runs is two of the same
 * worker until what it has reserved is over, a window at most; then one of them stops, or goes on
 * as another. A store that is restored from a backup knows of no reservation since: end generators
 * before, and see to it that clocks are right after.
 *
 * <p>Ids of one generator rise, for all threads together. Those of several are in the order of
 * their clocks, to the millisecond.
 *
 * <p>Safe for use by many threads, virtual ones included. A call waits when all of a millisecond's
 * ids are used up, which costs no processor time; and while no time can be reserved, for as long as
 * {@link IdBuilder#waitMax} says.
 */
public final class SnowflakeIds implements AutoCloseable {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final SnowflakeLayout layout;
  private final IdClock clock;
  private final IdSettings settings;
  private final Workers workers;
  private final Generator[] generators;

  private volatile boolean closed;

  SnowflakeIds(
      SnowflakeLayout layout, IdClock clock, IdSettings settings, Workers workers, int stripes) {
    this.layout = layout;
    this.clock = clock;
    this.settings = settings;
    this.workers = workers;
    generators = new Generator[stripes];
    for (int i = 0; i < stripes; i++) {
      generators[i] = new Generator(layout, clock, workers, settings);
    }
    workers.every(
        settings.windowMillis() * IdClock.NANOS_PER_MILLI / 2,
        () -> {
          for (Generator each : generators) {
            each.tick();
          }
        });
  }

  /**
   * Ids as workers of a cluster: each generator claims a worker for itself under a session, and the
   * time for its ids with it, both in the store. If the session is lost, it claims another one and
   * goes on.
   *
   * @param name of what gets ids: generators of one name share the workers
   */
  public static IdBuilder builder(QuorateClient client, String name) {
    return IdBuilder.cluster(client, name);
  }

  /**
   * Ids that need no cluster: whoever calls this sees to it that no other process is this worker;
   * that no other generator in this one is, is seen to here. What was issued is kept in a file, so
   * that a restart, with whatever clock, doesn't repeat it.
   *
   * @param datacenter from 0 to the layout's last
   * @param worker from 0 to the layout's last
   * @param file is made if it isn't there; no two generators can have it open at a time
   */
  public static IdBuilder standalone(int datacenter, int worker, Path file) {
    return IdBuilder.standalone(datacenter, worker, file);
  }

  /** How these ids are made up. */
  public SnowflakeLayout layout() {
    return layout;
  }

  /**
   * The next id; greater than any that this generator, if it is not striped, gave to any thread
   * before.
   *
   * @return never negative
   * @throws QuorateException.Unavailable if there is none in time, or the thread was interrupted,
   *     which stays set
   * @throws QuorateException.Rejected if there will be none any more
   */
  public long nextId() {
    long id = generators.length == 1 ? generators[0].tryNext() : tryEach();
    return id >= 0 ? id : awaitNext();
  }

  /** The next id, if there is one without waiting. */
  public OptionalLong tryNextId() {
    long id = tryEach();
    return id >= 0 ? OptionalLong.of(id) : OptionalLong.empty();
  }

  /**
   * Fills an array with ids that rise, or as many arrays' worth as it takes: cheaper than one by
   * one.
   *
   * @throws QuorateException as {@link #nextId}; what the array holds then must not be used
   */
  public void nextIds(long[] ids) {
    Generator generator = generators[first()];
    int filled = 0;
    while (filled < ids.length) {
      int more = generator.tryFill(ids, filled);
      if (more == 0) {
        ids[filled] = await(generator);
        more = 1;
      }
      filled += more;
    }
  }

  private long tryEach() {
    int first = first();
    long id = -1;
    for (int i = 0; i < generators.length && id < 0; i++) {
      Generator next = generators[(first + i) % generators.length];
      id = next.tryNext();
      if (id == TimeSequence.NOT_RESERVED) {
        next.reserveUnlessItFailed();
        id = next.tryNext();
      }
    }
    return id;
  }

  /** Threads begin with different stripes. */
  private int first() {
    long mixed = Thread.currentThread().getId() * GOLDEN;
    return generators.length == 1 ? 0 : Math.floorMod((int) (mixed >>> 32), generators.length);
  }

  private long awaitNext() {
    return await(generators[first()]);
  }

  private long await(Generator generator) {
    long began = clock.nanoTime();
    try {
      return await(generator, began + settings.waitMax().toNanos());
    } finally {
      workers.idAwaited(clock.nanoTime() - began);
    }
  }

  private long await(Generator generator, long deadline) {
    while (true) {
      long id = generator.tryNext();
      if (id >= 0) {
        return id;
      }
      long left = deadline - clock.nanoTime();
      if (closed) {
        throw QuorateException.of(ErrorCode.STOPPED, "the generator is closed");
      }
      if (left <= 0) {
        throw QuorateException.of(
            ErrorCode.UNREACHABLE,
            "no id within " + settings.waitMax() + ": no time could be reserved");
      }
      try {
        generator.await(id, left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw QuorateException.of(ErrorCode.INTERRUPTED, "interrupted while waiting for an id", e);
      }
    }
  }

  /** Gives back the workers and the time that was not used. Idempotent. */
  @Override
  public void close() {
    closed = true;
    for (Generator generator : generators) {
      generator.close();
    }
    workers.close();
  }
}
