package io.quorate.events;

import io.quorate.client.Header;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Finds the end of a stream, however long that is, in a few round trips and without a key that
 * every append would have to rewrite. To read a range backwards won't do: etcd sorts all of it in
 * memory. Nor will it do to ask for the first key from a version on: stores count all keys of a
 * range, however few are wanted.
 *
 * <p>So one step asks at many versions at once whether an append ends just behind: at distances
 * that double, then evenly in what is left between one that is there and the next that isn't. That
 * finds a version which the stream has reached, near its end unless appends are large or were
 * truncated. Then it is asked whether anything is behind, which costs nothing if that is the end;
 * if it isn't, the search goes on from there.
 */
final class EndSearch {
  private static final int PROBES = 100;
  private static final int DOUBLINGS = 62;

  /** How many versions a probe looks at. */
  private static final int WINDOW = 64;

  private final QuorateClient client;
  private final Layout layout;
  private final StreamEnds ends;
  private final String stream;
  private final long revision;
  private final CompletableFuture<StreamEnd> found = new CompletableFuture<>();

  /** An append ends here; 0 if none is known. */
  private long there;

  /** Whether it was said, and not only remembered, that one does. */
  private boolean isSeen;

  /** Perhaps nothing is appended from here on. */
  private long beyond = Layout.VERSION_MAX;

  private EndSearch(EventStore store, String stream, long revision, long there) {
    client = store.client();
    layout = store.layout();
    ends = store.ends();
    this.stream = stream;
    this.revision = revision;
    this.there = there;
  }

  /** The end of a stream as it was at some time during the call. */
  static CompletableFuture<StreamEnd> find(EventStore store, String stream) {
    EndSearch search = new EndSearch(store, stream, 0, store.ends().hint(stream));
    if (search.there > 0) {
      search.confirm(); // it is what it was, mostly
    } else {
      search.ask(search.doubling());
    }
    return search.found.thenApply(end -> {
      store.ends().learn(stream, end.version());
      return end;
    });
  }

  /** The end of a stream as it was at a revision of the store. */
  static CompletableFuture<StreamEnd> find(EventStore store, String stream, long revision) {
    if (revision == 0) {
      return find(store, stream);
    }
    EndSearch search = new EndSearch(store, stream, revision, 0);
    search.ask(search.doubling());
    return search.found;
  }

  // ---- probes ----------------------------------------------------------------------------------

  private List<Long> doubling() {
    List<Long> at = new ArrayList<>();
    for (int i = 0; i < DOUBLINGS && there + (1L << i) > 0; i++) {
      at.add(there + (1L << i));
    }
    return at;
  }

  /** Versions above {@link #there}, the next one first, evenly below {@link #beyond}. */
  private List<Long> evenly() {
    long step = Math.max(WINDOW, (beyond - there) / PROBES);
    List<Long> at = new ArrayList<>();
    for (long version = there + 1; version < beyond && at.size() < PROBES; version += step) {
      at.add(version);
    }
    return at;
  }

  private void ask(List<Long> at) {
    Op[] probes = new Op[at.size()];
    for (int i = 0; i < probes.length; i++) {
      long to = Math.min(Layout.VERSION_MAX, at.get(i) + WINDOW);
      probes[i] =
          Range.between(layout.commit(stream, at.get(i)), layout.commit(stream, Math.max(to, 0)))
              .revision(revision)
              .withKeysOnly();
    }
    answer(client.kv().txnAsync(Txn.always(probes)), response -> take(at, response.responses()));
  }

  private void take(List<Long> at, List<OpResponse> answers) {
    long reached = there;
    long without = Layout.VERSION_MAX;
    for (int i = 0; i < answers.size(); i++) {
      List<KeyValue> kvs = ((RangeResponse) answers.get(i)).kvs();
      if (!kvs.isEmpty()) {
        reached = Math.max(reached, Layout.versionOf(kvs.get(kvs.size() - 1).key()));
        isSeen = true;
      }
    }
    for (long version : at) {
      if (version > reached) {
        without = Math.min(without, version);
      }
    }
    boolean isNear = without - reached <= WINDOW || reached == there;
    there = reached;
    beyond = without;
    if (isNear) {
      confirm();
    } else {
      ask(evenly());
    }
  }

  // ---- is that the end? ------------------------------------------------------------------------

  private void confirm() {
    Range behind =
        Range.between(layout.commit(stream, there + 1), layout.streamEnd(stream))
            .limit(1)
            .withoutCount()
            .revision(revision)
            .withKeysOnly();
    Range last = Range.key(layout.commit(stream, there)).revision(revision).withKeysOnly();
    answer(
        client.kv().txnAsync(Txn.always(behind, last)),
        response ->
            confirmed(
                response.header(),
                (RangeResponse) response.responses().get(0),
                (RangeResponse) response.responses().get(1)));
  }

  private void confirmed(Header header, RangeResponse behind, RangeResponse last) {
    KeyValue next = behind.first().orElse(null);
    if (next != null && Layout.versionOf(next.key()) == Layout.VERSION_MAX) {
      readClosing();
    } else if (next != null) {
      there = Layout.versionOf(next.key());
      isSeen = true;
      beyond = Layout.VERSION_MAX;
      if (behind.more()) {
        ask(doubling());
      } else {
        end(there, false, header);
      }
    } else if (there == 0 || isSeen || last.first().isPresent()) {
      end(there, false, header);
    } else { // nothing is where something was once: the store was put back to an earlier state
      ends.forget(stream);
      there = 0;
      ask(doubling());
    }
  }

  /** A closed stream has one key, which says where it ended, and stays. */
  private void readClosing() {
    Range closing = Range.key(layout.commit(stream, Layout.VERSION_MAX)).revision(revision);
    answer(
        client.kv().rangeAsync(closing),
        response -> {
          long next = response.first().map(kv -> Commit.of(kv).firstVersion()).orElse(1L);
          end(next - 1, response.first().isPresent(), response.header());
        });
  }

  private void end(long version, boolean closed, Header header) {
    long asOf = revision == 0 ? header.revision() : revision;
    found.complete(new StreamEnd(version, closed, asOf));
  }

  /** What is done with an answer; what fails ends the search. */
  private interface Step<T> {
    void take(T answer);
  }

  private <T> void answer(CompletableFuture<T> asked, Step<T> step) {
    var unused =
        asked.whenComplete((answer, failure) -> {
          if (failure != null) {
            found.completeExceptionally(failure);
            return;
          }
          try {
            step.take(answer);
          } catch (RuntimeException e) {
            found.completeExceptionally(e);
          }
        });
  }
}
