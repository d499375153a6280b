package io.quorate.conformance;

import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.ClientBuilder;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.options.WatchOption;
import io.quorate.client.ClientOptions;
import io.quorate.client.Credentials;
import io.quorate.client.Event;
import io.quorate.client.QuorateClient;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchGap;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.http.ClientTls;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** A watch of all keys below a prefix, by one client or another, and what it was told. */
abstract class Watching implements AutoCloseable {
  /** An event, by the revision and the key that it was of. */
  record Seen(long revision, String key) {}

  /**
   * Whom a client speaks to, and as whom.
   *
   * @param password of the user root; empty for nobody
   * @param certificates a folder with {@code clients.pem}, {@code client.pem} and {@code
   *     client.key}; null for plaintext
   */
  record Way(List<String> endpoints, String password, @Nullable Path certificates) {}

  private final List<Seen> seen = new ArrayList<>();
  private final List<String> told = new ArrayList<>();

  final synchronized void saw(long revision, String key) {
    seen.add(new Seen(revision, key));
    notifyAll();
  }

  final synchronized void tell(String what) {
    told.add(what);
    notifyAll();
  }

  /** All events so far, in their order. */
  final synchronized List<Seen> seen() {
    return List.copyOf(seen);
  }

  /** What it was told beside events: {@code gap FROM TO}, {@code failed WHY}, {@code ended}. */
  final synchronized List<String> told() {
    return List.copyOf(told);
  }

  /** Waits for an event of a key; false if it does not come in so long. */
  final synchronized boolean awaitKey(String key, long nanos) throws InterruptedException {
    long deadline = System.nanoTime() + nanos;
    while (seen.stream().noneMatch(each -> each.key().equals(key))) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  @Override
  public abstract void close();

  /** Which client watches. */
  enum By {
    QUORATE {
      @Override
      Watching start(Way way, String prefix, long from) {
        return new ByQuorate(way, prefix, from);
      }
    },
    JETCD {
      @Override
      Watching start(Way way, String prefix, long from) throws SSLException {
        return new ByJetcd(way, prefix, from);
      }
    };

    abstract Watching start(Way way, String prefix, long from) throws SSLException;
  }

  /** Quorate's client, told to go on behind gaps. */
  private static final class ByQuorate extends Watching implements WatchListener {
    private final QuorateClient client;

    ByQuorate(Way way, String prefix, long from) {
      client = connect(way);
      var _ = client.watch().start(WatchRequest.prefix(prefix).from(from), this);
    }

    @Override
    public void events(WatchResponse response) {
      for (Event each : response.events()) {
        saw(each.kv().modRevision(), each.kv().key().toUtf8());
      }
    }

    @Override
    public boolean gap(WatchGap gap) {
      tell("gap " + gap.from() + " " + gap.to());
      return true;
    }

    @Override
    public void ended(WatchEnd end) {
      tell("failed " + end.reason());
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** A client of Quorate's. */
  static QuorateClient connect(Way way) {
    Path folder = way.certificates();
    ClientTls tls =
        folder == null
            ? null
            : ClientTls.believing(folder.resolve("clients.pem"))
                .showing(folder.resolve("client.pem"), folder.resolve("client.key"));
    ClientOptions options =
        way.password().isEmpty()
            ? ClientOptions.DEFAULT
            : ClientOptions.DEFAULT.credentials(new Credentials("root", way.password()));
    return QuorateClient.connect(options, tls, way.endpoints());
  }

  /** jetcd's, as its documentation shows it. */
  private static final class ByJetcd extends Watching implements Watch.Listener {
    private final Client client;

    ByJetcd(Way way, String prefix, long from) throws SSLException {
      Path folder = way.certificates();
      String scheme = folder == null ? "http://" : "https://";
      ClientBuilder builder =
          Client.builder()
              .endpoints(way.endpoints().stream().map(scheme::concat).toArray(String[]::new));
      if (!way.password().isEmpty()) {
        builder.user(bytes("root")).password(bytes(way.password()));
      }
      if (folder != null) {
        builder.sslContext(context ->
            context
                .trustManager(folder.resolve("clients.pem").toFile())
                .keyManager(
                    folder.resolve("client.pem").toFile(), folder.resolve("client.key").toFile()));
      }
      client = builder.build();
      WatchOption option = WatchOption.builder().isPrefix(true).withRevision(from).build();
      var _ = client.getWatchClient().watch(bytes(prefix), option, this);
    }

    private static ByteSequence bytes(String text) {
      return ByteSequence.from(text, StandardCharsets.UTF_8);
    }

    @Override
    public void onNext(io.etcd.jetcd.watch.WatchResponse response) {
      response
          .getEvents()
          .forEach(each ->
              saw(
                  each.getKeyValue().getModRevision(),
                  each.getKeyValue().getKey().toString(StandardCharsets.UTF_8)));
    }

    @Override
    public void onError(Throwable failure) {
      tell("failed " + Optional.ofNullable(failure.getMessage()).orElse(failure.toString()));
    }

    @Override
    public void onCompleted() {
      tell("ended");
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
