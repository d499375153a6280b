package io.quorate.events;

import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * Drops a stream's events below a version, from the first on, as many at a time as a transaction
 * takes and an answer should bring. An append that has events on both sides is written anew with
 * those that stay. So is the last one even if none of its stay, since an append behind it must find
 * where the stream ended.
 */
final class Shortening {
  private static final int COMMITS_FIRST = 4;
  private static final int COMMITS_MAX = 64;

  /** Room that is left for the append that is written anew: it has no more tags than this. */
  private static final int TAGS_MAX = Limits.TXN_OPS_DEFAULT / 2;

  private final QuorateClient client;
  private final Layout layout;
  private final String stream;
  private final long before;
  private final CompletableFuture<Long> done = new CompletableFuture<>();

  private int commits = COMMITS_FIRST;
  private long dropped;

  Shortening(EventStore store, String stream, long before) {
    this.stream = stream;
    this.before = before;
    client = store.client();
    layout = store.layout();
  }

  CompletableFuture<Long> begin() {
    step();
    return done;
  }

  private void step() {
    var unused =
        client
            .kv()
            .rangeAsync(
                Range.between(layout.stream(stream), layout.streamEnd(stream))
                    .limit(commits)
                    .withoutCount())
            .thenCompose(this::shorten)
            .whenComplete((more, failure) -> {
              if (failure != null) {
                done.completeExceptionally(failure);
              } else if (more) {
                step();
              } else {
                done.complete(dropped);
              }
            });
  }

  /** Drops what of these can be; completes with whether there may be more. */
  private CompletableFuture<Boolean> shorten(RangeResponse response) {
    List<KeyValue> kvs = response.kvs();
    long bytes = kvs.stream().mapToLong(kv -> kv.value().length()).sum();
    commits = Portion.next(kvs.size(), bytes, COMMITS_MAX);
    List<Op> ops = new ArrayList<>();
    Txn txn = Txn.when();
    KeyValue lastDropped = null;
    int changed = 0;
    boolean atEnd = true;
    for (int i = 0; i < kvs.size(); i++) {
      KeyValue kv = kvs.get(i);
      Commit commit = Commit.of(kv);
      boolean isLast = i == kvs.size() - 1 && !response.more();
      boolean isStub = commit.events().isEmpty();
      if (commit.closed() || commit.firstVersion() > before || (isStub && isLast)) {
        break;
      }
      if (commit.firstVersion() == before && !isStub) {
        break;
      }
      if (commit.lastVersion() >= before || isLast) {
        Commit rest = commit.from(before);
        Set<String> gone = tags(commit);
        gone.removeAll(tags(rest));
        txn = txn.and(Compare.modRevision(kv.key()).is(kv.modRevision()));
        ops.add(Put.of(kv.key(), rest.encode()));
        dropTags(gone, commit, ops);
        changed++;
        break;
      }
      Set<String> tags = tags(commit);
      if (ops.size() + tags.size() + TAGS_MAX > Limits.TXN_OPS_DEFAULT) {
        atEnd = false;
        break;
      }
      dropTags(tags, commit, ops);
      lastDropped = kv;
      changed++;
      atEnd = i < kvs.size() - 1 || !response.more();
    }
    if (lastDropped != null) {
      ops.add(Delete.between(layout.stream(stream), Keys.after(lastDropped.key())));
    }
    if (ops.isEmpty()) {
      return CompletableFuture.completedFuture(false);
    }
    boolean more = !atEnd;
    int here = changed;
    return client
        .kv()
        .txnAsync(txn.then(ops.toArray(Op[]::new)))
        .thenApply(answer -> {
          if (!answer.succeeded()) {
            throw QuorateException.of(
                ErrorCode.STATE_MOVED,
                "somebody else shortens " + stream + " at the same time: repeat it");
          }
          dropped += here;
          return more;
        });
  }

  private void dropTags(Set<String> tags, Commit commit, List<Op> ops) {
    tags.forEach(tag -> ops.add(Delete.key(layout.tagged(tag, stream, commit.lastVersion()))));
  }

  private static Set<String> tags(Commit commit) {
    Set<String> tags = new TreeSet<>();
    commit.events().forEach(event -> tags.addAll(event.tags()));
    return tags;
  }
}
