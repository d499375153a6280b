package io.quorate.streams;

import io.quorate.base.Bytes;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.kv.ComputedRequest;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvStep;
import io.quorate.kv.KvStore;
import io.quorate.kv.KvValidator;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.TxnResponse;
import io.quorate.streams.AppendOutcome.Behind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An append to streams as one step of the state machine: it finds where they end, judges the
 * conditions to the last event, and writes the keys, all of them or none.
 *
 * <p>Unchanging; its byte strings share the array of the message that it was read from.
 */
public final class StreamAppend implements ComputedRequest {
  private static final TxnRequest NOTHING = new TxnRequest(List.of(), List.of(), List.of());
  private static final int DONE_FORMAT = 1;

  /** How many keys all conditions of an append may look at together. */
  private static final int LOOKS_MAX = 1_000;

  /** How many appends are looked at behind where streams were taken to end. */
  private static final int SKIPS_MAX = 1_000;

  private final Bytes message;
  private final StreamKeys keys;
  private final List<Part> parts;
  private final String remembered;
  private final List<Condition> conditions;
  private final TxnRequest beside;

  private StreamAppend(
      Bytes message,
      StreamKeys keys,
      List<Part> parts,
      String remembered,
      List<Condition> conditions,
      TxnRequest beside) {
    this.message = message;
    this.keys = keys;
    this.parts = parts;
    this.remembered = remembered;
    this.conditions = conditions;
    this.beside = beside;
  }

  /**
   * Reads the message {@code quorate.events.v1.Append}.
   *
   * @param beside conditions on other keys, and steps that go with it; null for none
   * @throws MalformedMessage if it isn't one, or says what makes no sense
   */
  public static StreamAppend read(Bytes message, @Nullable TxnRequest beside) {
    Bytes root = Bytes.EMPTY;
    List<Part> parts = new ArrayList<>();
    String remembered = "";
    List<Condition> conditions = new ArrayList<>();
    ProtoReader in = new ProtoReader(message);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> root = in.bytes();
        case 2 -> parts.add(Part.read(in.message()));
        case 3 -> remembered = Names.read(in);
        case 4 -> conditions.add(Condition.read(in.message()));
        default -> {}
      }
    }
    if (parts.isEmpty()) {
      throw new MalformedMessage("nothing is to be appended");
    }
    if (beside != null && !beside.failure().isEmpty()) {
      throw new MalformedMessage("there are steps for the case that the append fails");
    }
    StreamKeys keys = Names.root(root);
    return new StreamAppend(
        message, keys, parts, remembered, conditions, beside == null ? NOTHING : beside);
  }

  /**
   * Fails if clients couldn't read what it would write, or find it by its tags. Asked before it is
   * proposed; what was agreed upon is carried out as it is.
   *
   * @throws MalformedMessage which says what is wrong
   */
  public void requireReadable() {
    parts.forEach(Part::requireReadable);
  }

  /** The message that it was read from. */
  public Bytes message() {
    return message;
  }

  /** What is beside it; empty if there is nothing. */
  public TxnRequest beside() {
    return beside;
  }

  // ---- what can be said of it beforehand -------------------------------------------------------

  /** Counts as if it were a transaction of etcd's API: what one takes, the other takes. */
  @Override
  public @Nullable KvError invalid(int maxTxnOps) {
    Set<String> streams = new HashSet<>();
    Set<String> tags = new LinkedHashSet<>();
    int puts = 1 + beside.success().size();
    for (Part part : parts) {
      if (!streams.add(part.stream()) || Set.copyOf(part.tags()).size() < part.tags().size()) {
        return KvError.DUPLICATE_KEY;
      }
      puts += 2 + part.tags().size();
      tags.addAll(part.tags());
    }
    puts += tags.size(); // a tag's head is written once
    int items = conditions.stream().mapToInt(condition -> condition.items().size()).sum();
    return Math.max(puts, items) > maxTxnOps
        ? KvError.TOO_MANY_OPS
        : KvValidator.validate(beside, maxTxnOps);
  }

  @Override
  public List<KvOp> touches() {
    List<KvOp> all = new ArrayList<>();
    Set<String> tags = new LinkedHashSet<>();
    for (Part part : parts) {
      Bytes stream = keys.stream(part.stream());
      all.add(RangeRequest.of(stream, StreamKeys.behind(stream)));
      all.add(new DeleteRangeRequest(stream, StreamKeys.behind(stream), false));
      all.add(PutRequest.of(keys.begun(part.stream()), Bytes.EMPTY));
      tags.addAll(part.tags());
      for (String tag : part.tags()) {
        Bytes tagged = keys.tagged(tag, part.stream());
        all.add(new DeleteRangeRequest(tagged, StreamKeys.behind(tagged), false));
      }
    }
    tags.forEach(tag -> all.add(PutRequest.of(keys.tagHead(tag), Bytes.EMPTY)));
    if (!remembered.isEmpty()) {
      all.add(RangeRequest.one(keys.done(remembered)));
      all.add(PutRequest.of(keys.done(remembered), Bytes.EMPTY));
    }
    conditions.forEach(each -> each.items().forEach(item -> all.addAll(item.reads(keys))));
    all.add(beside);
    return all;
  }

  @Override
  public long growth() {
    long sum = KvStore.growth(beside);
    for (KvOp put : puts(new long[parts.size()])) {
      sum += KvStore.growth(put);
    }
    return sum;
  }

  // ---- carrying it out -------------------------------------------------------------------------

  @Override
  public KvResult carryOut(KvStep step) {
    long[] ends = new long[parts.size()];
    List<Behind> behind = new ArrayList<>();
    boolean fits = true;
    int skips = SKIPS_MAX;
    for (int i = 0; i < ends.length; i++) {
      Part.Found found = parts.get(i).find(keys, step, skips);
      skips = Math.max(0, skips - found.skipped());
      ends[i] = found.end();
      behind.add(found.obstacle() == null ? Behind.NOTHING : found.obstacle());
      fits &= found.obstacle() == null;
    }
    long revision = step.reader().revision();
    KeyValue done = remembered.isEmpty() ? null : step.reader().get(keys.done(remembered));
    if (!fits || done != null) {
      return new AppendOutcome.Refused(revision, behind, done, false, List.of(), 0);
    }
    if (!conditions.isEmpty() && !holdsBeside(step)) {
      return new AppendOutcome.Refused(revision, behind, null, true, List.of(), 0);
    }
    step.follow(keys.commits(), false);
    step.follow(keys.tagged(), true);
    Map<Bytes, KeyValue> matching = new LinkedHashMap<>();
    long left = LOOKS_MAX;
    for (int i = 0; i < conditions.size(); i++) {
      left = conditions.get(i).look(keys, step.reader(), matching, left);
      if (!matching.isEmpty() || left < 0) {
        return refused(revision, behind, matching.values(), i + 1);
      }
    }
    return write(step, ends, behind);
  }

  private static AppendOutcome refused(
      long revision, List<Behind> behind, Collection<KeyValue> matching, int condition) {
    List<KeyValue> told = matching.stream().limit(AppendOutcome.MATCHING_MAX).toList();
    return new AppendOutcome.Refused(
        revision, behind, null, false, told, told.isEmpty() ? condition : 0);
  }

  /** What is required is judged before conditions are, as in a transaction that has both. */
  private boolean holdsBeside(KvStep step) {
    TxnRequest looks = new TxnRequest(beside.compares(), List.of(), List.of());
    return step.reader().txn(looks) instanceof TxnResponse response && response.succeeded();
  }

  private KvResult write(KvStep step, long[] ends, List<Behind> behind) {
    List<KvOp> ops = puts(ends);
    ops.addAll(beside.success());
    TxnRequest txn = new TxnRequest(beside.compares(), ops, List.of());
    if (!beside.success().isEmpty()) { // it may touch the append's own keys
      KvError error = KvValidator.validate(txn, Integer.MAX_VALUE);
      if (error != null) {
        return new KvFailure(error);
      }
    }
    KvResult result = step.txn(txn);
    if (result instanceof KvFailure) {
      return result;
    }
    TxnResponse response = (TxnResponse) result;
    if (!response.succeeded()) {
      return new AppendOutcome.Refused(response.revision(), behind, null, true, List.of(), 0);
    }
    return new AppendOutcome.Appended(response.revision(), versions(ends));
  }

  private List<Long> versions(long[] ends) {
    List<Long> versions = new ArrayList<>(ends.length);
    for (int i = 0; i < ends.length; i++) {
      versions.add(ends[i] + parts.get(i).events());
    }
    return versions;
  }

  /** The keys that are written if the streams end at these versions. */
  private List<KvOp> puts(long[] ends) {
    List<KvOp> puts = new ArrayList<>();
    Set<String> tags = new LinkedHashSet<>();
    for (int i = 0; i < ends.length; i++) {
      Part part = parts.get(i);
      long last = ends[i] + part.events();
      if (ends[i] == 0) {
        puts.add(PutRequest.of(keys.begun(part.stream()), Bytes.EMPTY));
      }
      ProtoWriter commit = new ProtoWriter(part.commit().length() + 16);
      commit.raw(part.commit()).number(3, ends[i] + 1);
      puts.add(PutRequest.of(keys.commit(part.stream(), last), commit.toBytes()));
      for (String tag : part.tags()) {
        puts.add(PutRequest.of(keys.tagged(tag, part.stream(), last), Bytes.EMPTY));
      }
      tags.addAll(part.tags());
    }
    tags.forEach(tag -> puts.add(PutRequest.of(keys.tagHead(tag), Bytes.EMPTY)));
    if (!remembered.isEmpty()) {
      puts.add(PutRequest.of(keys.done(remembered), done(versions(ends))));
    }
    return puts;
  }

  /** The message {@code quorate.events.v1.Done}. */
  private Bytes done(List<Long> versions) {
    ProtoWriter out = new ProtoWriter(64);
    out.number(1, DONE_FORMAT);
    out.number(2, parts.stream().mapToLong(Part::events).sum());
    for (int i = 0; i < versions.size(); i++) {
      int mark = out.open(3);
      out.text(1, parts.get(i).stream());
      out.number(2, versions.get(i));
      out.close(mark);
    }
    return out.toBytes();
  }
}
