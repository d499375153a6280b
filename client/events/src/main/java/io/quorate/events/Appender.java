package io.quorate.events;

import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Op;
import io.quorate.client.OpResponse;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Carries out one append: one attempt, and as many more as it takes to know how it ended.
 *
 * <p>An attempt behind a version that was named fails where something stands there. If the first
 * append there has this one's id, it was done already, since nothing else can have come there; else
 * it is the conflict. So an append that names a version is known to be done or not for as long as
 * its events are there, without any key for that, and may be repeated whenever its outcome is
 * unknown.
 *
 * <p>An append that names no version is carried out as one that names the version which the stream
 * has at the moment, and again where that has moved. What tells that it was done is a key of its
 * own, since the version it was tried at says nothing to somebody who tries it later.
 *
 * <p>Where a condition fails that wasn't judged to the last event, what was appended there is read
 * and held against the query: either that is the conflict, or the position is now further and the
 * attempt is made again. So the answer is exact, though a tag's head isn't.
 */
final class Appender {
  private static final long PAUSE_NANOS_MIN = 4_000_000L;
  private static final long PAUSE_NANOS_MAX = 500_000_000L;
  private static final int PAUSE_DOUBLINGS_MAX = 7;

  private final EventStore store;
  private final QuorateClient client;
  private final Layout layout;
  private final Append append;
  private final long timeMillis;
  private final long beganNanos;
  private final CompletableFuture<AppendResult> result = new CompletableFuture<>();

  /** Which version each stream is taken to have. */
  private final Map<String, Long> ends = new LinkedHashMap<>();

  /** Up to which revision nothing is there that a condition excludes. */
  private final Map<Append.Condition, Position> clear = new LinkedHashMap<>();

  private int attempts;

  /** The members' service can't judge it, may not, or doesn't take it: it goes by keys. */
  private boolean byKeys;

  /** An attempt by the service ended without an answer. */
  private boolean isServiceUnsure;

  /** What is behind the conditions was read since the append came. */
  private boolean isChecked;

  /** Whether what was found to be done is what this call was to do, to the byte. */
  private boolean isSame = true;

  /** An attempt ended without an answer: it may have taken effect, or may yet. */
  private @Nullable QuorateException unknown;

  private Appender(EventStore store, Append append) {
    this.store = store;
    this.append = append;
    client = store.client();
    layout = store.layout();
    timeMillis = client.timer().wallMillis();
    beganNanos = client.timer().nanoTime();
    append.conditions().forEach(condition -> clear.put(condition, condition.after()));
    byKeys = append.conditions().stream().anyMatch(each -> !each.query().isAskable());
  }

  static CompletableFuture<AppendResult> carryOut(EventStore store, Append append) {
    Appender appender = new Appender(store, append);
    appender.guarded(
        null,
        () -> {
          appender.requireRoom();
          appender.findEnds(append.parts().keySet().iterator());
        });
    return appender.result;
  }

  // ---- what the streams have -------------------------------------------------------------------

  /** Stream by stream, since nearly always there is nothing to ask. */
  private void findEnds(Iterator<String> streams) {
    while (streams.hasNext()) {
      String stream = streams.next();
      ExpectedVersion expected = part(stream).expected();
      long hint = store.ends().hint(stream);
      if (expected.isExact()) {
        ends.put(stream, expected.version());
      } else if (hint > 0 || (way().findsEnds() && expected.allows(0))) {
        ends.put(stream, hint);
      } else {
        findEnd(stream, streams);
        return;
      }
    }
    attempt();
  }

  private void findEnd(String stream, Iterator<String> others) {
    var unused =
        EndSearch.find(store, stream)
            .whenComplete((end, failure) ->
                guarded(
                    failure,
                    () -> {
                      if (end.closed() || !part(stream).expected().allows(end.version())) {
                        List<StreamConflict> one = List.of(conflict(stream, end, List.of(), false));
                        conflictUnlessDone(one);
                      } else {
                        ends.put(stream, end.version());
                        findEnds(others);
                      }
                    }));
  }

  private Append.Part part(String stream) {
    return checked(append.parts().get(stream));
  }

  private static <T> T checked(@Nullable T value) {
    if (value == null) {
      throw new IllegalStateException("the answer has less than was asked for");
    }
    return value;
  }

  // ---- the transaction -------------------------------------------------------------------------

  /** Fails before anything is sent if the store would refuse it. */
  private void requireRoom() {
    int streams = append.parts().size();
    Set<String> tags = append.tags();
    int tagged = append.parts().values().stream().mapToInt(part -> part.tags().size()).sum();
    int puts = 2 * streams + tags.size() + tagged + 1 + append.ops().size();
    int items = append.conditions().stream().mapToInt(each -> each.query().items().size()).sum();
    int compares = 2 * streams + 1 + items + append.compares().size();
    int most = Math.max(puts, compares);
    if (most > Limits.TXN_OPS_DEFAULT) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "an append to "
              + streams
              + " streams with "
              + tags.size()
              + " tags would need "
              + most
              + " operations, and a transaction has at most "
              + Limits.TXN_OPS_DEFAULT
              + ": append to fewer streams, or with fewer tags, at a time");
    }
    long bytes = 0;
    for (Append.Part part : append.parts().values()) {
      for (NewEvent event : part.events()) {
        bytes += event.payload().length() + event.type().length();
        for (Map.Entry<String, String> header : event.headers().entrySet()) {
          bytes += header.getKey().length() + header.getValue().length();
        }
        for (String tag : event.tags()) {
          bytes += tag.length();
        }
      }
    }
    for (Op op : append.ops()) {
      bytes += op instanceof Put put ? put.key().length() + put.value().length() : 0;
    }
    if (bytes > Limits.REQUEST_BYTES_DEFAULT) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "the events have "
              + bytes
              + " bytes, and a request has at most "
              + Limits.REQUEST_BYTES_DEFAULT
              + ": append fewer at a time, or keep what is large elsewhere");
    }
  }

  private AppendWay way() {
    return store.appendWay(byKeys);
  }

  private void attempt() {
    attempts++;
    AppendWay way = way();
    CompletableFuture<AppendWay.Outcome> answer;
    try {
      answer = way.attempt(new AppendWay.Attempt(append, ends, clear, timeMillis));
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
      return;
    }
    var unused =
        answer.whenComplete((outcome, failure) -> {
          if (failure != null) {
            QuorateException why = QuorateException.reason(failure);
            if (way.findsEnds() && why.code() == ErrorCode.NOT_SUPPORTED) {
              store.serviceIsMissing();
              findEnds(append.parts().keySet().iterator());
            } else if (way.findsEnds() && why.code() == ErrorCode.PERMISSION_DENIED) {
              byKeys = true; // that may take less
              findEnds(append.parts().keySet().iterator());
            } else {
              isServiceUnsure |= way.findsEnds() && why instanceof QuorateException.Indeterminate;
              failed(why);
            }
          } else if (outcome.versions() != null) {
            succeeded(outcome.revision(), outcome.versions());
          } else {
            guarded(null, () -> refused(outcome));
          }
        });
  }

  // ---- how it ended ----------------------------------------------------------------------------

  private int events() {
    return append.parts().values().stream().mapToInt(part -> part.events().size()).sum();
  }

  private void succeeded(long revision, Map<String, Long> versions) {
    versions.forEach(store.ends()::learn);
    result.complete(new AppendResult.Appended(new Position(revision, events() - 1), versions));
  }

  /** What was found to be done: by this call, if an attempt of its was left without an answer. */
  private void done(Position position, Map<String, Long> versions) {
    versions.forEach(store.ends()::learn);
    result.complete(
        unknown != null && isSame
            ? new AppendResult.Appended(position, versions)
            : new AppendResult.AlreadyAppended(position, versions));
  }

  private void failed(QuorateException why) {
    if (why instanceof QuorateException.Indeterminate) {
      unknown = why;
    } else if (!(why instanceof QuorateException.Unavailable) || why.code() == ErrorCode.STOPPED) {
      giveUp(why);
      return;
    }
    again(why);
  }

  /** A read whose time is over has done nothing, whatever became of it. */
  private void readFailed(QuorateException why) {
    giveUp(
        why instanceof QuorateException.Indeterminate
            ? QuorateException.of(
                ErrorCode.UNREACHABLE,
                "it couldn't be read in time how the streams are: " + why.getMessage(),
                why)
            : why);
  }

  /** Ends without a result; what may have happened is said first. */
  private void giveUp(QuorateException why) {
    QuorateException may = unknown;
    result.completeExceptionally(
        may == null || why instanceof QuorateException.Indeterminate
            ? why
            : QuorateException.of(
                ErrorCode.OUTCOME_UNKNOWN,
                "an attempt to append ended without an answer ("
                    + may.getMessage()
                    + "), and it couldn't be found out whether it took effect ("
                    + why.getMessage()
                    + "): repeat it with the id "
                    + append.id(),
                why));
  }

  /** Tries again after a pause, until a call's time is over. */
  private void again(QuorateException why) {
    long spent = client.timer().nanoTime() - beganNanos;
    if (spent >= client.options().timeout().toNanos()) {
      giveUp(why);
      return;
    }
    long most =
        Math.min(PAUSE_NANOS_MAX, PAUSE_NANOS_MIN << Math.min(attempts, PAUSE_DOUBLINGS_MAX));
    client.timer().after(1 + Math.floorMod(noise(), most), this::attempt);
  }

  /** Differs from attempt to attempt and from append to append, and is the same in each run. */
  private long noise() {
    long mixed = append.id().getLeastSignificantBits() ^ append.id().getMostSignificantBits();
    mixed = (mixed + attempts) * 0x9e37_79b9_7f4a_7c15L;
    return mixed ^ (mixed >>> 29);
  }

  // ---- why it was refused ----------------------------------------------------------------------

  private void refused(AppendWay.Outcome outcome) {
    KeyValue done = outcome.done();
    if (done != null) {
      done(done);
    } else if (!wasDone(outcome.behind())) {
      classify(outcome);
    }
  }

  /** Whether what stands behind a version that was named is this append. */
  private boolean wasDone(Map<String, AppendWay.Behind> behind) {
    Map<String, Long> versions = new LinkedHashMap<>();
    long revision = 0;
    for (Map.Entry<String, AppendWay.Behind> each : behind.entrySet()) {
      if (part(each.getKey()).expected().isExact() && !each.getValue().kvs().isEmpty()) {
        KeyValue first = each.getValue().kvs().get(0);
        Commit commit = Commit.of(first);
        if (commit.append().equals(append.id())) {
          requireSame(each.getKey(), commit);
          revision = first.createRevision();
        }
      }
    }
    if (revision == 0) {
      return false;
    }
    append
        .parts()
        .forEach((stream, part) ->
            versions.put(stream, part.expected().version() + part.events().size()));
    done(new Position(revision, events() - 1), versions);
    return true;
  }

  /** Payloads aren't compared: encrypted ones differ each time. */
  private void requireSame(String stream, Commit commit) {
    isSame &= isRest(commit, stream);
    List<String> mine = part(stream).events().stream().map(NewEvent::type).toList();
    List<String> there = commit.events().stream().map(NewEvent::type).toList();
    boolean shortened = there.size() < mine.size();
    if (!shortened && !there.equals(mine)) {
      throw anothers();
    }
  }

  /** Whether what is there of an append are this one's events, as far as they weren't truncated. */
  private boolean isRest(Commit commit, String stream) {
    List<NewEvent> mine = part(stream).events();
    int gone = mine.size() - commit.events().size();
    return gone >= 0 && mine.subList(gone, mine.size()).equals(commit.events());
  }

  private QuorateException anothers() {
    return QuorateException.of(
        ErrorCode.INVALID_REQUEST,
        "other events were appended with the id "
            + append.id()
            + ": each append needs an id of its own");
  }

  /** That it was done is said by a key of its own. */
  private void done(KeyValue kv) {
    Done known = Done.of(kv);
    if (known.events() != events() || !known.versions().keySet().equals(append.parts().keySet())) {
      throw anothers();
    }
    Position last = new Position(kv.createRevision(), known.events() - 1);
    if (unknown == null) {
      done(last, known.versions());
    } else {
      compare(last, known);
    }
  }

  /** Another call with the same id may have been faster, and have done something else. */
  private void compare(Position last, Done known) {
    Op[] gets =
        known.versions().entrySet().stream()
            .map(each -> Range.key(layout.commit(each.getKey(), each.getValue())))
            .toArray(Op[]::new);
    var unused =
        client
            .kv()
            .txnAsync(Txn.always(gets))
            .whenComplete((response, failure) ->
                guarded(
                    failure,
                    () -> {
                      for (OpResponse each : response.responses()) {
                        KeyValue kv = ((RangeResponse) each).first().orElse(null);
                        isSame &= kv == null || isRest(Commit.of(kv), layout.streamOf(kv.key()));
                      }
                      done(last, known.versions());
                    }));
  }

  /** A conflict by what streams are now says nothing if it was done before. */
  private void conflictUnlessDone(List<StreamConflict> conflicts) {
    if (!append.isRemembered()) {
      conflict(conflicts, false);
      return;
    }
    var unused =
        client
            .kv()
            .rangeAsync(Range.key(layout.done(append.id())))
            .whenComplete((response, failure) ->
                guarded(
                    failure,
                    () -> {
                      KeyValue kv = response.first().orElse(null);
                      if (kv == null) {
                        conflict(conflicts, false);
                      } else {
                        done(kv);
                      }
                    }));
  }

  /**
   * Whether another append stands where this one would have to: then no attempt of it has taken
   * effect, nor ever will.
   */
  private boolean isPlaceTaken(Map<String, AppendWay.Behind> behind) {
    for (Map.Entry<String, AppendWay.Behind> each : behind.entrySet()) {
      ExpectedVersion expected = part(each.getKey()).expected();
      if (expected.isExact() && !each.getValue().kvs().isEmpty()) {
        Commit first = Commit.of(each.getValue().kvs().get(0));
        if (!first.closed() && first.firstVersion() == expected.version() + 1) {
          return true;
        }
      }
    }
    return false;
  }

  private void classify(AppendWay.Outcome outcome) {
    Map<String, AppendWay.Behind> behind = outcome.behind();
    List<StreamConflict> conflicts = new ArrayList<>();
    Set<String> unsure = new TreeSet<>();
    boolean moved = false;
    for (Map.Entry<String, AppendWay.Behind> each : behind.entrySet()) {
      String stream = each.getKey();
      AppendWay.Behind found = each.getValue();
      boolean asTaken = found.kvs().isEmpty() && found.endIsThere();
      if (asTaken) {
        continue;
      }
      moved = true;
      StreamEnd end = end(stream, found, outcome.revision());
      if (end == null) {
        unsure.add(stream);
      } else if (end.closed() || part(stream).expected().isExact()) {
        conflicts.add(conflict(stream, end, recorded(stream, found), found.more()));
      } else {
        ends.put(stream, end.version());
        store.ends().learn(stream, end.version());
      }
    }
    if (!unsure.isEmpty()) {
      findUnsure(unsure.iterator(), behind, conflicts);
    } else if (!conflicts.isEmpty()) {
      conflict(conflicts, isPlaceTaken(behind));
    } else if (moved) {
      movedOn();
    } else if (!outcome.required()) {
      requiredFails();
    } else if (!outcome.judged() && way().findsEnds()) {
      byKeys = true; // what the service couldn't judge it may not be able to at all
      findEnds(append.parts().keySet().iterator());
    } else if (!outcome.judged() || !excluded(outcome.matching())) {
      byKeys = true;
      checkConditions(append.conditions().iterator());
    }
  }

  /** The stream's end, if what was found tells it. */
  private @Nullable StreamEnd end(String stream, AppendWay.Behind found, long revision) {
    long known = 0;
    for (KeyValue kv : found.kvs()) {
      long version = Layout.versionOf(kv.key());
      if (version == Layout.VERSION_MAX) {
        return new StreamEnd(Commit.of(kv).firstVersion() - 1, true, revision);
      }
      known = version;
    }
    if (found.kvs().isEmpty() || found.more()) {
      if (found.kvs().isEmpty()) {
        store.ends().forget(stream);
      } else {
        store.ends().learn(stream, known);
      }
      return null;
    }
    return new StreamEnd(known, false, revision);
  }

  /** Asks where streams end of which the answer doesn't tell it, then goes on. */
  private void findUnsure(
      Iterator<String> streams,
      Map<String, AppendWay.Behind> behind,
      List<StreamConflict> conflicts) {
    if (!streams.hasNext()) {
      if (conflicts.isEmpty()) {
        movedOn();
      } else {
        conflict(conflicts, isPlaceTaken(behind));
      }
      return;
    }
    String stream = streams.next();
    AppendWay.Behind found = checked(behind.get(stream));
    var unused =
        EndSearch.find(store, stream)
            .whenComplete((end, failure) ->
                guarded(
                    failure,
                    () -> {
                      ExpectedVersion expected = part(stream).expected();
                      if (end.closed() || expected.isExact() || !expected.allows(end.version())) {
                        List<RecordedEvent> events = recorded(stream, found);
                        conflicts.add(conflict(stream, end, events, found.more()));
                      } else {
                        ends.put(stream, end.version());
                      }
                      findUnsure(streams, behind, conflicts);
                    }));
  }

  private List<RecordedEvent> recorded(String stream, AppendWay.Behind found) {
    long expected = part(stream).expected().version();
    List<RecordedEvent> events = new ArrayList<>();
    for (KeyValue kv : found.kvs()) {
      for (RecordedEvent event : Commit.of(kv).recorded(stream, kv.createRevision())) {
        if (event.version() > expected) {
          events.add(event);
        }
      }
    }
    return events;
  }

  private StreamConflict conflict(
      String stream, StreamEnd end, List<RecordedEvent> events, boolean more) {
    return new StreamConflict(
        stream, part(stream).expected(), end.version(), events, more, end.closed());
  }

  /**
   * @param forGood whether no attempt that is without an answer can have taken effect, or may yet
   */
  private void conflict(List<StreamConflict> streams, boolean forGood) {
    AppendResult.Conflict conflict = new AppendResult.Conflict(streams, List.of(), false);
    if (unknown != null && !forGood) {
      giveUp(QuorateException.of(ErrorCode.STATE_MOVED, conflict.describe()));
    } else {
      result.complete(conflict);
    }
  }

  /** Others were faster, and that is no conflict: tried again where the streams are now. */
  private void movedOn() {
    again(
        QuorateException.of(
            ErrorCode.OVERLOADED,
            "others append to "
                + append.parts().keySet()
                + " all the time; none of "
                + attempts
                + " attempts was fast enough"));
  }

  /**
   * Nothing else stands in the way, so a condition failed. Reads what is there behind what was
   * clear: that is the conflict, or nothing is, and the condition holds up to what was read.
   */
  private void checkConditions(Iterator<Append.Condition> conditions) {
    if (!conditions.hasNext()) {
      if (!isChecked) {
        isChecked = true;
        attempt();
      } else {
        movedOn();
      }
      return;
    }
    Append.Condition condition = conditions.next();
    look(store.scan(condition.query(), checked(clear.get(condition))), condition, conditions);
  }

  private void look(Scan scan, Append.Condition condition, Iterator<Append.Condition> others) {
    var unused =
        scan.nextAsync(AppendWay.TOLD_MAX)
            .whenComplete((page, failure) ->
                guarded(
                    failure,
                    () -> {
                      if (!page.events().isEmpty()) {
                        matched(page.events(), condition.query().isByTags() && !isServiceUnsure);
                      } else if (page.isEnd()) {
                        clear.put(condition, page.upTo());
                        checkConditions(others);
                      } else {
                        look(scan, condition, others);
                      }
                    }));
  }

  /** Whether what the members found is excluded; if so, that is how it ended. */
  private boolean excluded(List<KeyValue> matching) {
    List<RecordedEvent> events = new ArrayList<>();
    for (KeyValue kv : matching) {
      String stream = layout.streamOf(kv.key());
      for (RecordedEvent event : Commit.of(kv).recorded(stream, kv.createRevision())) {
        if (append.conditions().stream().anyMatch(each -> each.excludes(event))) {
          events.add(event);
        }
      }
    }
    if (!events.isEmpty()) {
      matched(events, !isServiceUnsure);
    }
    return !events.isEmpty();
  }

  /**
   * Something is there that is excluded; by this append itself, perhaps, if it was sent twice.
   *
   * @param forGood whether no attempt that is without an answer can have taken effect, or may yet:
   *     the head of a tag stays written, while the service looks for events, which may be truncated
   */
  private void matched(List<RecordedEvent> events, boolean forGood) {
    boolean isMine = events.stream().anyMatch(each -> each.id().append().equals(append.id()));
    AppendResult.Conflict conflict = new AppendResult.Conflict(List.of(), events, false);
    if (isMine) {
      again(QuorateException.of(ErrorCode.OVERLOADED, "it is carried out by others as well"));
    } else if (unknown != null && !forGood) {
      giveUp(QuorateException.of(ErrorCode.STATE_MOVED, conflict.describe()));
    } else {
      result.complete(conflict);
    }
  }

  /** An attempt without an answer may still find that what is required holds. */
  private void requiredFails() {
    if (unknown != null) {
      giveUp(QuorateException.of(ErrorCode.STATE_MOVED, "what was required doesn't hold just now"));
    } else {
      result.complete(new AppendResult.Conflict(List.of(), List.of(), true));
    }
  }

  /** Goes on with an answer; what fails ends the append, so that nobody waits for it. */
  private void guarded(@Nullable Throwable failure, Runnable step) {
    if (failure != null) {
      readFailed(QuorateException.reason(failure));
      return;
    }
    try {
      step.run();
    } catch (CompletionException e) {
      giveUp(QuorateException.reason(e));
    } catch (QuorateException e) {
      giveUp(e);
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
    }
  }
}
