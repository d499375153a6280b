package io.quorate.xa.it;

import io.quorate.base.QuorateException;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.http.HttpChannel;
import io.quorate.xa.Outcome;
import io.quorate.xa.Transaction;
import io.quorate.xa.Transactions;
import io.quorate.xa.branch.ConnectionBranch;
import io.quorate.xa.branch.Resource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/**
 * A process that moves money when it is told to, stops at a step when it is told to, and says what
 * it was told of each transfer. Like any other, it finishes what others have left.
 *
 * <p>Its input: {@code arm STEP}, {@code transfer N}, {@code go}. Its output: {@code ready}, {@code
 * AT STEP}, {@code TOLD N OUTCOME}.
 */
final class Teller {
  private Teller() {}

  /**
   * @param arguments {@code --endpoints=HOST:PORT,…}, what a {@link BankAddress} is written as, and
   *     the TTL of its session in seconds; 0 for the default
   */
  public static void main(String[] arguments) throws IOException {
    List<String> endpoints =
        List.of(arguments[0].substring(arguments[0].indexOf('=') + 1).split(",", -1));
    BankAddress address = BankAddress.parse(arguments[1]);
    long ttl = Long.parseLong(arguments[2]);
    Breakpoint breakpoint = new Breakpoint();
    HttpChannel channel = HttpChannel.open(endpoints);
    ClientOptions options = ClientOptions.DEFAULT.observer(breakpoint);
    try (BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        QuorateClient client = QuorateClient.over(channel, channel.timer(), options)) {
      Resource<ConnectionBranch> checking = breakpoint.at(address.checking());
      Resource<ConnectionBranch> savings = breakpoint.at(address.savings());
      var builder =
          Transactions.builder(client, address.domain()).resource(checking).resource(savings);
      if (ttl > 0) {
        builder = builder.sessionTtl(Duration.ofSeconds(ttl));
      }
      Transactions transactions = builder.open();
      System.out.println("ready");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
          case "arm" -> breakpoint.arm(Step.valueOf(words[1]));
          case "go" -> breakpoint.goOn();
          case "transfer" -> {
            int number = Integer.parseInt(words[1]);
            Thread.ofPlatform()
                .daemon()
                .start(() ->
                    System.out.println(
                        "TOLD "
                            + number
                            + " "
                            + transfer(
                                transactions, breakpoint, checking, savings, address, number)));
          }
          default -> throw new IllegalArgumentException(line);
        }
      }
    }
    Runtime.getRuntime().halt(0);
  }

  private static String transfer(
      Transactions transactions,
      Breakpoint breakpoint,
      Resource<ConnectionBranch> checking,
      Resource<ConnectionBranch> savings,
      BankAddress address,
      int number) {
    Transaction transaction;
    try {
      transaction = transactions.begin();
    } catch (QuorateException e) {
      return Outcome.Kind.ABORTED + " " + e.getMessage();
    }
    try {
      move(transaction.connection(checking), number, -1);
      move(transaction.connection(savings), number, 1);
      transaction.put(address.domain() + "/transfers/" + number, "done");
      breakpoint.at(Step.ENLISTED);
    } catch (SQLException | QuorateException e) {
      return transaction.rollBackAsync().join().kind() + " " + e.getMessage();
    }
    Outcome outcome = transaction.commitAsync().join();
    return outcome.kind()
        + " "
        + (outcome.reason() == null ? "" : outcome.reason().getMessage())
        + outcome.contradicted();
  }

  private static void move(Connection connection, int number, int amount) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO transfer VALUES (" + number + ")");
      statement.execute("UPDATE account SET balance = balance + " + amount + " WHERE id = 1");
    }
  }
}
