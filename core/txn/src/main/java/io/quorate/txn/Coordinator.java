package io.quorate.txn;

import io.quorate.base.Checks;
import java.util.Arrays;

/**
 * One transaction, at whoever coordinates it.
 *
 * <p>Its table has a row for each {@link CoordinatorState} and a column for each kind of event; a
 * cell is what the event does there. The columns are the public methods, the rows their switches,
 * so that a cell which is missing does not compile:
 *
 * <pre>
 *                    vote               time out,     record says      participant is   resend
 *                                       roll back     COMMIT, ABORT    done
 * INIT               –                  ABORTED       –                –                –
 * WAITING_ONE_PHASE  its outcome        –             –                –                commitOnePhase
 * WAITING_PREPARE    all yes: decide    ABORTED       –, ABORTED       –                prepare
 *                    a no: ABORTED
 * WAITING_DECISION   –                  – (obeys)     WAITING_COMMIT,  –                decide
 *                                                     ABORTED
 * WAITING_COMMIT     –                  –             –, !             all: COMMITTED   commit
 * COMMITTED          –                  –             –, !             –                –
 * ABORTED            late yes: abort    –             !, –             all: forget      abort
 * UNKNOWN            –                  –             –                –                –
 * </pre>
 *
 * <p>A dash is "nothing", an exclamation mark breaks an invariant: somebody has decided twice. That
 * is the table of {@link Protocol#RECORD_DECIDES}. By {@link Protocol#VOTES_DECIDE} all votes for
 * it lead from WAITING_PREPARE to WAITING_COMMIT at once, and a refusal or a time-out leads to
 * WAITING_DECISION, with the abort on its way to the record.
 *
 * <p>Not thread-safe: one thread at a time steps it. It allocates nothing after its making.
 */
public final class Coordinator {
  /** What is known of a participant. */
  private enum Standing {
    ASKED,
    PREPARED,
    DONE
  }

  private final Protocol protocol;
  private final boolean recordTakesPart;
  private final Standing[] standings;
  private final CoordinatorActions actions;

  private CoordinatorState state = CoordinatorState.INIT;
  private Decision wanted = Decision.COMMIT;
  private boolean forgotten;

  /** One whose record says nothing but what was decided. */
  public Coordinator(Protocol protocol, int participants, CoordinatorActions actions) {
    this(protocol, participants, false, actions);
  }

  /**
   * @param participants how many there are; none is a transaction that changed nothing, unless its
   *     record does
   * @param recordTakesPart whether writing the record that it is committed also does some of its
   *     work: then it can't be committed without, be it that all others have changed nothing. Only
   *     by {@link Protocol#RECORD_DECIDES}
   */
  public Coordinator(
      Protocol protocol, int participants, boolean recordTakesPart, CoordinatorActions actions) {
    Checks.that(participants >= 0, "participants=%d", participants);
    Checks.that(
        !recordTakesPart || protocol == Protocol.RECORD_DECIDES, "the record doesn't decide");
    this.protocol = protocol;
    this.recordTakesPart = recordTakesPart;
    this.actions = actions;
    standings = new Standing[participants];
    Arrays.fill(standings, Standing.ASKED);
  }

  /** One that is where another is, and goes on by itself: a check tries what may happen next. */
  Coordinator(Coordinator other, CoordinatorActions actions) {
    protocol = other.protocol;
    recordTakesPart = other.recordTakesPart;
    standings = other.standings.clone();
    this.actions = actions;
    state = other.state;
    wanted = other.wanted;
    forgotten = other.forgotten;
  }

  /** Where it is. */
  public CoordinatorState state() {
    return state;
  }

  /** Whether nothing more is to be done for it. */
  public boolean isOver() {
    return switch (state) {
      case COMMITTED, UNKNOWN -> true;
      case ABORTED -> forgotten;
      case INIT, WAITING_ONE_PHASE, WAITING_PREPARE, WAITING_DECISION, WAITING_COMMIT -> false;
    };
  }

  // ---- events ----------------------------------------------------------------------------------

  /** Whoever began it wants it committed: all work is done. */
  public void commit() {
    Checks.that(state == CoordinatorState.INIT, "a transaction is committed once");
    if (standings.length == 0) {
      decideToCommit(false);
    } else if (standings.length == 1 && protocol == Protocol.RECORD_DECIDES && !recordTakesPart) {
      state = CoordinatorState.WAITING_ONE_PHASE;
      actions.commitOnePhase(0);
    } else {
      state = CoordinatorState.WAITING_PREPARE;
      askAll();
    }
  }

  /**
   * Whoever began it wants it undone, or its time is over: too late once a decision is under way.
   */
  public void rollBack() {
    switch (state) {
      case INIT -> abort();
      case WAITING_PREPARE -> refuse();
      case WAITING_ONE_PHASE, WAITING_DECISION, WAITING_COMMIT, COMMITTED, ABORTED, UNKNOWN -> {}
    }
  }

  /**
   * A participant has voted. Of the only one that was told to commit in one phase, {@link Vote#NO}
   * says that it has undone everything, and any other that it has committed.
   */
  public void voted(int participant, Vote vote) {
    switch (state) {
      case WAITING_PREPARE -> count(participant, vote);
      case WAITING_ONE_PHASE -> {
        standings[participant] = Standing.DONE;
        if (vote == Vote.NO) {
          abort();
        } else {
          committed();
        }
      }
      case ABORTED -> {
        if (vote == Vote.YES) { // it prepared after it was told to abort, or the answer was late
          standings[participant] = Standing.PREPARED;
          actions.abort(participant);
        } else {
          done(participant);
        }
      }
      case INIT, WAITING_DECISION, WAITING_COMMIT, COMMITTED, UNKNOWN -> {}
    }
  }

  /** What the only participant did in one phase can't be found out any more. */
  public void outcomeLost() {
    if (state == CoordinatorState.WAITING_ONE_PHASE) {
      unknown();
    }
  }

  /** What the record says: what was to be written, or what somebody else had decided before. */
  public void decided(Decision decision) {
    switch (state) {
      case WAITING_DECISION -> obey(decision);
      case WAITING_PREPARE -> {
        // Somebody took it for dead. By the record's protocol that can only have been an abort.
        Checks.that(
            decision == Decision.ABORT || protocol == Protocol.VOTES_DECIDE,
            "somebody else has committed what is not prepared");
        obey(decision);
      }
      case WAITING_COMMIT, COMMITTED ->
          Checks.that(decision == Decision.COMMIT, "aborted after it was committed");
      case ABORTED -> Checks.that(decision == Decision.ABORT, "committed after it was aborted");
      case INIT, WAITING_ONE_PHASE, UNKNOWN -> {}
    }
  }

  /** The record, and whether there was one, is not to be found out any more. */
  public void decisionLost() {
    if (state == CoordinatorState.WAITING_DECISION) {
      unknown();
    }
  }

  /** A participant has done what was decided, or had done so before. */
  public void done(int participant) {
    switch (state) {
      case WAITING_COMMIT, ABORTED -> {
        standings[participant] = Standing.DONE;
        forgetIfAllAreDone();
      }
      case INIT, WAITING_ONE_PHASE, WAITING_PREPARE, WAITING_DECISION, COMMITTED, UNKNOWN -> {}
    }
  }

  /** A participant has done otherwise, by itself or by an operator's hand. */
  public void didOtherwise(int participant) {
    switch (state) {
      case WAITING_COMMIT -> {
        actions.contradicted(participant, Decision.COMMIT);
        done(participant);
      }
      case ABORTED -> {
        actions.contradicted(participant, Decision.ABORT);
        done(participant);
      }
      case INIT, WAITING_ONE_PHASE, WAITING_PREPARE, WAITING_DECISION, COMMITTED, UNKNOWN -> {}
    }
  }

  /** What wasn't answered is asked again. */
  public void resend() {
    switch (state) {
      case WAITING_ONE_PHASE -> actions.commitOnePhase(0);
      case WAITING_PREPARE -> askAll();
      case WAITING_DECISION -> actions.decide(wanted);
      case WAITING_COMMIT, ABORTED -> tellAll();
      case INIT, COMMITTED, UNKNOWN -> {}
    }
  }

  // ---- what cells do ---------------------------------------------------------------------------

  private void askAll() {
    for (int i = 0; i < standings.length; i++) {
      if (standings[i] == Standing.ASKED) {
        actions.prepare(i);
      }
    }
  }

  private void count(int participant, Vote vote) {
    if (standings[participant] != Standing.ASKED) {
      return; // it said so before
    }
    switch (vote) {
      case YES -> standings[participant] = Standing.PREPARED;
      case READ_ONLY -> standings[participant] = Standing.DONE;
      case NO -> {
        standings[participant] = Standing.DONE;
        refuse();
        return;
      }
    }
    boolean anyPrepared = false;
    for (Standing each : standings) {
      if (each == Standing.ASKED) {
        return;
      }
      anyPrepared |= each == Standing.PREPARED;
    }
    decideToCommit(anyPrepared);
  }

  /** All have voted, and none has refused. */
  private void decideToCommit(boolean anyPrepared) {
    if (!anyPrepared && !recordTakesPart) {
      committed();
    } else if (protocol == Protocol.RECORD_DECIDES) {
      wanted = Decision.COMMIT;
      state = CoordinatorState.WAITING_DECISION;
      actions.decide(Decision.COMMIT);
    } else {
      obey(Decision.COMMIT);
      actions.decide(Decision.COMMIT);
    }
  }

  /** It can't be committed any more, as far as this coordinator is concerned. */
  private void refuse() {
    if (protocol == Protocol.RECORD_DECIDES) {
      abort();
    } else {
      wanted = Decision.ABORT;
      state = CoordinatorState.WAITING_DECISION;
      actions.decide(Decision.ABORT);
    }
  }

  private void obey(Decision decision) {
    if (decision == Decision.COMMIT) {
      state = CoordinatorState.WAITING_COMMIT;
      actions.tell(Decision.COMMIT);
      tellAll();
      forgetIfAllAreDone();
    } else {
      abort();
    }
  }

  /** All participants have nothing more to do. */
  private void committed() {
    state = CoordinatorState.COMMITTED;
    actions.tell(Decision.COMMIT);
    forgetOnce();
  }

  private void abort() {
    state = CoordinatorState.ABORTED;
    actions.tell(Decision.ABORT);
    tellAll();
    forgetIfAllAreDone();
  }

  private void unknown() {
    state = CoordinatorState.UNKNOWN;
    actions.tellUnknown();
  }

  private void tellAll() {
    for (int i = 0; i < standings.length; i++) {
      if (standings[i] != Standing.DONE) {
        if (state == CoordinatorState.WAITING_COMMIT) {
          actions.commit(i);
        } else {
          actions.abort(i);
        }
      }
    }
  }

  private void forgetIfAllAreDone() {
    for (Standing each : standings) {
      if (each != Standing.DONE) {
        return;
      }
    }
    if (state == CoordinatorState.WAITING_COMMIT) {
      state = CoordinatorState.COMMITTED;
    }
    forgetOnce();
  }

  private void forgetOnce() {
    if (!forgotten) {
      forgotten = true;
      actions.forget();
    }
  }

  /** All that decides what it does next. */
  @Override
  public String toString() {
    return state
        + " "
        + Arrays.toString(standings)
        + " "
        + wanted
        + (forgotten ? " forgotten" : "");
  }
}
