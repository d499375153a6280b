package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import io.quorate.txn.Decision;
import io.quorate.txn.Recovery;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a round of recovery does: the branches that were found and have no owner are committed or
 * undone; then the decisions of incarnations that are over are carried out, and forgotten.
 *
 * <p>A decision names the branches that have still to be committed. Each process strikes those off
 * that are at resources of its own; whoever strikes off the last deletes it, and sets its bit in
 * the history in the same step.
 */
final class Findings {
  private static final System.Logger LOG = System.getLogger(Findings.class.getName());

  /** So many are looked for in the store at once: three keys each, of 128 operations. */
  private static final int TOGETHER = 40;

  private static final long PAGE = 500;

  /** No resource's name: what was left is in the store alone. */
  private static final String NOWHERE = "?";

  private final QuorateClient client;
  private final DomainKeys keys;
  private final long domain;
  private final Incarnations own;
  private final Heuristics heuristics;
  private final Map<String, Resource<?>> resources = new TreeMap<>();

  /**
   * What was found without an owner and is still there: since when, and whether a person decides.
   */
  private final Map<Found, Left> left = new LinkedHashMap<>();

  /**
   * Branches of this process's own, found in the last round, whose transactions were over by then.
   * Most of them were being finished while they were looked for, and are gone by the next round.
   */
  private final Set<Found> strays = new HashSet<>();

  /** Where it was said that something can't be read. */
  private final Set<Place> said = new TreeSet<>();

  private record Left(long sinceNanos, boolean asks) {}

  /** Where something was left: what a person has to decide is not among it. */
  record Place(long incarnation, String resource) implements Comparable<Place> {
    @Override
    public int compareTo(Place that) {
      int order = Long.compare(incarnation, that.incarnation);
      return order != 0 ? order : resource.compareTo(that.resource);
    }
  }

  Findings(
      QuorateClient client,
      DomainKeys keys,
      long domain,
      Incarnations own,
      Heuristics heuristics,
      List<Resource<?>> resources) {
    this.client = client;
    this.keys = keys;
    this.domain = domain;
    this.own = own;
    this.heuristics = heuristics;
    resources.forEach(each -> this.resources.put(each.name(), each));
  }

  /** A branch that was found without an owner. */
  private record Found(Resource<?> resource, BranchId id) {
    boolean isOf(KeyValue life) {
      return Incarnation.isOf(id.sequence(), LifeRecord.decode(life.value()).salt());
    }
  }

  /**
   * Finishes what can be; gives what has been left. Nothing is asked of a resource that couldn't be
   * looked through: others shall not wait for it.
   */
  CompletableFuture<Set<Place>> finish(List<Recoverer.Scan> scans, Recoverer.Lives lives) {
    Set<Place> pending = new TreeSet<>();
    Set<String> reached = new TreeSet<>();
    scans.forEach(scan -> reached.add(scan.resource().name()));
    Set<Found> straysBefore = Set.copyOf(strays);
    strays.clear();
    said.removeIf(place -> !lives.lives().containsKey(place.incarnation));
    List<List<Found>> portions = new ArrayList<>();
    List<Found> portion = new ArrayList<>();
    for (Recoverer.Scan scan : scans) {
      for (BranchId id : scan.branches()) {
        Found found = new Found(scan.resource(), id);
        boolean isStray =
            own.isOwn(id.incarnation()) && !own.isActive(id.incarnation(), id.sequence());
        if (isStray) {
          strays.add(found);
        }
        if (isStray && !straysBefore.contains(found)) {
          pending.add(new Place(id.incarnation(), scan.resource().name())); // for the next round
        } else if (isStray || lives.isOver(id.incarnation())) {
          portion.add(found);
          if (portion.size() == TOGETHER) {
            portions.add(portion);
            portion = new ArrayList<>();
          }
        }
      }
    }
    if (!portion.isEmpty()) {
      portions.add(portion);
    }
    noteLeft(scans, portions);
    return Recoverer.oneByOne(portions, each -> judge(each, lives, pending))
        .thenCompose(unused -> carryOut(lives, reached, pending))
        .thenApply(unused -> {
          scans.forEach(this::tellLeft);
          return pending;
        });
  }

  /** Forgets what has gone from resources that were looked through; notes what is new. */
  private synchronized void noteLeft(List<Recoverer.Scan> scans, List<List<Found>> portions) {
    Set<Found> found = new HashSet<>();
    portions.forEach(found::addAll);
    left.keySet()
        .removeIf(each ->
            !found.contains(each)
                && scans.stream().anyMatch(scan -> scan.resource().equals(each.resource)));
    long now = client.timer().nanoTime();
    portions.forEach(
        portion -> portion.forEach(each -> left.putIfAbsent(each, new Left(now, false))));
  }

  private synchronized void note(Found found, boolean asks) {
    if (asks) {
      left.computeIfPresent(found, (unused, before) -> new Left(before.sinceNanos, true));
    } else {
      left.remove(found);
    }
  }

  private void tellLeft(Recoverer.Scan scan) {
    long now = client.timer().nanoTime();
    int inDoubt = 0;
    int asks = 0;
    long oldest = 0;
    synchronized (this) {
      for (Map.Entry<Found, Left> each : left.entrySet()) {
        if (each.getKey().resource.equals(scan.resource())) {
          inDoubt++;
          asks += each.getValue().asks ? 1 : 0;
          oldest = Math.max(oldest, now - each.getValue().sinceNanos);
        }
      }
    }
    String name = scan.resource().name();
    int all = inDoubt;
    int asked = asks;
    Duration since = Duration.ofNanos(oldest);
    client.tell(TransactionObserver.class, each -> each.lookedThrough(name, all, asked, since));
  }

  // ---- branches --------------------------------------------------------------------------------

  private CompletableFuture<Void> judge(
      List<Found> portion, Recoverer.Lives lives, Set<Place> pending) {
    List<Bytes> questions = new ArrayList<>();
    for (Found each : portion) {
      questions.add(keys.decision(each.id.incarnation(), each.id.sequence()));
      questions.add(keys.history(each.id.incarnation(), History.chunk(each.id.sequence())));
      questions.add(keys.known(each.id.incarnation(), Period.of(each.id.sequence())));
    }
    return Recoverer.read(client, questions)
        .thenCompose(answers -> {
          List<Judged> all = new ArrayList<>();
          for (int i = 0; i < portion.size(); i++) {
            Found found = portion.get(i);
            KeyValue life = lives.lives().get(found.id.incarnation());
            all.add(
                new Judged(
                    found,
                    answers.get(3 * i),
                    answers.get(3 * i + 1),
                    answers.get(3 * i + 2),
                    life));
          }
          return Recoverer.oneByOne(all, each -> judgeOrLeave(each, pending)); // pools are small
        });
  }

  /** A branch, and what the store says of it; history and period read in one step. */
  private record Judged(
      Found found,
      @Nullable KeyValue decision,
      @Nullable KeyValue history,
      @Nullable KeyValue period,
      @Nullable KeyValue life) {
    boolean isKnown() {
      return life != null && found.isOf(life) && period != null;
    }
  }

  /** What can't be read, as it may be of a later version, is left to whoever can. */
  private CompletableFuture<Void> judgeOrLeave(Judged judged, Set<Place> pending) {
    Found found = judged.found;
    try {
      return judge(found, judged.decision, judged.history, judged.isKnown(), pending);
    } catch (QuorateException e) {
      unreadable(new Place(found.id.incarnation(), found.resource.name()), e, pending);
      return CompletableFuture.completedFuture(null);
    }
  }

  /** It is said once, not in every round. */
  private void unreadable(Place place, QuorateException why, Set<Place> pending) {
    pending.add(place);
    if (said.add(place)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "record unreadable incarnation={0}: {1}",
          DomainKeys.number(place.incarnation),
          why.getMessage());
    }
  }

  private CompletableFuture<Void> judge(
      Found found,
      @Nullable KeyValue decision,
      @Nullable KeyValue history,
      boolean known,
      Set<Place> pending) {
    DecisionRecord record = decision == null ? null : DecisionRecord.decode(decision.value());
    boolean finished = history != null && History.has(history.value(), found.id.sequence());
    if (record != null && record.branches().isEmpty()) { // an abort, or a person has said so
      return finish(found, record.decision(), "", pending).thenCompose(done -> answered(found));
    }
    boolean decided = record != null || finished;
    return switch (Recovery.of(new Recovery.Facts(false, decided, known))) {
      case COMMIT -> finish(found, Decision.COMMIT, evidence(record, found), pending);
      case ABORT -> finish(found, Decision.ABORT, "", pending);
      case ASK -> ask(found);
      case LEAVE -> throw new AssertionError("its coordinator doesn't live");
    };
  }

  private static String evidence(@Nullable DecisionRecord record, Found found) {
    if (record != null) {
      for (DecisionRecord.Prepared each : record.branches()) {
        if (each.resource().equals(found.resource.name()) && each.branch() == found.id.branch()) {
          return each.evidence();
        }
      }
    }
    return "";
  }

  private CompletableFuture<Void> finish(
      Found found, Decision decision, String evidence, Set<Place> pending) {
    return ordered(found.resource, found.id, decision, evidence)
        .handle((finish, failure) -> {
          if (failure == null) {
            LOG.log(
                System.Logger.Level.INFO,
                "recovered resource={0} transaction={1}/{2} decision={3}",
                found.resource.name(),
                DomainKeys.number(found.id.incarnation()),
                DomainKeys.number(found.id.sequence()),
                decision);
            note(found, false);
            client.tell(
                TransactionObserver.class,
                each -> each.branchRecovered(found.resource.name(), decision));
          } else {
            pending.add(new Place(found.id.incarnation(), found.resource.name()));
          }
          return null;
        });
  }

  /** Carried out; what did otherwise is written down. */
  private CompletableFuture<Void> ordered(
      Resource<?> resource, BranchId id, Decision decision, String evidence) {
    CompletableFuture<Finish> finish;
    try {
      finish = decision == Decision.COMMIT ? resource.commit(id, evidence) : resource.abort(id);
    } catch (RuntimeException e) {
      finish = CompletableFuture.failedFuture(e);
    }
    return finish.thenCompose(what ->
        what == Finish.DONE
            ? CompletableFuture.completedFuture(null)
            : heuristics
                .record(id.incarnation(), id.sequence(), resource.name(), decision)
                .thenRun(() -> resource.forget(id)));
  }

  /** If a person was asked, that is over. */
  private CompletableFuture<Void> answered(Found found) {
    Bytes key = keys.question(found.id.incarnation(), found.id.sequence(), found.resource.name());
    return client.kv().deleteAsync(Delete.key(key)).thenApply(done -> null);
  }

  /** It is left to a person, who finds it in {@code quorate xa list}. */
  private CompletableFuture<Void> ask(Found found) {
    note(found, true);
    Bytes key = keys.question(found.id.incarnation(), found.id.sequence(), found.resource.name());
    Put put = Put.of(key, Bytes.utf8("1\t" + client.timer().wallMillis() + "\n"));
    return client.kv().txnAsync(Txn.when(Compare.absent(key)).then(put)).thenApply(done -> null);
  }

  // ---- decisions -------------------------------------------------------------------------------

  /** A life that is under a lease has been swept: nothing of it is left. */
  private CompletableFuture<Void> carryOut(
      Recoverer.Lives lives, Set<String> reached, Set<Place> pending) {
    List<Long> over = new ArrayList<>();
    for (Map.Entry<Long, KeyValue> each : lives.lives().entrySet()) {
      if (lives.isOver(each.getKey()) && each.getValue().lease() == 0) {
        over.add(each.getKey());
      }
    }
    return Recoverer.oneByOne(
        over,
        each ->
            page(
                each,
                Range.prefix(keys.decisions(each)).limit(PAGE).withoutCount(),
                reached,
                pending));
  }

  private CompletableFuture<Void> page(
      long incarnation, Range range, Set<String> reached, Set<Place> pending) {
    return client
        .kv()
        .rangeAsync(range)
        .thenCompose(response ->
            Recoverer.oneByOne(
                    response.kvs(), each -> carryOut(incarnation, each, reached, pending))
                .thenCompose(unused -> {
                  if (!response.more()) {
                    return CompletableFuture.completedFuture(null);
                  }
                  Bytes last = response.kvs().get(response.kvs().size() - 1).key();
                  Range next = Range.between(Keys.after(last), range.rangeEnd());
                  return page(incarnation, next.limit(PAGE).withoutCount(), reached, pending);
                }));
  }

  private CompletableFuture<Void> carryOut(
      long incarnation, KeyValue decision, Set<String> reached, Set<Place> pending) {
    DecisionRecord record;
    try {
      record = DecisionRecord.decode(decision.value());
    } catch (QuorateException e) { // of a later version, which somebody else will read
      unreadable(new Place(incarnation, NOWHERE), e, pending);
      return CompletableFuture.completedFuture(null);
    }
    if (record.decision() == Decision.ABORT) {
      return CompletableFuture.completedFuture(null); // stays until the incarnation is swept
    }
    long sequence = DomainKeys.lastNumber(decision.key());
    List<DecisionRecord.Prepared> left = new ArrayList<>();
    return Recoverer.oneByOne(
            record.branches(), each -> carryOut(incarnation, sequence, each, reached, left))
        .thenCompose(unused -> {
          for (DecisionRecord.Prepared each : left) {
            pending.add(new Place(incarnation, each.resource()));
          }
          if (left.isEmpty()) {
            return forget(incarnation, sequence, decision, pending);
          }
          return left.size() == record.branches().size()
              ? CompletableFuture.completedFuture(null)
              : strikeOff(decision, record.left(left));
        });
  }

  private CompletableFuture<Void> carryOut(
      long incarnation,
      long sequence,
      DecisionRecord.Prepared branch,
      Set<String> reached,
      List<DecisionRecord.Prepared> left) {
    Resource<?> resource = resources.get(branch.resource());
    if (resource == null || !reached.contains(branch.resource())) {
      left.add(branch);
      return CompletableFuture.completedFuture(null);
    }
    return ordered(
            resource, branch.id(domain, incarnation, sequence), Decision.COMMIT, branch.evidence())
        .handle((done, failure) -> {
          if (failure != null) {
            left.add(branch);
          }
          return null;
        });
  }

  private CompletableFuture<Void> strikeOff(KeyValue decision, DecisionRecord left) {
    Txn txn =
        Txn.when(Compare.modRevision(decision.key()).is(decision.modRevision()))
            .then(Put.of(decision.key(), left.encoded()));
    return client.kv().txnAsync(txn).thenApply(unused -> null);
  }

  /** If somebody else was faster, or a lease is gone, the next round sees it. */
  private CompletableFuture<Void> forget(
      long incarnation, long sequence, KeyValue decision, Set<Place> pending) {
    Bytes chunk = keys.history(incarnation, History.chunk(sequence));
    Bytes known = keys.known(incarnation, Period.of(sequence));
    Op delete = Delete.key(decision.key());
    Compare unchanged = Compare.modRevision(decision.key()).is(decision.modRevision());
    return Recoverer.read(client, List.of(chunk, known))
        .thenCompose(answers -> {
          KeyValue there = answers.get(0);
          KeyValue period = answers.get(1);
          if (period == null) { // no bit is missing where nothing is known
            return client.kv().txnAsync(Txn.when(unchanged, Compare.absent(known)).then(delete));
          }
          byte[] bits = there == null ? History.empty() : History.copy(there.value());
          History.set(bits, sequence);
          Txn txn =
              Txn.when(
                  unchanged,
                  Compare.modRevision(chunk).is(there == null ? 0 : there.modRevision()));
          Put put = Put.of(chunk, Bytes.wrap(bits)).lease(period.lease());
          return client.kv().txnAsync(txn.then(delete, put));
        })
        .handle((response, failure) -> {
          if (failure != null || !response.succeeded()) {
            pending.add(new Place(incarnation, NOWHERE));
          }
          return null;
        });
  }
}
