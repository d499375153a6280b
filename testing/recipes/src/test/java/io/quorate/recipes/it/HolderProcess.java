package io.quorate.recipes.it;

import io.quorate.base.QuorateException;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Session;
import io.quorate.recipes.LockHandle;
import io.quorate.recipes.Mutex;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A process that holds a lock, and writes under it when it is told to. */
final class HolderProcess {
  private HolderProcess() {}

  /**
   * @param arguments {@code --endpoints=HOST:PORT} and the lock's name
   */
  public static void main(String[] arguments) throws IOException {
    String endpoint = arguments[0].substring(arguments[0].indexOf('=') + 1);
    String name = arguments[1];
    try (BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        QuorateClient client = QuorateClient.connect(endpoint);
        Session session = client.session(Duration.ofSeconds(4));
        LockHandle held = Mutex.of(session, name).acquire()) {
      System.out.println("holds " + held.token());
      in.readLine();
      System.out.println("held: " + outcome(held::requireHeld));
      System.out.println(
          "write: " + outcome(() -> held.guarded(Put.of(name + "-guarded", "late"))));
      System.out.println("release: " + held.release());
    }
  }

  private static String outcome(Runnable step) {
    try {
      step.run();
      return "done";
    } catch (QuorateException e) {
      return e.code().name();
    }
  }
}
