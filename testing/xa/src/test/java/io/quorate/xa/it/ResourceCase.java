package io.quorate.xa.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.databases.Database;
import io.quorate.txn.Vote;
import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.Branch;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.ConnectionBranch;
import io.quorate.xa.branch.Resource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** A resource by itself, without a coordinator: what its database answers to each order. */
abstract class ResourceCase {
  private static final AtomicLong SEQUENCE = new AtomicLong(1);

  final long domain = System.nanoTime();
  final Bank bank = bank(getClass());

  private static Bank bank(Class<?> test) {
    try {
      return Bank.open(test);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  final BranchId id(Resource<?> resource) {
    return new BranchId(
        domain, 7, SEQUENCE.getAndIncrement(), BranchId.hash(resource.name()), 0, 0);
  }

  /** A branch that has moved some money. */
  final <B extends ConnectionBranch> B worked(Resource<B> resource) throws Exception {
    B branch = resource.begin(id(resource));
    Bank.add(branch.connection(), 1, 5);
    return branch;
  }

  static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new CompletionException(e.getCause());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static Ballot prepared(Branch branch) {
    Ballot ballot = get(branch.prepare());
    assertThat(ballot.vote()).as("%s", ballot).isEqualTo(Vote.YES);
    return ballot;
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Runs something in a session of its own. */
  final void aside(Database database, String sql) throws SQLException {
    try (Connection connection = database.dataSource(bank.domain()).getConnection()) {
      execute(connection, sql);
    }
  }

  /** An order that may find a database busy is given again. */
  static <T> T again(Supplier<CompletableFuture<T>> order) {
    for (int i = 0; ; i++) {
      try {
        return get(order.get());
      } catch (CompletionException e) {
        if (i == 200) {
          throw e;
        }
        LockSupport.parkNanos(10_000_000L);
      }
    }
  }
}
