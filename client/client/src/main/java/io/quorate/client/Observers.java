package io.quorate.client;

import io.quorate.client.channel.Answer;
import io.quorate.client.channel.ConnectionListener;
import io.quorate.client.channel.Metadata;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * All who hear what a client does. What one of them throws reaches nobody: neither the client nor
 * the others. Thread-safe.
 */
final class Observers implements ConnectionListener {
  /** Nobody does. */
  static final Observers NONE = new Observers(List.of());

  private static final System.Logger LOG = System.getLogger(ClientObserver.class.getName());

  private final List<One> all;

  private Observers(List<One> all) {
    this.all = all;
  }

  static Observers of(List<ClientObserver> observers) {
    return observers.isEmpty() ? NONE : new Observers(observers.stream().map(One::new).toList());
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  void tell(Consumer<? super ClientObserver> event) {
    tell(ClientObserver.class, event);
  }

  /** Tells those of a kind. */
  <O extends ClientObserver> void tell(Class<O> kind, Consumer<? super O> event) {
    for (One each : all) {
      if (kind.isInstance(each.observer)) {
        each.guarded(() -> event.accept(kind.cast(each.observer)));
      }
    }
  }

  /** Those who hear of a call that begins now. */
  List<CallObserver> call(String method) {
    List<CallObserver> heard = new ArrayList<>(all.size());
    for (One each : all) {
      each.guarded(() -> heard.add(new Guarded(each, each.observer.call(method))));
    }
    return heard;
  }

  @Override
  public void connected(String endpoint) {
    tell(each -> each.connected(endpoint));
  }

  @Override
  public void disconnected(String endpoint, String why) {
    tell(each -> each.disconnected(endpoint, why));
  }

  @Override
  public void unreachable(String endpoint, String why) {
    tell(each -> each.unreachable(endpoint, why));
  }

  /** One of them. */
  private static final class One {
    private final ClientObserver observer;
    private final AtomicBoolean hasFailed = new AtomicBoolean();

    One(ClientObserver observer) {
      this.observer = observer;
    }

    void guarded(Runnable step) {
      try {
        step.run();
      } catch (Throwable e) {
        failed(e);
      }
    }

    void failed(Throwable e) {
      if (hasFailed.compareAndSet(false, true)) { // it may be told a thousand times a second
        LOG.log(
            System.Logger.Level.WARNING,
            "an observer failed; when it does again, that is not logged: "
                + observer.getClass().getName(),
            e);
      }
    }
  }

  /** One of them, as it hears of one call. */
  private static final class Guarded implements CallObserver {
    private final One one;
    private final CallObserver observer;

    Guarded(One one, CallObserver observer) {
      this.one = one;
      this.observer = Objects.requireNonNull(observer, "no observer of the call");
    }

    @Override
    public Metadata metadata(Metadata beside) {
      try {
        return Objects.requireNonNull(observer.metadata(beside), "no metadata");
      } catch (Throwable e) {
        one.failed(e);
        return beside;
      }
    }

    @Override
    public void attempted(int number, Answer answer) {
      one.guarded(() -> observer.attempted(number, answer));
    }

    @Override
    public void ended(CallEnd end) {
      one.guarded(() -> observer.ended(end));
    }
  }
}
