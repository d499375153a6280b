package io.quorate.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.EmbeddedNode;
import io.quorate.MemberConfig;
import io.quorate.Quorate;
import io.quorate.xa.Transactions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.transaction.HeuristicCompletionException;
import org.springframework.transaction.IllegalTransactionStateException;
import org.springframework.transaction.InvalidIsolationLevelException;
import org.springframework.transaction.NestedTransactionNotSupportedException;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.UnexpectedRollbackException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What Spring's propagations and listeners do, over two resources and an embedded store. */
@Timeout(value = 30, unit = TimeUnit.SECONDS)
class QuorateTransactionsTest {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  @TempDir private static Path directory;
  private static EmbeddedNode node;

  private final Notebook left = new Notebook("left");
  private final Notebook right = new Notebook("right");
  private Transactions transactions;
  private QuorateTransactions manager;

  @BeforeAll
  static void start() {
    node = Quorate.node(MemberConfig.alone(directory.resolve("data"))).start();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @BeforeEach
  void open() {
    transactions =
        Transactions.builder(node.client(), "spring" + NUMBER.incrementAndGet())
            .resource(left)
            .resource(right)
            .open();
    manager = new QuorateTransactions(transactions);
  }

  @AfterEach
  void close() {
    transactions.close();
  }

  private TransactionTemplate template(int propagation) {
    TransactionTemplate template = new TransactionTemplate(manager);
    template.setPropagationBehavior(propagation);
    return template;
  }

  private void run(Runnable work) {
    run(TransactionDefinition.PROPAGATION_REQUIRED, work);
  }

  private void run(int propagation, Runnable work) {
    template(propagation).executeWithoutResult(status -> work.run());
  }

  private void write(Notebook where, String line) {
    transactions.current().orElseThrow().enlist(where).write(line);
  }

  /** Shows that both are written, or none, and the store's key with them. */
  @Test
  void what_is_written_is_written_everywhere_or_nowhere() {
    run(() -> {
      write(left, "one");
      write(right, "one");
      transactions.current().orElseThrow().put("spring/key", "one");
    });
    assertThatThrownBy(() ->
            run(() -> {
              write(left, "two");
              write(right, "two");
              transactions.current().orElseThrow().put("spring/key", "two");
              throw new IllegalStateException("no");
            }))
        .hasMessage("no");
    assertThat(left.lines()).containsExactly("one");
    assertThat(right.lines()).containsExactly("one");
    assertThat(node.client().kv().get("spring/key").orElseThrow().value().toUtf8())
        .isEqualTo("one");
    assertThat(transactions.current()).isEmpty();
  }

  /** Shows that a refusal is told, with its reason. */
  @Test
  void a_refusal_is_an_unexpected_rollback() {
    assertThatThrownBy(() ->
            run(() -> {
              write(left, "good");
              write(right, "bad");
            }))
        .isInstanceOf(UnexpectedRollbackException.class)
        .hasMessageContaining("a bad line");
    assertThat(left.lines()).isEmpty();
  }

  /** Shows that a resource that does otherwise is told as a mixed outcome. */
  @Test
  void a_contradiction_is_a_heuristic_outcome() {
    right.contradict();
    assertThatThrownBy(() ->
            run(() -> {
              write(left, "one");
              write(right, "one");
            }))
        .isInstanceOfSatisfying(
            HeuristicCompletionException.class,
            e -> {
              assertThat(e.getOutcomeState()).isEqualTo(HeuristicCompletionException.STATE_MIXED);
              assertThat(e).hasStackTraceContaining("not by right");
            });
  }

  /** Shows that an inner method takes part, and can undo all. */
  @Test
  void what_is_required_takes_part_and_undoes_all() {
    run(() -> {
      String outer = transactions.current().orElseThrow().id();
      run(() -> assertThat(transactions.current().orElseThrow().id()).isEqualTo(outer));
    });
    assertThatThrownBy(() ->
            run(() -> {
              write(left, "outer");
              try {
                run(() -> {
                  throw new IllegalStateException("inner");
                });
              } catch (IllegalStateException e) {
                assertThat(e).hasMessage("inner"); // and goes on, as if nothing was
              }
            }))
        .isInstanceOf(UnexpectedRollbackException.class)
        .hasMessageContaining("a part of it");
    assertThat(left.lines()).isEmpty();
  }

  /** Shows that a new transaction commits while the outer one waits. */
  @Test
  void what_requires_new_commits_alone() {
    assertThatThrownBy(() ->
            run(() -> {
              write(left, "outer");
              run(TransactionDefinition.PROPAGATION_REQUIRES_NEW, () -> write(left, "inner"));
              assertThat(left.lines()).containsExactly("inner");
              write(left, "outer again");
              throw new IllegalStateException("no");
            }))
        .hasMessage("no");
    assertThat(left.lines()).containsExactly("inner");
  }

  /** Shows the propagations that look for a transaction, or for none. */
  @Test
  void other_propagations_look_for_a_transaction() {
    assertThatThrownBy(() -> run(TransactionDefinition.PROPAGATION_MANDATORY, () -> {}))
        .isInstanceOf(IllegalTransactionStateException.class);
    run(
        TransactionDefinition.PROPAGATION_SUPPORTS,
        () -> assertThat(transactions.current()).isEmpty());
    run(() -> {
      run(
          TransactionDefinition.PROPAGATION_NOT_SUPPORTED,
          () -> assertThat(transactions.current()).isEmpty());
      run(TransactionDefinition.PROPAGATION_MANDATORY, () -> write(left, "one"));
      assertThatThrownBy(() -> run(TransactionDefinition.PROPAGATION_NEVER, () -> {}))
          .isInstanceOf(IllegalTransactionStateException.class);
    });
    assertThat(left.lines()).containsExactly("one");
  }

  /** Shows that a nested one is refused within another, in words. */
  @Test
  void what_is_nested_is_refused() {
    run(TransactionDefinition.PROPAGATION_NESTED, () -> write(left, "alone"));
    assertThat(left.lines()).containsExactly("alone");
    run(() ->
        assertThatThrownBy(() -> run(TransactionDefinition.PROPAGATION_NESTED, () -> {}))
            .isInstanceOf(NestedTransactionNotSupportedException.class)
            .hasMessageContaining("REQUIRES_NEW"));
  }

  /** Shows that an isolation level is refused, in words. */
  @Test
  void an_isolation_level_is_refused() {
    TransactionTemplate template = template(TransactionDefinition.PROPAGATION_REQUIRED);
    template.setIsolationLevel(TransactionDefinition.ISOLATION_SERIALIZABLE);
    assertThatThrownBy(() -> template.executeWithoutResult(status -> {}))
        .isInstanceOf(InvalidIsolationLevelException.class)
        .hasMessageContaining("pool");
    assertThat(transactions.current()).isEmpty();
  }

  /** Shows that a time-out holds. */
  @Test
  void a_transaction_that_takes_too_long_is_rolled_back() {
    TransactionTemplate template = template(TransactionDefinition.PROPAGATION_REQUIRED);
    template.setTimeout(1);
    assertThatThrownBy(() ->
            template.executeWithoutResult(status -> {
              write(left, "late");
              while (!status.isRollbackOnly()) {
                Thread.onSpinWait();
              }
            }))
        .isInstanceOf(UnexpectedRollbackException.class)
        .hasMessageContaining("1000 ms");
    assertThat(left.lines()).isEmpty();
  }

  /** Shows that Spring's listeners hear of transactions that Spring has begun, or hasn't. */
  @Test
  void listeners_hear_of_all() {
    List<String> heard = new ArrayList<>();
    Runnable listen =
        () ->
            TransactionSynchronizationManager.registerSynchronization(
                new TransactionSynchronization() {
                  @Override
                  public void beforeCommit(boolean readOnly) {
                    assertThat(transactions.current()).isPresent();
                    heard.add("before");
                  }

                  @Override
                  public void afterCompletion(int status) {
                    heard.add("after " + status);
                  }
                });
    run(listen);
    assertThat(heard).containsExactly("before", "after 0");
    heard.clear();
    transactions.run(transaction -> run(listen));
    assertThat(heard).contains("after " + TransactionSynchronization.STATUS_COMMITTED);
  }
}
