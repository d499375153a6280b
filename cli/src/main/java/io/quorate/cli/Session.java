package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.ClientOptions;
import io.quorate.client.Credentials;
import io.quorate.client.QuorateClient;
import io.quorate.client.channel.Channel;
import io.quorate.client.http.ClientTls;
import io.quorate.client.http.HttpChannel;
import io.quorate.client.http.HttpSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What a command works with: its streams, and clients made when they are first needed. */
final class Session implements AutoCloseable {
  private final GlobalOptions globals;
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> variables;
  private final Interrupts interrupts;
  private final List<QuorateClient> clients = new ArrayList<>();
  private @Nullable List<String> behindDashes;
  private @Nullable LastAnswer lastAnswer;

  Session(
      GlobalOptions globals,
      InputStream in,
      PrintStream out,
      PrintStream err,
      Map<String, String> variables,
      Interrupts interrupts) {
    this.globals = globals;
    this.in = in;
    this.out = out;
    this.err = err;
    this.variables = variables;
    this.interrupts = interrupts;
  }

  /** A variable of the environment, or an empty text. */
  String variable(String name) {
    return variables.getOrDefault(name, "");
  }

  Interrupts interrupts() {
    return interrupts;
  }

  /** What stands behind {@code --} where that matters; null if there is no {@code --}. */
  @Nullable List<String> behindDashes() {
    return behindDashes;
  }

  void behindDashes(@Nullable List<String> arguments) {
    behindDashes = arguments;
  }

  GlobalOptions globals() {
    return globals;
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  InputStream in() {
    return in;
  }

  /** A client of all endpoints. */
  QuorateClient client() {
    return client(globals.endpointList());
  }

  /** A client of these endpoints. */
  QuorateClient client(List<String> endpoints) {
    return client(endpoints, globals.credentials(this));
  }

  /** A client of these endpoints, as somebody, or null for nobody in particular. */
  QuorateClient client(List<String> endpoints, @Nullable Credentials credentials) {
    return client("--endpoints", endpoints, globals.tls(), credentials, globals.commandTimeout());
  }

  /**
   * A client of these endpoints, as somebody, or null for nobody in particular.
   *
   * @param option which names the endpoints
   * @param tls how those are spoken to that aren't named with a scheme; null for plaintext
   * @param timeout by when a call must be answered
   */
  QuorateClient client(
      String option,
      List<String> endpoints,
      @Nullable ClientTls tls,
      @Nullable Credentials credentials,
      Duration timeout) {
    HttpSettings settings =
        HttpSettings.DEFAULT
            .connectTimeout(globals.dialTimeout())
            .keepAlive(globals.keepAliveTime(), globals.keepAliveTimeout());
    HttpChannel channel;
    try {
      channel = HttpChannel.open(endpoints, settings, tls);
    } catch (IllegalArgumentException e) {
      throw new UsageError(option + ": " + e.getMessage());
    }
    ClientOptions options =
        ClientOptions.DEFAULT
            .timeout(timeout)
            .reachTimeout(globals.dialTimeout())
            .credentials(credentials);
    Channel way = channel;
    if (globals.format() == GlobalOptions.Format.PROTOBUF) {
      way = lastAnswer = new LastAnswer(channel);
    }
    QuorateClient client = QuorateClient.over(way, channel.timer(), options);
    clients.add(client);
    return client;
  }

  /** Runs listeners that print, off the threads that carry calls. */
  Executor listeners() {
    return task -> {
      Thread thread = new Thread(task, "quorate-listener");
      thread.setDaemon(true);
      thread.start();
    };
  }

  /** All of standard input. */
  Bytes input() {
    try {
      return Bytes.wrap(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("standard input can't be read", e);
    }
  }

  /** The next line of standard input, one character a byte; null at the end. */
  @Nullable String line() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      int b = in.read();
      if (b < 0) {
        return null;
      }
      while (b >= 0 && b != '\n') {
        bytes.write(b);
        b = in.read();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("standard input can't be read", e);
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  /** How results are printed; of those that know only tables of members, an error. */
  Printer printer() {
    return switch (globals.format()) {
      case SIMPLE -> new SimplePrinter(out, err, globals.hex);
      case JSON -> new JsonPrinter(out);
      case FIELDS -> new FieldsPrinter(out);
      case TABLE -> new TablePrinter(out);
      case PROTOBUF ->
          new ProtobufPrinter(out, () -> lastAnswer == null ? Bytes.EMPTY : lastAnswer.message());
    };
  }

  /** Keys and values have no table. Refused before anything is sent, unlike in etcdctl. */
  Printer printerOfKeys() {
    if (globals.format() == GlobalOptions.Format.TABLE) {
      throw Failure.unsupported("table");
    }
    return printer();
  }

  /** How results are printed that have only these formats. Refused before anything is sent. */
  Printer printerIn(GlobalOptions.Format... formats) {
    Printer printer = printer();
    if (!List.of(formats).contains(globals.format())) {
      throw Failure.unsupported(printer.format());
    }
    return printer;
  }

  /** The text that an argument is; arguments have one character a byte. */
  static String text(String raw) {
    return bytes(raw).toUtf8();
  }

  /** A text as an argument has it. */
  static String raw(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** The bytes that a text of the command line stands for. */
  static Bytes bytes(String raw) {
    return Bytes.wrap(raw.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Leaves the clients' threads to the process's end, which is near; ends them in a test. */
  @Override
  public void close() {
    for (QuorateClient client : clients) {
      client.close();
    }
  }
}
