package io.quorate.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BiPredicate;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Who is told how something stands, whenever that is news to them: each on an executor of its own,
 * one at a time. Who is late hears how it stands by then, and not what was in between; so the order
 * can't be wrong.
 *
 * <p>Thread-safe; calls nobody with its lock held.
 */
final class Listeners<T> {
  private final Supplier<? extends T> present;
  private final BiPredicate<? super T, ? super T> isNews;
  private final List<Told> all = new ArrayList<>();

  /**
   * @param present how it stands
   * @param isNews whether the first is news to who was told the second
   */
  Listeners(Supplier<? extends T> present, BiPredicate<? super T, ? super T> isNews) {
    this.present = present;
    this.isNews = isNews;
  }

  private final class Told {
    private final Consumer<? super T> listener;
    private final InOrder order;
    private T last; // touched in that order only

    Told(Consumer<? super T> listener, Executor executor) {
      this.listener = listener;
      order = new InOrder(executor, failure -> {});
      last = present.get();
    }

    void tell() {
      order.execute(() -> {
        T now = present.get();
        if (isNews.test(now, last)) {
          last = now;
          listener.accept(now);
        }
      });
    }
  }

  /** Tells one more, from now on. */
  Listening add(Consumer<? super T> listener, Executor executor) {
    Told told = new Told(listener, executor);
    synchronized (all) {
      all.add(told);
    }
    told.tell(); // it may have changed since
    return () -> {
      synchronized (all) {
        all.remove(told);
      }
    };
  }

  /** Something has changed, perhaps. */
  void tell() {
    List<Told> now;
    synchronized (all) {
      now = List.copyOf(all);
    }
    now.forEach(Told::tell);
  }
}
