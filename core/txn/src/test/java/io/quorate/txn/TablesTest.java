package io.quorate.txn;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.InvariantViolation;
import io.quorate.txn.ParticipantState.Order;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * What each event does in each state, as a page to read: {@code src/test/resources/tables}, written
 * anew with {@code -Dtraces.rewrite}.
 */
class TablesTest {
  private static final Path FOLDER = Path.of("src", "test", "resources", "tables");

  /** Writes down what is wanted. */
  private static final class Notes implements CoordinatorActions {
    private final List<String> taken = new ArrayList<>();

    @Override
    public void prepare(int participant) {
      taken.add("prepare " + participant);
    }

    @Override
    public void commitOnePhase(int participant) {
      taken.add("commit " + participant + " in one phase");
    }

    @Override
    public void decide(Decision decision) {
      taken.add("decide " + decision);
    }

    @Override
    public void commit(int participant) {
      taken.add("commit " + participant);
    }

    @Override
    public void abort(int participant) {
      taken.add("abort " + participant);
    }

    @Override
    public void tell(Decision decision) {
      taken.add("tell " + decision);
    }

    @Override
    public void tellUnknown() {
      taken.add("tell nothing");
    }

    @Override
    public void contradicted(int participant, Decision decided) {
      taken.add("report that " + participant + " did otherwise than " + decided);
    }

    @Override
    public void forget() {
      taken.add("forget");
    }
  }

  private static final Map<String, Consumer<Coordinator>> EVENTS = new LinkedHashMap<>();

  static {
    EVENTS.put("roll back, or its time is over", Coordinator::rollBack);
    EVENTS.put("0 votes YES", coordinator -> coordinator.voted(0, Vote.YES));
    EVENTS.put("0 votes NO", coordinator -> coordinator.voted(0, Vote.NO));
    EVENTS.put("0 votes READ_ONLY", coordinator -> coordinator.voted(0, Vote.READ_ONLY));
    EVENTS.put("the record says COMMIT", coordinator -> coordinator.decided(Decision.COMMIT));
    EVENTS.put("the record says ABORT", coordinator -> coordinator.decided(Decision.ABORT));
    EVENTS.put("the record is lost", Coordinator::decisionLost);
    EVENTS.put("0 is done", coordinator -> coordinator.done(0));
    EVENTS.put("0 did otherwise", coordinator -> coordinator.didOtherwise(0));
    EVENTS.put("0's outcome is lost", Coordinator::outcomeLost);
    EVENTS.put("resend", Coordinator::resend);
  }

  /** One in a state; where participants matter, 1 has voted, or is done, and 0 hasn't. */
  private static Coordinator in(CoordinatorState state, Protocol protocol, Notes notes) {
    boolean one = state == CoordinatorState.WAITING_ONE_PHASE;
    Coordinator coordinator = new Coordinator(protocol, one ? 1 : 2, notes);
    if (state == CoordinatorState.INIT) {
      return coordinator;
    }
    coordinator.commit();
    if (one) {
      return coordinator;
    }
    coordinator.voted(1, Vote.YES);
    switch (state) {
      case WAITING_DECISION -> decide(coordinator, protocol);
      case WAITING_COMMIT, COMMITTED -> {
        coordinator.voted(0, Vote.YES);
        coordinator.decided(Decision.COMMIT);
        coordinator.done(1);
        if (state == CoordinatorState.COMMITTED) {
          coordinator.done(0);
        }
      }
      case ABORTED -> {
        coordinator.rollBack();
        coordinator.decided(Decision.ABORT);
        coordinator.done(1);
      }
      case UNKNOWN -> {
        decide(coordinator, protocol);
        coordinator.decisionLost();
      }
      case INIT, WAITING_ONE_PHASE, WAITING_PREPARE -> {}
    }
    return coordinator;
  }

  private static void decide(Coordinator coordinator, Protocol protocol) {
    if (protocol == Protocol.RECORD_DECIDES) {
      coordinator.voted(0, Vote.YES);
    } else {
      coordinator.rollBack();
    }
  }

  private static String table(Protocol protocol) {
    StringBuilder text = new StringBuilder();
    for (CoordinatorState state : CoordinatorState.values()) {
      Notes notes = new Notes();
      if (in(state, protocol, notes).state() != state) {
        continue; // there is no such state by this protocol
      }
      text.append(state).append('\n');
      EVENTS.forEach((event, happens) -> {
        Notes then = new Notes();
        Coordinator coordinator = in(state, protocol, then);
        then.taken.clear();
        String outcome;
        try {
          happens.accept(coordinator);
          outcome =
              (coordinator.state() == state ? "" : "→ " + coordinator.state() + " ") + then.taken;
        } catch (InvariantViolation e) {
          outcome = "! " + e.getMessage();
        }
        text.append("  ").append(event).append(": ").append(outcome).append('\n');
      });
    }
    return text.toString();
  }

  private static String participants() {
    StringBuilder text = new StringBuilder();
    for (ParticipantState state : ParticipantState.values()) {
      for (Order order : Order.values()) {
        for (boolean willing : new boolean[] {true, false}) {
          ParticipantState.Step step = state.on(order, willing);
          text.append(state).append(", told to ").append(order);
          text.append(willing ? ", willing: " : ", unwilling: ");
          text.append(step.answer());
          text.append(step.next() == state ? "" : " → " + step.next()).append('\n');
        }
      }
    }
    return text.toString();
  }

  private static void assertWritten(String name, String text) {
    Path file = FOLDER.resolve(name);
    try {
      if (System.getProperty("traces.rewrite") != null) {
        Files.createDirectories(FOLDER);
        Files.writeString(file, text);
      }
      assertThat(text).isEqualTo(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void a_coordinator_whose_record_decides() {
    assertWritten("record-decides.txt", table(Protocol.RECORD_DECIDES));
  }

  @Test
  void a_coordinator_whose_participants_votes_decide() {
    assertWritten("votes-decide.txt", table(Protocol.VOTES_DECIDE));
  }

  @Test
  void a_participant() {
    assertWritten("participant.txt", participants());
  }

  @Test
  void a_transaction_that_touched_nothing_is_done() {
    Notes notes = new Notes();
    Coordinator coordinator = new Coordinator(Protocol.RECORD_DECIDES, 0, notes);
    coordinator.commit();
    assertThat(coordinator.isOver()).isTrue();
    assertThat(notes.taken).containsExactly("tell COMMIT", "forget");
  }
}
