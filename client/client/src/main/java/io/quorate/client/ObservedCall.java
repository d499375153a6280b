package io.quorate.client;

import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.Timer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call as its observers hear of it: begun now, and ended once. Thread-safe. */
final class ObservedCall {
  private final Timer timer;
  private final long beganNanos;
  private final List<CallObserver> observers;

  // Guarded by this.
  private int attempts;
  private String member = "";
  private boolean over;

  ObservedCall(Observers observers, String method, Timer timer) {
    this.timer = timer;
    beganNanos = timer.nanoTime();
    this.observers = observers.call(method);
  }

  /** What travels beside an attempt that is about to be sent. */
  Metadata attempt(Metadata beside) {
    synchronized (this) {
      attempts++;
    }
    Metadata all = beside;
    for (CallObserver each : observers) {
      all = each.metadata(all);
    }
    return all;
  }

  void attempted(Answer answer) {
    int number;
    synchronized (this) {
      if (over) {
        return;
      }
      number = attempts;
      member = answer.endpoint();
    }
    observers.forEach(each -> each.attempted(number, answer));
  }

  /** Tells the end, unless it was told; whether this is it. */
  boolean end(@Nullable Throwable failure) {
    CallEnd end;
    synchronized (this) {
      if (over) {
        return false;
      }
      over = true;
      Duration duration = Duration.ofNanos(timer.nanoTime() - beganNanos);
      end = new CallEnd(attempts, member, duration, failure);
    }
    observers.forEach(each -> each.ended(end));
    return true;
  }
}
