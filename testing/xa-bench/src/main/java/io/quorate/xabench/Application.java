package io.quorate.xabench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.mariadb.jdbc.MariaDbDataSource;
import org.postgresql.xa.PGXADataSource;

/**
 * The application whose transactions are measured: a process with one contender, that takes orders
 * line by line, and ends when whoever gives them is gone or when it is killed.
 *
 * <p>An order is {@code load THREADS WARM_UP SECONDS} or {@code do TRANSACTIONS}, and is answered
 * by a {@link LoadResult}. The first line that it prints says that it is ready.
 */
final class Application {
  private Application() {}

  /**
   * Takes a contender's name and directory, the most threads that there will be, and URLs of both
   * databases with user and password; without these, its transactions are of resources that do
   * nothing.
   */
  public static void main(String[] args) {
    try {
      run(args);
    } catch (Exception | Error e) {
      System.err.println("this application ends:");
      e.printStackTrace();
    }
    Runtime.getRuntime().halt(1); // whatever threads a library has left
  }

  private static void run(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err); // whatever a library prints is no answer
    Contender contender = Contender.valueOf(args[0]);
    Coordinator coordinator = contender.coordinator(Path.of(args[1]));
    int threadsMax = Integer.parseInt(args[2]);
    boolean alone = args.length == 3;
    if (alone) {
      coordinator.openAlone();
    } else {
      PGXADataSource postgreSql = new PGXADataSource();
      postgreSql.setUrl(args[3]);
      coordinator.open(postgreSql, new MariaDbDataSource(args[4]), threadsMax);
    }
    answers.println("ready");
    BlockingQueue<String> orders = new LinkedBlockingQueue<>();
    Thread.ofPlatform().daemon().name("orders").start(() -> read(orders));
    while (true) {
      answers.println(obey(orders.take().split(" ", -1), coordinator, alone).line());
    }
  }

  /** Ends the process when nobody is there any more to give orders, whatever it is at. */
  private static void read(BlockingQueue<String> orders) {
    try {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        orders.add(line);
      }
    } catch (IOException e) {
      System.err.println("orders can't be read: " + e);
    }
    Runtime.getRuntime().halt(0);
  }

  private static LoadResult obey(String[] order, Coordinator coordinator, boolean alone)
      throws Exception {
    int number = Integer.parseInt(order[1]);
    Load.Workers workers = alone ? Load.idle(coordinator) : Load.transfers(coordinator);
    return switch (order[0]) {
      case "load" ->
          Load.run(workers, number, Double.parseDouble(order[2]), Double.parseDouble(order[3]));
      case "do" -> Load.run(workers, number);
      default -> throw new IllegalArgumentException("no order: " + String.join(" ", order));
    };
  }
}
