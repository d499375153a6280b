package io.quorate.grpc;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * gRPC's standard health service, {@code grpc.health.v1.Health}: Check answers at once, Watch tells
 * of every change.
 *
 * <p>Safe to use from any thread; watchers hear of a change on their own loops.
 */
public final class HealthService {
  /** The name that stands for the server as a whole. */
  public static final String SERVER = "";

  private static final String CHECK = "/grpc.health.v1.Health/Check";
  private static final String WATCH = "/grpc.health.v1.Health/Watch";
  private static final int WATCHERS_MAX = 10_000;
  private static final int SERVICE = 1;
  private static final int STATUS = 1;

  private final Object lock = new Object();
  private final SortedMap<String, Health> states = new TreeMap<>();
  private final List<Watcher> watchers = new ArrayList<>();

  /** What is said about a service; the numbers are those on the wire. */
  public enum Health {
    SERVING(1),
    NOT_SERVING(2),
    SERVICE_UNKNOWN(3);

    private final int number;

    Health(int number) {
      this.number = number;
    }

    private Bytes encoded() {
      return new WireMessage().number(STATUS, number).encoded();
    }
  }

  /** Knows of no service yet. */
  public HealthService() {}

  /** Registers both methods. */
  public void register(ServiceRegistry registry) {
    registry.unary(CHECK, this::check).serverStreaming(WATCH, this::watch);
  }

  /** States how a service is; {@link #SERVER} for all of the server. */
  public void set(String service, Health health) {
    List<Watcher> told = new ArrayList<>();
    synchronized (lock) {
      states.put(service, health);
      for (Watcher watcher : watchers) {
        if (watcher.service.equals(service)) {
          told.add(watcher);
        }
      }
    }
    for (Watcher watcher : told) {
      watcher.call.loop().execute(watcher::tell);
    }
  }

  private Health health(String service) {
    synchronized (lock) {
      return states.getOrDefault(service, Health.SERVICE_UNKNOWN);
    }
  }

  private void check(Call call, Bytes request) {
    Health health = health(serviceOf(request));
    if (health == Health.SERVICE_UNKNOWN) {
      call.complete(Status.of(StatusCode.NOT_FOUND, "unknown service"));
    } else {
      call.reply(health.encoded());
    }
  }

  private void watch(Call call, Bytes request) {
    Watcher watcher = new Watcher(call, serviceOf(request));
    synchronized (lock) {
      if (watchers.size() >= WATCHERS_MAX) {
        throw Status.of(StatusCode.RESOURCE_EXHAUSTED, "too many watchers").asException();
      }
      watchers.add(watcher);
    }
    call.listen(watcher);
    watcher.tell();
  }

  private static String serviceOf(Bytes request) {
    String[] service = {SERVER};
    WireMessage.read(
        request,
        (field, value) -> {
          if (field == SERVICE) {
            service[0] = WireMessage.text(value);
          }
        });
    return service[0];
  }

  /** One watching call; tells only what has changed since it last told. */
  private final class Watcher implements CallListener {
    private final Call call;
    private final String service;
    private @Nullable Health told;

    Watcher(Call call, String service) {
      this.call = call;
      this.service = service;
    }

    void tell() {
      Health health = health(service);
      if (health != told && call.isReady()) {
        told = health;
        call.send(health.encoded());
      }
    }

    @Override
    public void onReady() {
      tell();
    }

    @Override
    public void onCancel() {
      synchronized (lock) {
        watchers.remove(this);
      }
    }
  }
}
