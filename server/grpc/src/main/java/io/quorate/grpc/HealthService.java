package io.quorate.grpc;

import io.quorate.base.Bytes;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * gRPC's standard health service, {@code grpc.health.v1.Health}: Check answers at once, Watch tells
 * of every change. Its two messages are so small that they are read and written here by hand.
 *
 * <p>Safe to use from any thread; watchers hear of a change on their own loops.
 */
public final class HealthService {
  /** The name that stands for the server as a whole. */
  public static final String SERVER = "";

  private static final String CHECK = "/grpc.health.v1.Health/Check";
  private static final String WATCH = "/grpc.health.v1.Health/Watch";
  private static final int WATCHERS_MAX = 10_000;
  private static final int SERVICE_TAG = 1 << 3 | 2;
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH_DELIMITED = 2;
  private static final int FIXED32 = 5;

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
      return Bytes.wrap(new byte[] {1 << 3 | VARINT, (byte) number});
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

  /** Reads the one field of a request; others are passed over. */
  private static String serviceOf(Bytes request) {
    String service = SERVER;
    int at = 0;
    while (at < request.length()) {
      int tag = request.at(at) & 0xff;
      at = afterVarint(request, at);
      switch (tag & 7) {
        case VARINT -> at = afterVarint(request, at);
        case FIXED64 -> at += 8;
        case FIXED32 -> at += 4;
        case LENGTH_DELIMITED -> {
          int length = 0;
          int shift = 0;
          int end = afterVarint(request, at);
          for (; at < end; at++, shift += 7) {
            length |= shift < 32 ? (request.at(at) & 0x7f) << shift : 0;
          }
          if (length < 0 || length > request.length() - at) {
            throw malformed();
          }
          if (tag == SERVICE_TAG) {
            service = text(request.slice(at, at + length));
          }
          at += length;
        }
        default -> throw malformed();
      }
    }
    if (at > request.length()) {
      throw malformed();
    }
    return service;
  }

  private static int afterVarint(Bytes request, int from) {
    int at = from;
    while (true) {
      if (at >= request.length() || at - from > 9) {
        throw malformed();
      }
      if (request.at(at++) >= 0) {
        return at;
      }
    }
  }

  private static String text(Bytes utf8) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(utf8.asByteBuffer())
          .toString();
    } catch (CharacterCodingException e) {
      throw malformed();
    }
  }

  private static StatusException malformed() {
    return Status.of(StatusCode.INTERNAL, "grpc: error unmarshalling request").asException();
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
