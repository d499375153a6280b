package io.quorate.bench;

import io.quorate.base.Bytes;
import io.quorate.bench.LoadSettings.Kind;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a server is trained on when its start-up cache is made: a little of everything that it does
 * often, so that the next start knows what is hot. Prints nothing; nothing is measured.
 *
 * <pre>
 * Training HOST:PORT
 * </pre>
 */
public final class Training {
  private static final int CLIENTS = 64;
  private static final int CONNECTIONS = 4;
  private static final int STREAMS = 20;
  private static final int KEYS = 1_000;
  private static final int LEASES = 2_000;
  private static final int RENEWALS = 8;
  private static final long TTL_SECONDS = 2;
  private static final long ENDED_SECONDS_MAX = 20;
  private static final String LEASED = "trained/";

  private Training() {}

  /** Trains the server at an address. */
  public static void main(String[] arguments) {
    String endpoint = arguments[0];
    InetSocketAddress address = Main.address(endpoint);
    puts(address, 20_000);
    load(address, Kind.RANGE, 10_000);
    load(address, Kind.TXN, 3_000);
    watches(endpoint, address);
    leases(endpoint);
  }

  private static void puts(InetSocketAddress address, long total) {
    load(address, Kind.PUT, total);
  }

  private static LoadSettings settings(InetSocketAddress address, Kind kind, long total) {
    return new LoadSettings(
        kind,
        List.of(address),
        CLIENTS,
        CONNECTIONS,
        32,
        256,
        KEYS,
        /* sequentialKeys= */ true,
        0,
        total,
        Duration.ofMinutes(1),
        0,
        Duration.ZERO,
        /* serializable= */ false,
        1);
  }

  private static void load(InetSocketAddress address, Kind kind, long total) {
    LoadResult result = Load.start(settings(address, kind, total), Load.Phases.NONE).await();
    if (result.failed() > 0) {
      throw new IllegalStateException(kind + " failed: " + result.errors());
    }
  }

  /** One key each for some watchers, and all keys for others. */
  private static void watches(String endpoint, InetSocketAddress address) {
    LoadSettings puts = settings(address, Kind.PUT, 1);
    try (Watchers watching =
        Watchers.open(
            endpoint,
            CONNECTIONS,
            STREAMS,
            KEYS,
            i ->
                i < STREAMS
                    ? new Watchers.Interest(Bytes.wrap(new byte[1]), Bytes.wrap(new byte[1]))
                    : new Watchers.Interest(Requests.key(puts, i), Bytes.EMPTY))) {
      watching.count(true);
      puts(address, 5_000);
    }
  }

  /** Grants, renewals, and the end of all. */
  private static void leases(String endpoint) {
    Bytes behind = Bytes.utf8(LEASED.substring(0, LEASED.length() - 1) + (char) ('/' + 1));
    try (Leases leases = new Leases(endpoint, LEASES, TTL_SECONDS, STREAMS);
        Watchers watching =
            Watchers.open(
                endpoint, 1, 1, 1, _ -> new Watchers.Interest(Bytes.utf8(LEASED), behind))) {
      leases.grant();
      leases.attach(LEASED);
      for (int i = 0; i < RENEWALS; i++) {
        leases.renewAll();
      }
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(ENDED_SECONDS_MAX);
      while (watching.deletions() < LEASES && System.nanoTime() - deadline < 0) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
      }
    }
  }
}
