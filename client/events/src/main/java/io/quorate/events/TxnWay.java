package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.client.Compare;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Kv;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.Put;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * By a transaction of etcd's API.
 *
 * <p>To append behind version {@code v} of a stream, it asks that an append ended at {@code v} and
 * that the stream has no key behind it. Where that doesn't hold, the other branch brings the first
 * appends behind {@code v}, and they say why.
 *
 * <p>Conditions ask that the head of a tag wasn't written behind a position, or that a range of
 * keys has none that was created behind it. That one fails says only that something was appended
 * there which may be excluded.
 */
final class TxnWay implements AppendWay {
  private final Kv kv;
  private final Layout layout;

  TxnWay(Kv kv, Layout layout) {
    this.kv = kv;
    this.layout = layout;
  }

  @Override
  public boolean findsEnds() {
    return false;
  }

  @Override
  public CompletableFuture<Outcome> attempt(Attempt attempt) {
    return kv.txnAsync(txn(attempt)).thenApply(response -> outcome(attempt, response));
  }

  private Txn txn(Attempt attempt) {
    Append append = attempt.append();
    List<Compare> compares = new ArrayList<>();
    List<Op> ops = new ArrayList<>();
    List<Op> otherwise = new ArrayList<>();
    Map<String, Long> versions = versions(attempt);
    int base = 0;
    for (Map.Entry<String, Append.Part> each : append.parts().entrySet()) {
      String stream = each.getKey();
      List<NewEvent> events = each.getValue().events();
      long end = attempt.end(stream);
      Bytes behind = layout.commit(stream, end + 1);
      compares.add(Compare.absent(behind).upTo(layout.streamEnd(stream)));
      otherwise.add(Range.between(behind, layout.streamEnd(stream)).limit(TOLD_MAX).withoutCount());
      if (end > 0) {
        compares.add(Compare.exists(layout.commit(stream, end)));
        otherwise.add(Range.key(layout.commit(stream, end)).withKeysOnly());
      } else {
        ops.add(Put.of(layout.begun(stream), Bytes.EMPTY));
      }
      Commit commit = attempt.commit(events, base, end);
      ops.add(Put.of(layout.commit(stream, commit.lastVersion()), commit.encode()));
      base += events.size();
    }
    if (append.isRemembered()) {
      Bytes done = layout.done(append.id());
      compares.add(Compare.absent(done));
      otherwise.add(Range.key(done));
      ops.add(Put.of(done, new Done(base, versions).encode()));
    }
    tagWrites(append, versions, ops);
    for (Append.Condition condition : append.conditions()) {
      condition.query().items().forEach(item -> compares.add(excludes(attempt, condition, item)));
    }
    if (!append.compares().isEmpty()) {
      compares.addAll(append.compares());
      otherwise.add(new Txn(append.compares(), List.of(), List.of())); // tells whether they hold
    }
    ops.addAll(append.ops());
    return new Txn(compares, ops, otherwise);
  }

  /** Which version each stream will have. */
  private static Map<String, Long> versions(Attempt attempt) {
    Map<String, Long> versions = new LinkedHashMap<>();
    attempt
        .append()
        .parts()
        .forEach(
            (stream, part) -> versions.put(stream, attempt.end(stream) + part.events().size()));
    return versions;
  }

  private void tagWrites(Append append, Map<String, Long> versions, List<Op> ops) {
    append.tags().forEach(tag -> ops.add(Put.of(layout.tagHead(tag), Bytes.EMPTY)));
    append
        .parts()
        .forEach((stream, part) ->
            part.tags()
                .forEach(tag ->
                    ops.add(
                        Put.of(
                            layout.tagged(tag, stream, versions.getOrDefault(stream, 0L)),
                            Bytes.EMPTY))));
  }

  /**
   * That nothing of an item is behind what is known to be clear. A position amid a revision leaves
   * the rest of that to be read.
   */
  private Compare excludes(Attempt attempt, Append.Condition condition, Query.Item item) {
    Position upTo = attempt.clear(condition);
    boolean whole = upTo.index() == Integer.MAX_VALUE;
    long first = whole ? upTo.revision() + 1 : Math.max(1, upTo.revision());
    if (!item.tags().isEmpty()) {
      return Compare.modRevision(layout.tagHead(item.tags().first())).lessThan(first);
    }
    Bytes prefix =
        item.stream() != null ? layout.stream(item.stream()) : layout.streams(item.category());
    return Compare.createRevision(prefix).lessThan(first).upTo(Keys.prefixEnd(prefix));
  }

  private static Outcome outcome(Attempt attempt, TxnResponse response) {
    Append append = attempt.append();
    long revision = response.header().revision();
    Map<String, Behind> behind = new LinkedHashMap<>();
    if (response.succeeded()) {
      return new Outcome(revision, versions(attempt), behind, null, true, true, List.of());
    }
    Iterator<OpResponse> answers = response.responses().iterator();
    for (String stream : append.parts().keySet()) {
      RangeResponse found = (RangeResponse) answers.next();
      boolean endIsThere =
          attempt.end(stream) == 0 || ((RangeResponse) answers.next()).first().isPresent();
      behind.put(stream, new Behind(found.kvs(), found.more(), endIsThere));
    }
    KeyValue done =
        append.isRemembered() ? ((RangeResponse) answers.next()).first().orElse(null) : null;
    boolean required = append.compares().isEmpty() || ((TxnResponse) answers.next()).succeeded();
    return new Outcome(
        revision, null, behind, done, required, append.conditions().isEmpty(), List.of());
  }
}
