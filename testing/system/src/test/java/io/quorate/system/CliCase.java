package io.quorate.system;

import io.quorate.client.Delete;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A case in which commands run at a member that other cases of its class use as well: it ends with
 * them, and with every key.
 */
@ExtendWith(PrintLogs.class)
@SuppressWarnings("NullAway.Init") // JUnit fills the fields in
abstract class CliCase {
  final List<RunningCommand> running = new ArrayList<>();
  QuorateClient client;

  @TempDir Path folder;

  /** Where the member is. */
  abstract String endpoint();

  @BeforeEach
  void connect() {
    client = QuorateClient.connect(endpoint());
  }

  @AfterEach
  void end() {
    running.forEach(RunningCommand::close);
    client.kv().delete(Delete.prefix(""));
    client.close();
  }

  final RunningCommand etcdctl(String... arguments) {
    RunningCommand command = RunningCommand.etcdctl(endpoint(), arguments);
    running.add(command);
    return command;
  }

  final RunningCommand quorate(String... arguments) {
    RunningCommand command = RunningCommand.quorate(endpoint(), arguments);
    running.add(command);
    return command;
  }

  final long revision() {
    return client.kv().range(Range.key("none")).header().revision();
  }
}
