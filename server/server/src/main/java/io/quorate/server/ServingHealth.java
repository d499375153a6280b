package io.quorate.server;

import io.quorate.grpc.HealthService;
import io.quorate.grpc.HealthService.Health;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.node.Loop;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Has gRPC's health service say whether this member serves, as a whole and for each of its
 * services.
 *
 * <p>A member serves if it has a state that it can read and its peers take it for who it is.
 * Whether there is a leader is no part of it: without one a member still answers what needs none,
 * and clients that leave a member for its health would have nobody left. {@code /readyz} asks for
 * that.
 */
final class ServingHealth implements AutoCloseable {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final Replica replica;
  private final HealthService service;
  private final List<String> names;
  private Loop.@Nullable Timer timer;
  private @Nullable Health told;
  private boolean closed;

  private ServingHealth(Replica replica, HealthService service, List<String> names) {
    this.replica = replica;
    this.service = service;
    this.names = names;
  }

  /** Registers the health service, and keeps it told. */
  static ServingHealth start(Replica replica, ServiceRegistry registry) {
    HealthService service = new HealthService();
    service.register(registry);
    ServingHealth health = new ServingHealth(replica, service, List.copyOf(registry.services()));
    health.tell(Health.NOT_SERVING);
    replica.loop().execute(health::look);
    return health;
  }

  /** Says that the member doesn't serve any more; its connections drain. */
  @Override
  public void close() {
    try {
      replica
          .loop()
          .execute(() -> {
            closed = true;
            if (timer != null) {
              timer.cancel();
            }
            tell(Health.NOT_SERVING);
          });
    } catch (RejectedExecutionException e) {
      // The loop has ended: nobody can ask any more.
      return;
    }
  }

  private void look() {
    if (closed) {
      return;
    }
    ReplicaStatus status = replica.status();
    boolean serves = replica.hasState() && status.failure().isEmpty() && status.refused().isEmpty();
    tell(serves ? Health.SERVING : Health.NOT_SERVING);
    timer = replica.loop().schedule(PAUSE_NANOS, this::look);
  }

  private void tell(Health health) {
    if (health != told) {
      told = health;
      service.set(HealthService.SERVER, health);
      names.forEach(name -> service.set(name, health));
    }
  }
}
