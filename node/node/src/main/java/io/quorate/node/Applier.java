package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowSink;
import io.quorate.base.Rows;
import io.quorate.engine.Engine;
import io.quorate.engine.RowBatch;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.KvResult;
import io.quorate.kv.StoreObserver;
import io.quorate.machine.CommandCodec;
import io.quorate.machine.Machine;
import io.quorate.raft.Configuration;
import io.quorate.raft.ConfigurationAt;
import io.quorate.raft.EntryKind;
import io.quorate.wal.LogHash;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Applies entries to a group's state: a run of them becomes one batch of the engine, and the
 * answers leave when the batch is in.
 *
 * <p>The state is replaced as a whole when a snapshot is adopted ({@link #replace}). Used on the
 * loop.
 */
final class Applier {
  /** The node's own row in a group's state; the machine's begin with letters. */
  private static final byte[] LOG_HASH_ROW = {0, 'h'};

  /** How the log names an entry that the node itself reads: see {@link MemberRows}. */
  static final byte MEMBER_KIND = 3;

  /** As {@link #MEMBER_KIND}, of a change that operators want: see {@link AskedChange}. */
  static final byte CHANGE_KIND = 4;

  private final long group;
  private final long member;
  private final long life;
  private final NodeTrace trace;
  private final StateComparison states;
  private final PendingWrites pending;
  private final Answers answering;
  private final Loop loop;
  private final NodeMetrics metrics;
  private final RowBatch rows = new RowBatch();

  private StoreObserver observer = StoreObserver.NONE;
  private Engine engine;
  private Machine machine;
  private Roster roster;
  private long applied;
  private long appliedTerm;
  private long appliedHash;
  private final ArrayList<MemberInfo> published = new ArrayList<>();
  private Consumer<AuthenticateResponse> tokenObserver = _ -> {};

  // Answers of the present batch, to leave when it is written.
  private @Nullable Reply<? super KvResult>[] replies = newReplies(64);
  private @Nullable KvResult[] results = new KvResult[64];
  private int answers;

  Applier(
      long group,
      Node node,
      long life,
      StateComparison states,
      PendingWrites pending,
      Answers answering,
      Engine engine,
      Machine machine) {
    this.group = group;
    this.member = node.member();
    this.life = life;
    this.trace = node.env().trace();
    this.states = states;
    this.pending = pending;
    this.answering = answering;
    this.loop = node.env().loop();
    this.metrics = node.metrics();
    this.engine = engine;
    this.machine = machine;
    this.roster = Roster.load(engine);
    this.applied = machine.appliedIndex();
    this.appliedTerm = machine.appliedTerm();
    trace.restored(group, applied);
  }

  Engine engine() {
    return engine;
  }

  Machine machine() {
    return machine;
  }

  /** From now on {@code observer} hears of tokens, and nobody else. */
  void observeTokens(Consumer<AuthenticateResponse> observer) {
    tokenObserver = observer;
  }

  /** Who shall belong to the cluster. */
  Roster roster() {
    return roster;
  }

  /** The last entry in the state. */
  long applied() {
    return applied;
  }

  /**
   * From now on {@code next} hears what is applied, also in a state that takes this one's place.
   */
  void observe(StoreObserver next) {
    observer = next;
    machine.observe(next);
  }

  /** Another state takes the place of this one; the caller closes the old engine. */
  void replace(Engine newEngine, Machine newMachine) {
    Checks.that(
        newMachine.appliedIndex() >= applied,
        "a snapshot at %d would take back %d",
        newMachine.appliedIndex(),
        applied);
    engine = newEngine;
    machine = newMachine;
    machine.observe(observer);
    roster = Roster.load(newEngine);
    applied = newMachine.appliedIndex();
    appliedTerm = newMachine.appliedTerm();
    trace.restored(group, applied);
    // Whether the snapshot holds a write that was under way can't be told from it.
    for (long s : pending.proposedUpTo(appliedTerm)) {
      Reply<? super KvResult> reply = pending.take(s);
      if (reply != null) {
        answering.refused(reply, Refusal.LEADER_CHANGED);
      }
    }
  }

  /**
   * The rolling hash of the log up to the applied index, as the state keeps it: what a log begins
   * with that starts behind this state.
   */
  static long logHash(Rows rows) {
    byte[] value = rows.get(LOG_HASH_ROW);
    return value == null ? LogHash.EMPTY : ByteBuffer.wrap(value).getLong();
  }

  /** Keeps that hash. */
  static void putLogHash(long hash, RowSink rows) {
    rows.put(LOG_HASH_ROW, ByteBuffer.allocate(Long.BYTES).putLong(hash).array());
  }

  /**
   * Applies the next entry into the present batch.
   *
   * @param hash the rolling hash of the log up to it
   */
  void apply(long index, long term, byte kind, Bytes payload, long hash) {
    Checks.that(index == applied + 1, "apply index=%d applied=%d", index, applied);
    Checks.that(term >= appliedTerm, "apply term=%d after %d", term, appliedTerm);
    if (term > appliedTerm) {
      pending.lostBefore(term);
      appliedTerm = term;
    }
    trace.applied(group, index, term, kind, payload, hash);
    if (kind == kind(EntryKind.COMMAND)) {
      command(index, term, payload);
    } else if (kind == kind(EntryKind.CONFIGURATION)) {
      machine.applyConfiguration(index, term, located(index, payload));
    } else {
      MemberInfo record =
          switch (kind) {
            case MEMBER_KIND -> roster.publish(payload, rows);
            case CHANGE_KIND -> roster.apply(payload, rows);
            default -> null;
          };
      if (record != null) {
        published.add(record);
      }
      machine.applyNothing(index, term);
    }
    applied = index;
    appliedHash = hash;
    states.settled(index, machine.stateHash());
  }

  private static Bytes located(long index, Bytes configuration) {
    return MessageCodec.blob(
        new FrameWriter(), new ConfigurationAt(index, Configuration.fromBytes(configuration)));
  }

  /** The members' records that were applied since this was last asked, oldest first. */
  List<MemberInfo> takePublished() {
    if (published.isEmpty()) {
      return List.of();
    }
    List<MemberInfo> taken = List.copyOf(published);
    published.clear();
    return taken;
  }

  /** Writes the batch and answers whom it answers. */
  void finish() {
    if (machine.finish(rows)) {
      putLogHash(appliedHash, rows);
      write();
    }
    if (trace.looks()) {
      trace.settled(group, applied, machine.revision(), machine.stateHash());
    }
    rows.clear();
    int count = answers;
    answers = 0;
    for (int i = 0; i < count; i++) {
      Reply<? super KvResult> reply = replies[i];
      KvResult result = results[i];
      replies[i] = null;
      results[i] = null;
      if (reply != null && result != null) {
        answering.done(reply, result);
      }
    }
  }

  /** Refuses the answers of a batch that did not come to be written. */
  void refuseAll(Refusal why) {
    int count = answers;
    answers = 0;
    for (int i = 0; i < count; i++) {
      Reply<? super KvResult> reply = replies[i];
      replies[i] = null;
      results[i] = null;
      if (reply != null) {
        answering.refused(reply, why);
      }
    }
  }

  private void write() {
    long begun = loop.now();
    try {
      engine.write(rows, applied);
      metrics.written(loop.now() - begun);
    } catch (QuorateException.Unavailable e) {
      if (e.code() != ErrorCode.DISK_FULL) {
        throw e;
      }
      throw QuorateException.of(
          ErrorCode.DISK_FULL,
          "the disk is full, and what is agreed on can't be applied: make room and start this"
              + " member again; nothing acknowledged is lost ("
              + e.getMessage()
              + ")",
          e);
    }
  }

  /** How an entry's kind is written in the log. */
  static byte kind(EntryKind kind) {
    return switch (kind) {
      case COMMAND -> 0;
      case NOOP -> 1;
      case CONFIGURATION -> 2;
    };
  }

  private void command(long index, long term, Bytes payload) {
    if (CommandCodec.member(payload) == member && CommandCodec.life(payload) == life) {
      long sequence = CommandCodec.sequence(payload);
      if (pending.isPending(sequence)) {
        KvResult result =
            machine.apply(
                index,
                term,
                pending.principal(sequence),
                pending.request(sequence),
                /* answered= */ true);
        tell(result);
        answer(sequence, result);
        return;
      }
    }
    tell(machine.apply(index, term, payload, /* answered= */ false));
  }

  private void tell(KvResult result) {
    metrics.applied(group, result);
    if (result instanceof AuthenticateResponse token) {
      tokenObserver.accept(token);
    }
  }

  private void answer(long sequence, KvResult result) {
    if (answers == replies.length) {
      replies = Arrays.copyOf(replies, answers * 2);
      results = Arrays.copyOf(results, answers * 2);
    }
    replies[answers] = pending.take(sequence);
    results[answers] = result;
    answers++;
  }

  @SuppressWarnings("unchecked")
  private static @Nullable Reply<? super KvResult>[] newReplies(int capacity) {
    return (Reply<? super KvResult>[]) new Reply<?>[capacity];
  }
}
