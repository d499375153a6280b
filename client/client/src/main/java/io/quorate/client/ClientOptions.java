package io.quorate.client;

import io.quorate.client.channel.Metadata;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a client behaves.
 *
 * @param timeout by when a call must have ended, all its attempts included
 * @param reachTimeout how long a call keeps trying while no member can be reached at all
 * @param retryDelayMin pause before the second attempt; it doubles from one to the next
 * @param retryDelayMax longest pause between two attempts
 * @param metadata what travels beside every request
 * @param credentials who the client is; null if members needn't know
 * @param observers who hears what it does
 */
public record ClientOptions(
    Duration timeout,
    Duration reachTimeout,
    Duration retryDelayMin,
    Duration retryDelayMax,
    Metadata metadata,
    @Nullable Credentials credentials,
    List<ClientObserver> observers) {
  /** Ten seconds a call, since a member itself gives up after seven. */
  public static final ClientOptions DEFAULT =
      new ClientOptions(
          Duration.ofSeconds(10),
          Duration.ofSeconds(10),
          Duration.ofMillis(20),
          Duration.ofSeconds(1),
          Metadata.EMPTY,
          null,
          List.of());

  /** Checks that all times are positive, and copies the list. */
  public ClientOptions {
    observers = List.copyOf(observers);
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout=" + timeout);
    }
    if (retryDelayMin.isNegative()
        || retryDelayMin.isZero()
        || retryDelayMax.compareTo(retryDelayMin) < 0) {
      throw new IllegalArgumentException(
          "retryDelayMin=" + retryDelayMin + " retryDelayMax=" + retryDelayMax);
    }
  }

  /** The same, with another time for calls. */
  public ClientOptions timeout(Duration duration) {
    return new ClientOptions(
        duration, reachTimeout, retryDelayMin, retryDelayMax, metadata, credentials, observers);
  }

  /** The same, giving up earlier while no member can be reached. */
  public ClientOptions reachTimeout(Duration duration) {
    return new ClientOptions(
        timeout, duration, retryDelayMin, retryDelayMax, metadata, credentials, observers);
  }

  /** The same, with this beside every request. */
  public ClientOptions metadata(Metadata beside) {
    return new ClientOptions(
        timeout, reachTimeout, retryDelayMin, retryDelayMax, beside, credentials, observers);
  }

  /** The same, as this user; null for nobody in particular. */
  public ClientOptions credentials(@Nullable Credentials user) {
    return new ClientOptions(
        timeout, reachTimeout, retryDelayMin, retryDelayMax, metadata, user, observers);
  }

  /** The same, with one more who hears what the client does. */
  public ClientOptions observer(ClientObserver observer) {
    List<ClientObserver> all = new ArrayList<>(observers);
    all.add(observer);
    return new ClientOptions(
        timeout, reachTimeout, retryDelayMin, retryDelayMax, metadata, credentials, all);
  }
}
