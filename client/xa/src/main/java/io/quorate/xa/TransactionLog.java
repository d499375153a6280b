package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
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
import io.quorate.txn.Decision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the store says of a domain's transactions, for whoever looks after them; and the few things
 * that a person may have to say.
 *
 * <p>What it shows is read at the moment, page by page. Its methods wait, and throw {@link
 * QuorateException}. Safe for use by many threads.
 */
public final class TransactionLog {
  /** No resource's name: a record can't be read. */
  private static final String UNREADABLE = "?";

  private static final long PAGE = 500;

  /** So many keys are forgotten in one step, of etcd's 128. */
  private static final int TOGETHER = 100;

  private static final Pattern ID = Pattern.compile("([0-9a-fA-F]{1,16})/([0-9a-fA-F]{1,16})");

  private final QuorateClient client;
  private final DomainKeys keys;
  private final String domain;

  private TransactionLog(QuorateClient client, String domain) {
    this.client = client;
    this.domain = domain;
    keys = new DomainKeys(domain);
  }

  /** That of one domain. */
  public static TransactionLog of(QuorateClient client, String domain) {
    return new TransactionLog(client, domain);
  }

  /** The domains that are known in a store. */
  public static Set<String> domains(QuorateClient client) {
    Set<String> domains = new TreeSet<>();
    Bytes root = Bytes.utf8(DomainKeys.ROOT);
    Range all = Range.prefix(root);
    Bytes from = root;
    while (true) { // one key of each
      List<KeyValue> next =
          client.kv().range(Range.between(from, all.rangeEnd()).limit(1).withKeysOnly()).kvs();
      if (next.isEmpty()) {
        return domains;
      }
      String rest = next.get(0).key().toUtf8().substring(DomainKeys.ROOT.length());
      String name = rest.substring(0, rest.indexOf('/') < 0 ? rest.length() : rest.indexOf('/'));
      domains.add(name);
      from = Range.prefix(DomainKeys.ROOT + name + "/").rangeEnd();
    }
  }

  /** The domain's name. */
  public String domain() {
    return domain;
  }

  /**
   * A process that has begun transactions, or had.
   *
   * @param number its incarnation's number
   * @param lives whether its lease does
   * @param about what it says of itself; empty once it is over
   * @param unswept the resources where something of it may still be found; {@value #UNREADABLE}
   *     alone if that can't be read
   */
  public record Coordinator(long number, boolean lives, String about, List<String> unswept) {}

  /** Why the store knows of a transaction. */
  public enum Kind {
    /** It is committed, and not all of its branches are known to be. */
    COMMITTING,
    /** A record that it was aborted, which stays until its coordinator is over. */
    ABORTED,
    /** A resource did otherwise than was decided. */
    HEURISTIC,
    /** A branch was found of which nothing is known: a person has to say what becomes of it. */
    ASKS,
    /**
     * What is written of it can't be read: a later version has written it, or it is damaged.
     * Nothing is done with its branches until somebody who can reads it, or mends it.
     */
    UNREADABLE
  }

  /**
   * A transaction that the store knows of.
   *
   * @param id its name: its incarnation's number and its own
   * @param coordinatorLives whether whoever began it finishes it
   * @param since when that was written, by the writer's clock; the beginning of 1970 if that isn't
   *     known
   * @param resources where its branches are that it is about
   */
  public record Entry(
      String id, Kind kind, boolean coordinatorLives, Instant since, List<String> resources) {}

  /** All processes, in the order in which they began. */
  public List<Coordinator> coordinators() {
    Map<Long, KeyValue> living = new TreeMap<>();
    all(keys.incarnations()).forEach(each -> living.put(each.createRevision(), each));
    List<Coordinator> coordinators = new ArrayList<>();
    for (KeyValue each : all(keys.lives())) {
      long number = DomainKeys.lastNumber(each.key());
      KeyValue alive = living.get(number);
      coordinators.add(
          new Coordinator(
              number,
              alive != null,
              alive == null ? "" : alive.value().toUtf8(),
              each.lease() == 0 ? unswept(each) : List.of()));
    }
    return coordinators;
  }

  private static List<String> unswept(KeyValue life) {
    try {
      return LifeRecord.decode(life.value()).unswept();
    } catch (QuorateException e) { // of a later version: wherever it is
      return List.of(UNREADABLE);
    }
  }

  /** All transactions that the store knows of: usually few, and those of this moment. */
  public List<Entry> entries() {
    Set<Long> living = new HashSet<>();
    all(keys.incarnations()).forEach(each -> living.add(each.createRevision()));
    List<Entry> entries = new ArrayList<>();
    for (KeyValue each : all(keys.decisions())) {
      entries.add(decided(each, living));
    }
    for (KeyValue each : all(keys.heuristics())) {
      entries.add(noted(each, Kind.HEURISTIC, living));
    }
    for (KeyValue each : all(keys.questions())) {
      entries.add(noted(each, Kind.ASKS, living));
    }
    return entries;
  }

  /** Page by page: each key as it is when its page is read. */
  private List<KeyValue> all(Bytes prefix) {
    List<KeyValue> all = new ArrayList<>();
    Range range = Range.prefix(prefix);
    while (true) {
      RangeResponse page = client.kv().range(range.limit(PAGE).withoutCount());
      all.addAll(page.kvs());
      if (!page.more()) {
        return all;
      }
      Bytes last = page.kvs().get(page.kvs().size() - 1).key();
      range = Range.between(Keys.after(last), range.rangeEnd());
    }
  }

  private static Entry decided(KeyValue kv, Set<Long> living) {
    try {
      DecisionRecord record = DecisionRecord.decode(kv.value());
      List<String> resources =
          record.branches().stream().map(DecisionRecord.Prepared::resource).distinct().toList();
      Kind kind = record.decision() == Decision.COMMIT ? Kind.COMMITTING : Kind.ABORTED;
      return entry(kv, kind, living, Instant.ofEpochMilli(record.decidedMillis()), resources);
    } catch (QuorateException e) {
      return entry(kv, Kind.UNREADABLE, living, Instant.EPOCH, List.of());
    }
  }

  private static Entry noted(KeyValue kv, Kind kind, Set<Long> living) {
    List<String> resource = List.of(TransactionReport.resource(kv));
    return TransactionReport.since(kv)
        .map(since -> entry(kv, kind, living, since, resource))
        .orElseGet(() -> entry(kv, Kind.UNREADABLE, living, Instant.EPOCH, resource));
  }

  /** The id is what its key has behind the kind's folder. */
  private static Entry entry(
      KeyValue kv, Kind kind, Set<Long> living, Instant since, List<String> resources) {
    String[] path = kv.key().toUtf8().split("/", -1);
    int at = DomainKeys.ROOT.split("/", -1).length + 1;
    long incarnation = Long.parseUnsignedLong(path[at], 16);
    return new Entry(
        path[at] + "/" + path[at + 1], kind, living.contains(incarnation), since, resources);
  }

  /**
   * All that is known of a transaction, at one revision; also of one that isn't listed, as its name
   * tells who has begun it.
   *
   * @throws QuorateException.Rejected if that is no transaction's name
   */
  public TransactionReport report(String id) {
    Parsed parsed = parse(id);
    long incarnation = parsed.incarnation;
    long sequence = parsed.sequence;
    Txn questions =
        Txn.always(
            Range.key(keys.id()),
            Range.prefix(keys.incarnations()),
            Range.key(keys.life(incarnation)),
            Range.key(keys.decision(incarnation, sequence)),
            Range.key(keys.history(incarnation, History.chunk(sequence))),
            Range.prefix(keys.heuristics(incarnation, sequence)),
            Range.prefix(keys.questions(incarnation, sequence)),
            Range.key(keys.known(incarnation, Period.of(sequence))));
    return TransactionReport.of(incarnation, sequence, client.kv().txn(questions));
  }

  /**
   * Says that a transaction that {@linkplain Kind#ASKS asks} is to be committed: its branches that
   * are found from now on are.
   *
   * @throws QuorateException.Rejected if it doesn't ask
   * @throws QuorateException.Conflict if it was decided meanwhile
   */
  public void commit(String id) {
    answer(id, DecisionRecord.commit(client.timer().wallMillis(), List.of()));
  }

  /**
   * Says that a transaction that {@linkplain Kind#ASKS asks} is to be rolled back, as {@link
   * #commit}.
   */
  public void rollBack(String id) {
    answer(id, DecisionRecord.abort(client.timer().wallMillis()));
  }

  private void answer(String id, DecisionRecord record) {
    Parsed parsed = parse(id);
    if (all(keys.questions(parsed.incarnation, parsed.sequence)).isEmpty()) {
      throw QuorateException.of(
          ErrorCode.NOT_FOUND,
          "the transaction "
              + id
              + " doesn't ask: only what quorate xa list shows as ASKS waits for a person; all others"
              + " finish by themselves");
    }
    Bytes key = keys.decision(parsed.incarnation, parsed.sequence);
    Txn txn = Txn.when(Compare.absent(key)).then(Put.of(key, record.encoded()));
    if (!client.kv().txn(txn).succeeded()) {
      throw QuorateException.of(
          ErrorCode.STATE_MOVED,
          "the transaction " + id + " was decided before: quorate xa show tells how");
    }
  }

  /**
   * Acknowledges a heuristic outcome, or forgets what a person has decided and everybody has done.
   * What is being committed can't be forgotten, and what a coordinator that isn't swept yet has
   * aborted is forgotten with it.
   *
   * @throws QuorateException.Rejected if there is nothing of it that could be
   * @throws QuorateException.Conflict if something about it changed meanwhile: nothing was
   *     forgotten, and it is to be looked at again
   */
  public void forget(String id) {
    Parsed parsed = parse(id);
    List<KeyValue> gone = new ArrayList<>();
    gone.addAll(all(keys.heuristics(parsed.incarnation, parsed.sequence)));
    gone.addAll(all(keys.questions(parsed.incarnation, parsed.sequence)));
    Optional<KeyValue> decision =
        client.kv().get(keys.decision(parsed.incarnation, parsed.sequence));
    if (decision.isPresent() && mayBeForgotten(parsed.incarnation, decision.get())) {
      gone.add(decision.get());
    }
    if (gone.isEmpty()) {
      throw QuorateException.of(
          ErrorCode.NOT_FOUND,
          decision.isPresent()
              ? "the transaction "
                  + id
                  + " can't be forgotten: its decision is still needed, and goes by itself"
              : "nothing is there of the transaction " + id + " to be forgotten");
    }
    for (int from = 0; from < gone.size(); from += TOGETHER) {
      forget(id, gone.subList(from, Math.min(gone.size(), from + TOGETHER)));
    }
  }

  private void forget(String id, List<KeyValue> some) {
    List<Op> deletes = new ArrayList<>();
    List<Compare> unchanged = new ArrayList<>();
    for (KeyValue each : some) {
      deletes.add(Delete.key(each.key()));
      unchanged.add(Compare.modRevision(each.key()).is(each.modRevision()));
    }
    Txn txn = Txn.when(unchanged.toArray(new Compare[0])).then(deletes.toArray(new Op[0]));
    if (!client.kv().txn(txn).succeeded()) {
      throw QuorateException.of(
          ErrorCode.STATE_MOVED,
          "the transaction " + id + " changed meanwhile: look at it again with quorate xa show");
    }
  }

  /** Whether nobody needs a decision any more: nothing is left of whoever could have made it. */
  private boolean mayBeForgotten(long incarnation, KeyValue decision) {
    if (client.kv().get(keys.life(incarnation)).isPresent()) {
      return false;
    }
    try {
      return DecisionRecord.decode(decision.value()).branches().isEmpty();
    } catch (QuorateException e) {
      return false; // nobody can tell what it is for
    }
  }

  /** Whether a text has the form of a transaction's name. */
  public static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

  /** A name, taken apart. */
  private record Parsed(long incarnation, long sequence) {}

  private static Parsed parse(String id) {
    Matcher matcher = ID.matcher(id);
    if (!matcher.matches()) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "a transaction's id is two hexadecimal numbers with a slash between them, as quorate xa list"
              + " shows it: "
              + id);
    }
    return new Parsed(
        Long.parseUnsignedLong(matcher.group(1), 16), Long.parseUnsignedLong(matcher.group(2), 16));
  }
}
