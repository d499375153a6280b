package io.quorate.recipes.ids;

import io.quorate.client.QuorateClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * How a {@link SnowflakeIds} is set up. Each method gives a new builder, so one may be kept and
 * varied.
 */
public final class IdBuilder {
  private static final long WINDOW_MILLIS_MIN = 100;
  private static final long WINDOW_MILLIS_MAX = 600_000;
  private static final int STRIPES_MAX = 64;

  /** Where the workers come from, once all else is known. */
  private interface Source {
    Workers open(SnowflakeLayout layout, IdClock clock, int stripes);
  }

  /** What the generators of a cluster are told besides. */
  private record InCluster(QuorateClient client, String name, int datacenter, Duration ttl)
      implements Source {
    @Override
    public Workers open(SnowflakeLayout layout, IdClock clock, int stripes) {
      if (datacenter < 0 || datacenter >= layout.datacenters()) {
        throw new IllegalArgumentException(
            "datacenter=" + datacenter + " is not 0 to " + (layout.datacenters() - 1));
      }
      return new ClusterWorkers(client, name, layout, datacenter, ttl, clock);
    }
  }

  private final Source source;
  private final SnowflakeLayout layout;
  private final IdSettings settings;
  private final IdClock clock;
  private final int stripes;

  private IdBuilder(
      Source source, SnowflakeLayout layout, IdSettings settings, IdClock clock, int stripes) {
    this.source = source;
    this.layout = layout;
    this.settings = settings;
    this.clock = clock;
    this.stripes = stripes;
  }

  static IdBuilder standalone(int datacenter, int worker, Path file) {
    return new IdBuilder(
        (layout, clock, stripes) -> FileWorkers.open(layout, datacenter, worker, stripes, file),
        SnowflakeLayout.TWITTER,
        IdSettings.DEFAULT,
        IdClock.SYSTEM,
        1);
  }

  static IdBuilder cluster(QuorateClient client, String name) {
    if (name.isEmpty() || name.endsWith("/")) {
      throw new IllegalArgumentException(
          "\"" + name + "\" is no name: it is not empty, and doesn't end with a slash");
    }
    return new IdBuilder(
        new InCluster(client, name, 0, Duration.ofSeconds(10)),
        SnowflakeLayout.TWITTER,
        IdSettings.DEFAULT,
        IdClock.SYSTEM,
        1);
  }

  private IdBuilder with(InCluster other) {
    return new IdBuilder(other, layout, settings, clock, stripes);
  }

  private InCluster inCluster() {
    if (source instanceof InCluster cluster) {
      return cluster;
    }
    throw new IllegalStateException("a generator without a cluster was told that at its beginning");
  }

  /** Whose workers are claimed, in a cluster; 0 unless told. */
  public IdBuilder datacenter(int number) {
    InCluster now = inCluster();
    return with(new InCluster(now.client(), now.name(), number, now.ttl()));
  }

  /**
   * How long a worker stays claimed, in a cluster, by a generator that is heard of no more; 10 s
   * unless told.
   *
   * @param ttl 1 s to 1 h, rounded up to seconds; a store may grant more
   */
  public IdBuilder sessionTtl(Duration ttl) {
    if (ttl.compareTo(Duration.ofSeconds(1)) < 0 || ttl.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("sessionTtl=" + ttl + " is not 1 s to 1 h");
    }
    InCluster now = inCluster();
    return with(new InCluster(now.client(), now.name(), now.datacenter(), ttl));
  }

  private IdBuilder with(IdSettings other) {
    return new IdBuilder(source, layout, other, clock, stripes);
  }

  /** How ids are made up; {@link SnowflakeLayout#TWITTER} unless told. */
  public IdBuilder layout(SnowflakeLayout other) {
    return new IdBuilder(source, other, settings, clock, stripes);
  }

  /**
   * How much time is reserved at once; 5 s unless told. A generator that is killed leaves what it
   * hadn't used: the next with this worker begins behind it.
   *
   * @param window 100 ms to 10 min
   */
  public IdBuilder window(Duration window) {
    long millis = window.toMillis();
    if (millis < WINDOW_MILLIS_MIN || millis > WINDOW_MILLIS_MAX) {
      throw new IllegalArgumentException("window=" + window + " is not 100 ms to 10 min");
    }
    return with(settings.window(millis));
  }

  /**
   * Lets ids be ahead of the clock, so that a burst of more than a millisecond has room for need
   * not wait. Unless told, none is.
   *
   * @param most 0 to a minute
   */
  public IdBuilder burst(Duration most) {
    if (most.isNegative() || most.compareTo(Duration.ofMinutes(1)) > 0) {
      throw new IllegalArgumentException("burst=" + most + " is not 0 to 1 min");
    }
    return with(settings.ahead(most.toMillis()));
  }

  /**
   * Makes no ids while the clock is further behind the last of them than this: {@link
   * io.quorate.base.ErrorCode#CLOCK_BEHIND}. Unless told, time goes on from the last id, however
   * far the clock stepped back.
   */
  public IdBuilder clockBehindMax(Duration most) {
    if (most.isNegative()) {
      throw new IllegalArgumentException("clockBehindMax=" + most);
    }
    return with(settings.clockBehindMax(most.toMillis()));
  }

  /** How long a call waits for an id at most, until it fails; 10 s unless told. */
  public IdBuilder waitMax(Duration most) {
    if (most.isNegative() || most.isZero()) {
      throw new IllegalArgumentException("waitMax=" + most);
    }
    return with(settings.waitMax(most));
  }

  /**
   * Makes ids as so many workers, for so many times the rate. Then ids rise for each thread only,
   * and only as long as it doesn't find its own stripe used up.
   *
   * @param count 1 to 64
   */
  public IdBuilder stripes(int count) {
    if (count < 1 || count > STRIPES_MAX) {
      throw new IllegalArgumentException("stripes=" + count + " is not 1 to " + STRIPES_MAX);
    }
    return new IdBuilder(source, layout, settings, clock, count);
  }

  /** By another clock, for tests. */
  public IdBuilder clock(IdClock other) {
    return new IdBuilder(source, layout, settings, other, stripes);
  }

  /**
   * Claims a worker of a cluster, and reserves time for it, for somebody else who makes the ids.
   *
   * @return fails if all are in use, or no time can be reserved
   */
  public CompletableFuture<ClaimedWorker> claimAsync() {
    Workers workers = inCluster().open(layout, clock, 1);
    return ClaimedWorker.claim(workers, new Windows(layout, clock, settings.windowMillis()));
  }

  /** Claims a worker for somebody else, as {@link #claimAsync} does, and waits for it. */
  public ClaimedWorker claim() {
    QuorateClient client = inCluster().client();
    client.requireMayBlock();
    return client.await(claimAsync());
  }

  /** Claims what is needed with the first id; that one may wait for it. */
  public SnowflakeIds open() {
    return new SnowflakeIds(layout, clock, settings, source.open(layout, clock, stripes), stripes);
  }
}
