package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Session;
import io.quorate.client.Txn;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * That an instance of a service is there: its key is written under a session, and anew under
 * another one whenever that is lost; and whoever deletes it finds it written again within half a
 * TTL. Safe for use by many threads.
 */
public final class Registration implements AutoCloseable {
  private static final long RETRY_NANOS = 500_000_000L;

  private final QuorateClient client;
  private final Bytes key;
  private final Duration ttl;
  private final CompletableFuture<Registration> begun = new CompletableFuture<>();

  // Guarded by this.
  private Bytes about;
  private @Nullable Session session;
  private boolean closed;

  private Registration(QuorateClient client, Bytes key, Bytes about, Duration ttl) {
    this.client = client;
    this.key = key;
    this.about = about;
    this.ttl = ttl;
  }

  static CompletableFuture<Registration> begin(
      QuorateClient client, Bytes key, Bytes about, Duration ttl) {
    Registration registration = new Registration(client, key, about, ttl);
    var unused =
        registration.begun.whenComplete((done, failure) -> {
          if (failure != null) {
            var unusedToo = registration.closeAsync();
          }
        });
    registration.beginSession();
    return registration.begun;
  }

  private void beginSession() {
    if (isClosed()) {
      return;
    }
    var unused =
        client
            .sessionAsync(ttl)
            .whenComplete((next, failure) -> {
              if (failure != null) {
                failed(QuorateException.reason(failure), this::beginSession);
              } else {
                begunUnder(next);
              }
            });
  }

  private void begunUnder(Session next) {
    boolean over;
    synchronized (this) {
      over = closed;
      session = next;
    }
    if (over) {
      var unused = next.closeAsync();
      return;
    }
    write(next);
    lookLater(next);
    var unusedToo = next.whenLost(why -> beginSession());
  }

  /** Twice in a TTL it is looked whether the key is there, and says what it shall. */
  private void lookLater(Session under) {
    client.timer().after(Math.max(1, under.ttl().toNanos() / 2), () -> look(under));
  }

  private void look(Session under) {
    if (!isPresent(under) || client.isClosed()) {
      return;
    }
    var unused =
        client
            .kv()
            .rangeAsync(Range.key(key))
            .thenAccept(response -> {
              KeyValue there = response.first().orElse(null);
              boolean anothers =
                  there != null && there.lease() != 0 && there.lease() != under.lease();
              boolean right =
                  there != null && there.lease() == under.lease() && there.value().equals(about());
              if (!anothers && !right) {
                write(under);
              }
            });
    lookLater(under);
  }

  private synchronized boolean isPresent(Session under) {
    return !closed && under.equals(session);
  }

  /** Writes what it says of itself now; if that changes meanwhile, it is written again. */
  private void write(Session under) {
    Bytes saying;
    synchronized (this) {
      if (!isPresent(under)) {
        return;
      }
      saying = about;
    }
    var unused =
        client
            .kv()
            .putAsync(Put.of(key, saying).lease(under.lease()))
            .whenComplete((response, failure) -> {
              if (failure != null) {
                QuorateException why = QuorateException.reason(failure);
                if (why.code() != ErrorCode.NOT_FOUND) { // then another session begins
                  failed(why, () -> write(under));
                }
              } else if (!saying.equals(about())) {
                write(under);
              } else {
                begun.complete(this);
              }
            });
  }

  private void failed(QuorateException why, Runnable again) {
    if (Place.isFinal(why) && !begun.isDone()) {
      begun.completeExceptionally(why);
    } else if (!isClosed() && why.code() != ErrorCode.STOPPED) {
      client.timer().after(RETRY_NANOS, again);
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized Bytes about() {
    return about;
  }

  /** Says something else of itself from now on; others see it soon. */
  public void say(String about) {
    Session present;
    synchronized (this) {
      this.about = Bytes.utf8(about);
      present = session;
    }
    if (present != null) {
      write(present);
    }
  }

  /** It is there no more, unless another has taken its place. Idempotent. */
  public CompletableFuture<Void> closeAsync() {
    Session present;
    synchronized (this) {
      closed = true;
      present = session;
      session = null;
    }
    if (present == null) {
      return CompletableFuture.completedFuture(null);
    }
    return client
        .kv()
        .txnAsync(Txn.when(Compare.lease(key).is(present.lease())).then(Delete.key(key)))
        .handle((done, failure) -> present)
        .thenCompose(Session::closeAsync);
  }

  /** The same, and waits for it unless the thread must not. */
  @Override
  public void close() {
    CompletableFuture<Void> ending = closeAsync();
    if (!client.mustNotBlock()) {
      var unused = Waiting.toTheEnd(client, ending);
    }
  }
}
