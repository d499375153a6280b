package io.quorate.events;

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
 * memory.
 *
 * <p>One step asks at many versions at once for the first append from there on. The first step asks
 * at distances that double; each further one asks evenly in what is left between an append that is
 * there and a version that isn't, which makes that a hundred times smaller.
 */
final class EndSearch {
  private static final int PROBES = 100;
  private static final int DOUBLINGS = 62;

  private final QuorateClient client;
  private final Layout layout;
  private final StreamEnds ends;
  private final String stream;
  private final long revision;
  private final CompletableFuture<StreamEnd> found = new CompletableFuture<>();

  /** An append ends here; 0 if none is known. */
  private long there;

  /** Nothing is appended from here on. */
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
    CompletableFuture<StreamEnd> found =
        new EndSearch(store, stream, 0, store.ends().hint(stream)).begin();
    return found.thenApply(end -> {
      store.ends().learn(stream, end.version());
      return end;
    });
  }

  /** The end of a stream as it was at a revision of the store. */
  static CompletableFuture<StreamEnd> find(EventStore store, String stream, long revision) {
    return revision == 0 ? find(store, stream) : new EndSearch(store, stream, revision, 0).begin();
  }

  private CompletableFuture<StreamEnd> begin() {
    ask(doubling());
    return found;
  }

  /** Nothing is there where something was once: the store was put back to an earlier state. */
  private void beginAnew() {
    ends.forget(stream);
    there = 0;
    beyond = Layout.VERSION_MAX;
    ask(doubling());
  }

  private List<Long> doubling() {
    List<Long> at = new ArrayList<>();
    if (there > 0) {
      at.add(there);
    }
    for (int i = 0; i < DOUBLINGS && there + (1L << i) > 0; i++) {
      at.add(there + (1L << i));
    }
    return at;
  }

  /** Versions above {@link #there}, the next one first, evenly below {@link #beyond}. */
  private List<Long> evenly() {
    long step = Math.max(1, (beyond - there) / PROBES);
    List<Long> at = new ArrayList<>();
    for (long version = there + 1; version < beyond && at.size() < PROBES; version += step) {
      at.add(version);
    }
    return at;
  }

  private void ask(List<Long> at) {
    Op[] probes = new Op[at.size()];
    for (int i = 0; i < probes.length; i++) {
      probes[i] =
          Range.between(layout.commit(stream, at.get(i)), layout.streamEnd(stream))
              .limit(1)
              .revision(revision)
              .withKeysOnly();
    }
    var unused =
        client
            .kv()
            .txnAsync(Txn.always(probes))
            .whenComplete((response, failure) -> {
              if (failure != null) {
                found.completeExceptionally(failure);
                return;
              }
              try {
                take(at, response.responses(), response.header().revision());
              } catch (RuntimeException e) {
                found.completeExceptionally(e);
              }
            });
  }

  private void take(List<Long> at, List<OpResponse> answers, long asOf) {
    boolean closed = false;
    long reached = 0;
    for (int i = 0; i < answers.size(); i++) {
      KeyValue first = ((RangeResponse) answers.get(i)).first().orElse(null);
      long version = first == null ? 0 : Layout.versionOf(first.key());
      if (version == Layout.VERSION_MAX) {
        closed = true;
      } else if (first == null) {
        beyond = Math.min(beyond, at.get(i));
      } else {
        reached = Math.max(reached, version);
      }
    }
    if (!closed && there > 0 && at.get(0) == there && reached < there) {
      beginAnew();
      return;
    }
    there = Math.max(there, reached);
    if (closed) {
      readClosing(asOf);
    } else if (there + 1 >= beyond) {
      found.complete(new StreamEnd(there, false));
    } else {
      ask(evenly());
    }
  }

  /** A closed stream has one key, which says where it ended. */
  private void readClosing(long asOf) {
    var unused =
        client
            .kv()
            .rangeAsync(Range.key(layout.commit(stream, Layout.VERSION_MAX)).revision(asOf))
            .thenApply(response ->
                response
                    .first()
                    .map(kv -> new StreamEnd(Commit.of(kv).firstVersion() - 1, true))
                    .orElse(StreamEnd.NOTHING))
            .whenComplete((end, failure) -> {
              if (failure != null) {
                found.completeExceptionally(failure);
              } else {
                found.complete(end);
              }
            });
  }
}
