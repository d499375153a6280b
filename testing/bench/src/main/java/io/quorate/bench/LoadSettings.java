package io.quorate.bench;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * What a load consists of.
 *
 * @param endpoints connections go to them in turn
 * @param clients calls outstanding at any time
 * @param connections over which they are spread; at most {@code clients}
 * @param keySpace how many different keys there are
 * @param sequentialKeys take the keys in order, not by chance
 * @param readShare of 1, for {@link Kind#MIXED}
 * @param total how many calls, or 0 to go on for {@code duration}
 * @param duration how long, if {@code total} is 0
 * @param rate calls a second that are due, whatever the answers do; 0 for a closed loop
 * @param warmUp how long the load runs before anything is counted
 * @param serializable reads from what the member has
 * @param seed of the keys' order
 */
public record LoadSettings(
    Kind kind,
    List<InetSocketAddress> endpoints,
    int clients,
    int connections,
    int keySize,
    int valueSize,
    int keySpace,
    boolean sequentialKeys,
    double readShare,
    long total,
    Duration duration,
    double rate,
    Duration warmUp,
    boolean serializable,
    long seed) {

  /** What is called. */
  public enum Kind {
    /** One key is written. */
    PUT,
    /** One key is read. */
    RANGE,
    /** A comparison that holds, and a put. */
    TXN,
    /** Reads and puts. */
    MIXED
  }

  /** Checks the bounds. */
  public LoadSettings {
    endpoints = List.copyOf(endpoints);
    if (endpoints.isEmpty()) {
      throw new IllegalArgumentException("no endpoint");
    }
    atLeast("clients", clients, 1);
    atLeast("connections", connections, 1);
    atLeast("keySize", keySize, Requests.KEY_BYTES_MIN);
    atLeast("valueSize", valueSize, 0);
    atLeast("keySpace", keySpace, 1);
    atLeast("total", total, 0);
    connections = Math.min(connections, clients);
    if (readShare < 0 || readShare > 1 || rate < 0) {
      throw new IllegalArgumentException("readShare=" + readShare + " rate=" + rate);
    }
    if (total == 0 && (duration.isZero() || duration.isNegative())) {
      throw new IllegalArgumentException("neither a total nor a duration");
    }
  }

  private static void atLeast(String name, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(name + "=" + value + ", at least " + least);
    }
  }
}
