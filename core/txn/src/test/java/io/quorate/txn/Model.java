package io.quorate.txn;

import io.quorate.base.InvariantViolation;
import io.quorate.txn.ParticipantState.Order;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as a whole: its coordinator, its participants, the store with its record, and
 * whoever recovers. A message that was sent once may arrive at any time after that, any number of
 * times, or never: that is loss, delay, doubling and reordering in one.
 */
final class Model implements CoordinatorActions {
  /** What a model gets wrong on purpose. */
  enum Fault {
    /** The store takes a decision of a coordinator whose life is over. */
    UNFENCED,
    /** A recoverer doesn't ask whether the coordinator lives. */
    ABORTS_WHO_IS_SLOW,
    /** A recoverer reads the record before it looks for branches. */
    READS_BEFORE_IT_LOOKS,
    /** A record is deleted while there are branches left. */
    FORGETS_TOO_SOON,
    /** A participant that was aborted before it was asked remembers nothing. */
    NO_TOMBSTONES
  }

  private final Protocol protocol;
  private final boolean recordTakesPart;
  private final Set<Fault> faults;
  private final Coordinator coordinator;
  private final ParticipantState[] participants;
  private final boolean[] readOnly;
  private final Set<String> sent;

  private boolean crashed;
  private boolean fenced;
  private @Nullable Decision record;
  private boolean finished;
  private @Nullable Decision readEarly;
  private boolean hasReadEarly;
  private @Nullable Decision told;
  private boolean toldUnknown;
  private @Nullable String wrong;

  /**
   * @param recordTakesPart whether the record changes something of its own
   */
  Model(Protocol protocol, int participants, boolean recordTakesPart, Set<Fault> faults) {
    this.protocol = protocol;
    this.recordTakesPart = recordTakesPart;
    this.faults = faults;
    coordinator = new Coordinator(protocol, participants, recordTakesPart, this);
    this.participants = new ParticipantState[participants];
    Arrays.fill(this.participants, ParticipantState.INIT);
    readOnly = new boolean[participants];
    sent = new TreeSet<>();
  }

  private Model(Model other) {
    protocol = other.protocol;
    recordTakesPart = other.recordTakesPart;
    faults = other.faults;
    coordinator = new Coordinator(other.coordinator, this);
    participants = other.participants.clone();
    readOnly = other.readOnly.clone();
    sent = new TreeSet<>(other.sent);
    crashed = other.crashed;
    fenced = other.fenced;
    record = other.record;
    finished = other.finished;
    readEarly = other.readEarly;
    hasReadEarly = other.hasReadEarly;
    told = other.told;
    toldUnknown = other.toldUnknown;
    wrong = other.wrong;
  }

  // ---- what may happen -------------------------------------------------------------------------

  /** A step that may come next, by its name. */
  record Next(String what, Model then) {}

  private interface Change {
    void on(Model model);
  }

  /** All that may happen now. */
  List<Next> next() {
    List<Next> all = new ArrayList<>();
    if (!crashed) {
      if (coordinator.state() == CoordinatorState.INIT) {
        add(all, "commit", model -> model.coordinator.commit());
      }
      add(all, "roll back", model -> model.coordinator.rollBack());
      add(all, "resend", model -> model.coordinator.resend());
      add(all, "crash", model -> model.crashed = true);
    }
    if (!fenced) {
      add(all, "its lease ends", model -> model.fenced = true);
    }
    for (String message : sent) {
      arrivals(all, message);
    }
    if (protocol == Protocol.RECORD_DECIDES) {
      if (faults.contains(Fault.READS_BEFORE_IT_LOOKS)) {
        add(all, "a recoverer reads", Model::readEarly);
      }
      for (int i = 0; i < participants.length; i++) {
        int participant = i;
        if (participants[i] == ParticipantState.PREPARED) {
          add(all, "a recoverer finds " + i, model -> model.recover(participant));
        }
      }
    } else {
      add(all, "a recoverer asks", Model::probe);
      add(all, "a recoverer judges", Model::judge);
    }
    return all;
  }

  private void add(List<Next> all, String what, Change change) {
    Model then = new Model(this);
    try {
      change.on(then);
    } catch (InvariantViolation e) {
      then.wrong = e.getMessage();
    }
    all.add(new Next(what, then));
  }

  private void arrivals(List<Next> all, String message) {
    String[] parts = message.split(" ");
    int who = parts.length > 1 && !parts[1].isEmpty() ? Character.digit(parts[1].charAt(0), 10) : 0;
    switch (parts[0]) {
      case "prepare" -> {
        add(all, message + ", willing", model -> model.order(who, Order.PREPARE, true));
        add(all, message + ", unwilling", model -> model.order(who, Order.PREPARE, false));
        if (participants[who] == ParticipantState.INIT) {
          add(all, message + ", without changes", model -> model.changedNothing(who));
        }
      }
      case "probe" -> add(all, message, model -> model.order(who, Order.PROBE, false));
      case "commit" -> add(all, message, model -> model.order(who, Order.COMMIT, false));
      case "abort" -> add(all, message, model -> model.order(who, Order.ABORT, false));
      case "one-phase" -> {
        add(all, message + ", willing", model -> model.onePhase(who, true));
        add(all, message + ", unwilling", model -> model.onePhase(who, false));
      }
      case "decide" -> add(all, message, model -> model.write(Decision.valueOf(parts[1])));
      default -> {
        if (!crashed) {
          answer(all, message, parts, who);
        }
      }
    }
  }

  private void answer(List<Next> all, String message, String[] parts, int who) {
    switch (parts[0]) {
      case "voted" ->
          add(all, message, model -> model.coordinator.voted(who, Vote.valueOf(parts[2])));
      case "done" -> add(all, message, model -> model.coordinator.done(who));
      case "decided" ->
          add(all, message, model -> model.coordinator.decided(Decision.valueOf(parts[1])));
      case "recovered" -> {} // told to nobody here
      default -> throw new AssertionError(message);
    }
  }

  // ---- participants ----------------------------------------------------------------------------

  private void order(int who, Order order, boolean willing) {
    if (readOnly[who]) {
      if (order == Order.PREPARE) {
        sent.add("voted " + who + " READ_ONLY");
      } else if (order == Order.ABORT || order == Order.COMMIT) {
        sent.add("done " + who);
      }
      return;
    }
    ParticipantState.Step step = participants[who].on(order, willing);
    boolean forgets =
        faults.contains(Fault.NO_TOMBSTONES)
            && participants[who] == ParticipantState.INIT
            && order != Order.PREPARE;
    if (!forgets) {
      participants[who] = step.next();
    }
    switch (step.answer()) {
      case YES -> sent.add((order == Order.PROBE ? "recovered " : "voted ") + who + " YES");
      case NO -> sent.add((order == Order.PROBE ? "recovered " : "voted ") + who + " NO");
      case DONE -> sent.add("done " + who);
      case COMMITTED ->
          sent.add(order == Order.PROBE ? "recovered " + who + " YES" : "done " + who);
      case CONTRADICTION ->
          wrong = "participant " + who + " was told " + order + " as " + step.next();
    }
  }

  private void changedNothing(int who) {
    readOnly[who] = true;
    sent.add("voted " + who + " READ_ONLY");
  }

  private void onePhase(int who, boolean willing) {
    if (participants[who] == ParticipantState.INIT) {
      participants[who] = willing ? ParticipantState.COMMITTED : ParticipantState.ABORTED;
    }
    boolean committed = participants[who] == ParticipantState.COMMITTED;
    sent.add("voted " + who + (committed ? " YES" : " NO"));
  }

  // ---- the store -------------------------------------------------------------------------------

  private void write(Decision decision) {
    if (protocol == Protocol.RECORD_DECIDES) {
      if (record == null && !finished && (!fenced || faults.contains(Fault.UNFENCED))) {
        record = Decision.COMMIT;
      }
      boolean committed = record != null || finished;
      sent.add(committed ? "decided COMMIT" : "decided ABORT");
    } else {
      if (record == null) {
        record = decision;
      }
      sent.add("decided " + record);
    }
  }

  // ---- whoever recovers ------------------------------------------------------------------------

  private void readEarly() {
    readEarly = record;
    hasReadEarly = true;
  }

  private void recover(int who) {
    boolean decided = record != null || finished;
    if (faults.contains(Fault.READS_BEFORE_IT_LOOKS)) {
      if (!hasReadEarly) {
        return;
      }
      decided = readEarly != null;
    }
    boolean lives = !fenced && !faults.contains(Fault.ABORTS_WHO_IS_SLOW);
    switch (Recovery.of(new Recovery.Facts(lives, decided, true))) {
      case LEAVE -> {}
      case COMMIT -> order(who, Order.COMMIT, false);
      case ABORT -> order(who, Order.ABORT, false);
      case ASK -> throw new AssertionError();
    }
  }

  private void probe() {
    for (int i = 0; i < participants.length; i++) {
      sent.add("probe " + i);
    }
  }

  /** By the participants' votes: a transaction of which one refuses is aborted, by the record. */
  private void judge() {
    boolean all = true;
    boolean refused = faults.contains(Fault.ABORTS_WHO_IS_SLOW);
    for (int i = 0; i < participants.length; i++) {
      boolean yes = sent.contains("recovered " + i + " YES") || readOnly[i];
      all &= yes;
      refused |= sent.contains("recovered " + i + " NO");
    }
    if (record == null && (all || refused)) {
      record = refused ? Decision.ABORT : Decision.COMMIT;
    }
    if (record != null) {
      for (int i = 0; i < participants.length; i++) {
        sent.add((record == Decision.COMMIT ? "commit " : "abort ") + i);
      }
    }
  }

  // ---- what the coordinator wants --------------------------------------------------------------

  @Override
  public void prepare(int participant) {
    sent.add("prepare " + participant);
  }

  @Override
  public void commitOnePhase(int participant) {
    sent.add("one-phase " + participant);
  }

  @Override
  public void decide(Decision decision) {
    sent.add("decide " + decision);
  }

  @Override
  public void commit(int participant) {
    sent.add("commit " + participant);
  }

  @Override
  public void abort(int participant) {
    sent.add("abort " + participant);
  }

  @Override
  public void tell(Decision decision) {
    if (told != null || toldUnknown) {
      wrong = "told twice";
    }
    told = decision;
    if (faults.contains(Fault.FORGETS_TOO_SOON)) {
      record = null;
    }
  }

  @Override
  public void tellUnknown() {
    toldUnknown = true;
  }

  @Override
  public void contradicted(int participant, Decision decided) {
    wrong = "contradicted by " + participant;
  }

  @Override
  public void forget() {
    if (protocol == Protocol.RECORD_DECIDES
        && record != null
        && !faults.contains(Fault.FORGETS_TOO_SOON)) {
      record = null;
      finished = true; // the history of what was finished knows it
    }
  }

  // ---- what must hold --------------------------------------------------------------------------

  /** What is wrong; null if nothing is. */
  @Nullable String violation() {
    if (wrong != null) {
      return wrong;
    }
    Set<Decision> carriedOut = EnumSet.noneOf(Decision.class);
    for (int i = 0; i < participants.length; i++) {
      Decision each = participants[i].carriedOut();
      if (each != null && !readOnly[i]) {
        carriedOut.add(each);
      }
    }
    if (carriedOut.size() > 1) {
      return "half is committed, and half aborted";
    }
    boolean recorded = record == Decision.COMMIT || finished;
    if (recordTakesPart && told != null && recorded != (told == Decision.COMMIT)) {
      return "told " + told + ", and the record's own work is the other";
    }
    if (told != null && !carriedOut.isEmpty() && !carriedOut.contains(told)) {
      return "told " + told + ", and did the other";
    }
    return null;
  }

  /** Goes on until recoverers have nothing to do any more, the coordinator being gone. */
  Model recovered() {
    Model then = new Model(this);
    then.crashed = true;
    then.fenced = true;
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < participants.length; i++) {
        if (protocol == Protocol.RECORD_DECIDES) {
          if (then.participants[i] == ParticipantState.PREPARED) {
            then.readEarly();
            then.recover(i);
          }
        } else {
          then.order(i, Order.PROBE, false);
        }
      }
      if (protocol == Protocol.VOTES_DECIDE) {
        then.judge();
        for (int i = 0; i < participants.length && then.record != null; i++) {
          then.order(i, then.record == Decision.COMMIT ? Order.COMMIT : Order.ABORT, false);
        }
      }
    }
    return then;
  }

  /** Whether somebody is still in doubt. */
  boolean isInDoubt() {
    return Arrays.asList(participants).contains(ParticipantState.PREPARED);
  }

  boolean isTold(Decision decision) {
    return told == decision;
  }

  /** Two of the same go on the same way. */
  @Override
  public String toString() {
    return String.join(
        "|",
        coordinator.toString(),
        Arrays.toString(participants),
        Arrays.toString(readOnly),
        sent.toString(),
        crashed + " " + fenced + " " + record + " " + finished,
        hasReadEarly + " " + readEarly,
        told + " " + toldUnknown);
  }
}
