package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.CachedPrefix;
import io.quorate.client.KeyValue;
import io.quorate.client.Listening;
import io.quorate.client.QuorateClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;

/**
 * The instances of a service that are there at the moment: each registers itself, and is gone when
 * its process is.
 *
 * <pre>{@code
 * Services payments = Services.of(client, "payments");
 * try (Registration here = payments.register("10.0.0.7:8080", "zone=a", Duration.ofSeconds(10))) {
 *   payments.instances(); // this one, and the others
 * }
 * }</pre>
 *
 * <pre>
 * NAME/ADDRESS       what the instance says of itself; goes with its session
 * </pre>
 *
 * <p>Safe for use by many threads.
 */
public final class Services {
  private final QuorateClient client;
  private final LockName name;

  private Services(QuorateClient client, LockName name) {
    this.client = client;
    this.name = name;
  }

  /**
   * The service of this name.
   *
   * @param name not empty, and not ending with a slash
   */
  public static Services of(QuorateClient client, String name) {
    return new Services(client, LockName.of(name));
  }

  /** Its name. */
  public String name() {
    return name.toString();
  }

  /**
   * An instance of a service.
   *
   * @param address where it is reached, as it says
   * @param about what else it says of itself
   * @param since the revision at which it registered
   */
  public record Instance(String address, String about, long since) {}

  /**
   * Registers an instance, until that is closed: also when its session is lost, under another one.
   *
   * @param address where it is reached: not empty, without a slash. Another instance of the same
   *     address takes its place
   * @param about what else it says of itself
   * @param ttl how long it is there when nothing is heard of its process any more
   * @return completes once others can see it, however long no member can be reached; cancelling it
   *     ends that
   */
  public CompletableFuture<Registration> registerAsync(String address, String about, Duration ttl) {
    Bytes key = Bytes.utf8(name.prefix().toUtf8() + address);
    if (!name.owns(key)) {
      throw new IllegalArgumentException(
          "\"" + address + "\" is no address: it is not empty, and has no slash");
    }
    return Registration.begin(client, key, Bytes.utf8(about), ttl);
  }

  /** Registers an instance as {@link #registerAsync} does, and waits until others can see it. */
  public Registration register(String address, String about, Duration ttl) {
    return client.await(registerAsync(address, about, ttl));
  }

  /** The instances that are there, in the order in which they came. */
  public List<Instance> instances() {
    return of(client.kv().range(name.inOrder()).kvs());
  }

  private List<Instance> of(Iterable<KeyValue> kvs) {
    List<Instance> found = new ArrayList<>();
    for (KeyValue kv : kvs) {
      if (name.owns(kv.key())) {
        String key = kv.key().toUtf8();
        found.add(
            new Instance(
                key.substring(key.lastIndexOf('/') + 1), kv.value().toUtf8(), kv.createRevision()));
      }
    }
    return List.copyOf(found);
  }

  /** Tells which instances there are, now and whenever that changes, on the common pool. */
  public CompletableFuture<Listening> observe(Consumer<? super List<Instance>> listener) {
    return observe(listener, ForkJoinPool.commonPool());
  }

  /**
   * Tells which instances there are, now and whenever that, or what they say, changes.
   *
   * @param executor runs the listener, which may block there
   * @return completes once the first is on its way, and ends the telling; cancelling it does so
   *     before
   */
  public CompletableFuture<Listening> observe(
      Consumer<? super List<Instance>> listener, Executor executor) {
    return Observing.begin(client, name.prefix(), this::of, listener, executor);
  }

  private List<Instance> of(CachedPrefix.View view) {
    return of(
        view.entries().values().stream()
            .sorted(Comparator.comparingLong(KeyValue::createRevision))
            .toList());
  }
}
