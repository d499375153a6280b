package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.http.HttpChannel;
import io.quorate.client.http.HttpSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What a command works with: its streams, and clients made when they are first needed. */
final class Session implements AutoCloseable {
  private final GlobalOptions globals;
  private final InputStream in;
  private final PrintStream out;
  private final PrintStream err;
  private final List<QuorateClient> clients = new ArrayList<>();

  Session(GlobalOptions globals, InputStream in, PrintStream out, PrintStream err) {
    this.globals = globals;
    this.in = in;
    this.out = out;
    this.err = err;
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
    HttpSettings defaults = HttpSettings.DEFAULT;
    HttpSettings settings =
        new HttpSettings(
            globals.dialTimeout(),
            globals.keepAliveTime(),
            globals.keepAliveTimeout(),
            defaults.responseBytesMax(),
            defaults.streamWindowBytes(),
            defaults.connectionWindowBytes(),
            defaults.outstandingBytesMax());
    HttpChannel channel;
    try {
      channel = HttpChannel.open(endpoints, settings, globals.tls());
    } catch (IllegalArgumentException e) {
      throw new UsageError("--endpoints: " + e.getMessage());
    }
    ClientOptions options =
        ClientOptions.DEFAULT.timeout(globals.commandTimeout()).reachTimeout(globals.dialTimeout());
    QuorateClient client = QuorateClient.over(channel, channel.timer(), options);
    clients.add(client);
    return client;
  }

  /** All of standard input. */
  Bytes input() {
    try {
      return Bytes.wrap(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException("standard input can't be read", e);
    }
  }

  /** How results are printed; of those that know only tables of members, an error. */
  Printer printer() {
    return switch (globals.format()) {
      case SIMPLE -> new SimplePrinter(out, err, globals.hex);
      case JSON -> new JsonPrinter(out);
      case FIELDS -> new FieldsPrinter(out);
      case TABLE -> new TablePrinter(out);
    };
  }

  /** Keys and values have no table. Refused before anything is sent, unlike in etcdctl. */
  Printer printerOfKeys() {
    if (globals.format() == GlobalOptions.Format.TABLE) {
      throw new UsageError("table not supported as output format");
    }
    return printer();
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
