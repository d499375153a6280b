package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Delete;
import io.quorate.client.KeyValue;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.Txn;
import io.quorate.txn.Decision;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
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
   * @param unswept the resources where something of it may still be found
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
    ASKS
  }

  /**
   * A transaction that the store knows of.
   *
   * @param id its name: its incarnation's number and its own
   * @param coordinatorLives whether whoever began it finishes it
   * @param since when that was written, by the writer's clock
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
              each.lease() == 0 ? LifeRecord.decode(each.value()).unswept() : List.of()));
    }
    return coordinators;
  }

  /** All transactions that the store knows of: usually few, and those of this moment. */
  public List<Entry> entries() {
    Set<Long> living = new HashSet<>();
    all(keys.incarnations()).forEach(each -> living.add(each.createRevision()));
    List<Entry> entries = new ArrayList<>();
    for (KeyValue each : all(keys.decisions())) {
      DecisionRecord record = DecisionRecord.decode(each.value());
      List<String> resources =
          record.branches().stream().map(DecisionRecord.Prepared::resource).distinct().toList();
      entries.add(
          entry(
              each,
              record.decision() == Decision.COMMIT ? Kind.COMMITTING : Kind.ABORTED,
              living,
              record.decidedMillis(),
              resources));
    }
    for (KeyValue each : all(keys.heuristics())) {
      entries.add(noted(each, Kind.HEURISTIC, living));
    }
    for (KeyValue each : all(keys.questions())) {
      entries.add(noted(each, Kind.ASKS, living));
    }
    return entries;
  }

  private List<KeyValue> all(Bytes prefix) {
    return client.kv().range(Range.prefix(prefix)).kvs();
  }

  /** The id is what its key has behind the kind's folder. */
  private static Entry entry(
      KeyValue kv, Kind kind, Set<Long> living, long millis, List<String> resources) {
    String[] path = kv.key().toUtf8().split("/", -1);
    int at = DomainKeys.ROOT.split("/", -1).length + 1;
    long incarnation = Long.parseUnsignedLong(path[at], 16);
    return new Entry(
        path[at] + "/" + path[at + 1],
        kind,
        living.contains(incarnation),
        Instant.ofEpochMilli(millis),
        resources);
  }

  /**
   * Of a heuristic outcome or a question: the last field of its value is when, and of its key
   * where.
   */
  private static Entry noted(KeyValue kv, Kind kind, Set<Long> living) {
    String[] fields = kv.value().toUtf8().strip().split("\t", -1);
    String key = kv.key().toUtf8();
    return entry(
        kv,
        kind,
        living,
        Long.parseLong(fields[fields.length - 1]),
        List.of(key.substring(key.lastIndexOf('/') + 1)));
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
    if (all(parsed.folder(keys.questions())).isEmpty()) {
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
          ErrorCode.STATE_MOVED, "the transaction " + id + " was decided before");
    }
  }

  /**
   * Acknowledges a heuristic outcome, or forgets what a person has decided and everybody has done.
   * What is being committed can't be forgotten.
   *
   * @throws QuorateException.Rejected if there is nothing of it that could be
   */
  public void forget(String id) {
    Parsed parsed = parse(id);
    List<Bytes> gone = new ArrayList<>();
    all(parsed.folder(keys.heuristics())).forEach(each -> gone.add(each.key()));
    all(parsed.folder(keys.questions())).forEach(each -> gone.add(each.key()));
    Bytes key = keys.decision(parsed.incarnation, parsed.sequence);
    boolean isOver =
        all(keys.lives()).stream()
            .noneMatch(life -> DomainKeys.lastNumber(life.key()) == parsed.incarnation);
    if (isOver && client.kv().get(key).isPresent()) {
      gone.add(key);
    }
    if (gone.isEmpty()) {
      throw QuorateException.of(
          ErrorCode.NOT_FOUND, "nothing is there of the transaction " + id + " to be forgotten");
    }
    for (Bytes each : gone) {
      var unused = client.kv().delete(Delete.key(each));
    }
  }

  /** A name, taken apart. */
  private record Parsed(long incarnation, long sequence) {
    Bytes folder(Bytes kind) {
      return Bytes.utf8(
          kind.toUtf8() + DomainKeys.number(incarnation) + "/" + DomainKeys.number(sequence) + "/");
    }
  }

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
