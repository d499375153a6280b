package io.quorate.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import io.quorate.kv.Event;
import io.quorate.kv.KeyValue;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** The hub alone, over a state that is told what it is to be. */
class WatchHubTest implements WatchedState {
  /** A client that takes events, or doesn't. */
  private static final class Client implements WatchSink {
    final List<String> heard = new ArrayList<>();
    boolean ready = true;
    int ends;

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void events(Watcher watcher, long revision, EventBatch batch) {
      for (Event event : batch.events()) {
        heard.add(watcher.id() + " at " + event.kv().modRevision());
      }
    }

    @Override
    public void compacted(Watcher watcher, long compactedRevision) {
      heard.add(watcher.id() + " compacted");
    }

    @Override
    public void ended() {
      ends++;
    }
  }

  private static final WatchSpec ALL = WatchSpec.all(Bytes.utf8("a"), Bytes.utf8("z"));

  private final List<Runnable> later = new ArrayList<>();
  private final WatchHub hub = new WatchHub(this);
  private long revision = 1;

  @Override
  public long revision() {
    return revision;
  }

  @Override
  public long compactedRevision() {
    return -1;
  }

  @Override
  public Replica.View view() {
    throw new AssertionError("all of it is at hand");
  }

  @Override
  public <T> void read(Supplier<T> work, Consumer<T> done, Runnable failed) {
    throw new AssertionError("all of it is at hand");
  }

  @Override
  public void again() {}

  @Override
  public void later(long delayNanos, Runnable task) {
    later.add(task);
  }

  private void put() {
    KeyValue kv = new KeyValue(Bytes.utf8("k"), revision + 1, ++revision, 1, Bytes.EMPTY, 0);
    hub.changed(revision, List.of(new Event(false, kv, null)));
    hub.turn();
  }

  @Test
  void those_who_are_late_are_served_in_turn_without_those_who_have_left() {
    Client client = new Client();
    WatchStream stream = hub.open(client);
    List<Watcher> watchers = new ArrayList<>();
    for (long id = 0; id < 6; id++) {
      watchers.add(stream.watch(id, ALL, 0));
    }
    client.ready = false;
    put();
    assertThat(hub.laggingWatchers()).isEqualTo(6);
    stream.cancel(watchers.get(0));
    stream.cancel(watchers.get(3));
    stream.cancel(watchers.get(5));
    assertThat(hub.laggingWatchers()).isEqualTo(3);
    client.ready = true;
    stream.ready();
    hub.turn();
    assertThat(client.heard).containsExactly("1 at 2", "2 at 2", "4 at 2");
    assertThat(hub.laggingWatchers()).isZero();
    put();
    assertThat(client.heard.subList(3, 6)).containsExactlyInAnyOrder("1 at 3", "2 at 3", "4 at 3");
  }

  /** A member whose state failed takes calls until it is repaired: they must not wait for ever. */
  @Test
  void a_stream_that_is_opened_on_a_replica_that_has_ended_ends() {
    hub.close();
    Client client = new Client();
    WatchStream stream = hub.open(client);
    stream.watch(1, ALL, 0);
    assertThat(client.ends).as("not within the call").isZero();
    later.forEach(Runnable::run);
    assertThat(client.ends).isEqualTo(1);
    assertThat(hub.watchers()).isZero();
    assertThat(hub.streams()).isZero();
    stream.close();
    assertThat(client.ends).isEqualTo(1);
  }

  @Test
  void a_stream_that_its_client_has_closed_already_is_not_told_that_it_ends() {
    hub.close();
    Client client = new Client();
    hub.open(client).close();
    later.forEach(Runnable::run);
    assertThat(client.ends).isZero();
  }
}
