package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.Delete;
import io.quorate.client.Event;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Kv;
import io.quorate.client.Op;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchRequest;
import io.quorate.client.WatchResponse;
import io.quorate.client.http.ClientTls;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code make-mirror}: copies keys to another cluster, and each change of them. */
@Command(
    name = "make-mirror",
    description = {
      "Makes a mirror at the destination etcd cluster",
      "Runs until it is interrupted or can't go on; each half minute it prints how many keys it",
      "has written. Leases are not mirrored."
    },
    footer = {
      "",
      "Examples:",
      "  quorate make-mirror other:2379",
      "  quorate make-mirror --prefix app/ --dest-cacert ca.pem other:2379"
    })
final class MakeMirrorCommand implements Callable<Integer> {
  private static final int PAGE_KEYS = 1_000;
  private static final long TELL_SECONDS = 30;

  private final Session session;
  private final AtomicLong total = new AtomicLong();

  @Parameters(arity = "0..*", paramLabel = "DESTINATION", description = "an endpoint there")
  List<String> args = new ArrayList<>();

  @Option(names = "--prefix", paramLabel = "PREFIX", description = "only keys with this prefix")
  String prefix = "";

  @Option(names = "--dest-prefix", paramLabel = "PREFIX", description = "put in its place there")
  String destPrefix = "";

  @Option(names = "--no-dest-prefix", description = "leave the prefix out there")
  boolean noDestPrefix;

  @Option(names = "--rev", paramLabel = "N", description = "only what changed from here on")
  long rev;

  @Option(
      names = "--max-txn-ops",
      paramLabel = "N",
      description = "most keys in one transaction there (default: 128)")
  long maxTxnOps = 128;

  @Option(
      names = "--dest-cacert",
      paramLabel = "FILE",
      description = "authorities that certificates there must be from; implies TLS")
  String destCacert = "";

  @Option(
      names = "--dest-cert",
      paramLabel = "FILE",
      description = "certificate to show there; implies TLS")
  String destCert = "";

  @Option(names = "--dest-key", paramLabel = "FILE", description = "the key to --dest-cert")
  String destKey = "";

  @Option(
      names = "--dest-insecure-transport",
      arity = "0..1",
      fallbackValue = "true",
      description = "plaintext there, if it isn't named with https:// (default: true)")
  boolean destInsecureTransport = true;

  @Option(names = "--dest-user", paramLabel = "NAME[:PASSWORD]", description = "who you are there")
  String destUser = "";

  @Option(names = "--dest-password", paramLabel = "PASSWORD", description = "its password")
  String destPassword = "";

  MakeMirrorCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (args.size() != 1) {
      throw new UsageError("make-mirror takes one destination argument");
    }
    if (noDestPrefix && !destPrefix.isEmpty()) {
      throw new UsageError(
          "`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one");
    }
    if (maxTxnOps < 1) {
      throw new UsageError("--max-txn-ops is not positive");
    }
    if (destCert.isEmpty() != destKey.isEmpty()) {
      throw new UsageError("--dest-cert and --dest-key go together");
    }
    Kv there =
        session
            .client(
                "the destination",
                List.of(args.get(0)),
                destTls(),
                GlobalOptions.credentials(
                    session, destUser, destPassword, "Destination Password: "),
                session.globals().commandTimeout())
            .kv();
    QuorateClient here = session.client();
    long next = rev <= 1 ? copy(here.kv(), there) + 1 : rev;
    CompletableFuture<String> over = new CompletableFuture<>();
    WatchListener listener =
        new WatchListener() {
          @Override
          public void events(WatchResponse response) {
            try {
              follow(there, response.events());
            } catch (RuntimeException e) {
              over.complete(String.valueOf(e.getMessage()));
            }
          }

          @Override
          public void ended(WatchEnd end) {
            over.complete(end.reason());
          }
        };
    var _ =
        here.watch()
            .start(
                WatchRequest.prefix(Session.bytes(prefix)).from(next),
                listener,
                session.listeners());
    while (true) {
      try {
        throw new Failure(ExitCodes.FAILED, over.get(TELL_SECONDS, TimeUnit.SECONDS));
      } catch (TimeoutException _) {
        session.out().print(total.get() + "\n");
        session.out().flush();
      } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
        throw new IllegalStateException(e); // nobody interrupts or fails it
      }
    }
  }

  /** The other flags of TLS are about the source. */
  private @Nullable ClientTls destTls() {
    return destCacert.isEmpty() && destCert.isEmpty() && destInsecureTransport
        ? null
        : GlobalOptions.tls(destCacert, destCert, destKey, false);
  }

  /** Copies all keys as they are at one revision, which is the answer. */
  private long copy(Kv here, Kv there) {
    Bytes first = Session.bytes(prefix);
    Range page = Range.prefix(first).limit(PAGE_KEYS);
    long revision = 0;
    while (true) {
      RangeResponse found = here.range(page);
      if (revision == 0) {
        revision = found.header().revision();
      }
      for (KeyValue kv : found.kvs()) {
        var _ = there.put(new Put(renamed(kv.key()), kv.value(), 0, false, false, false));
        total.incrementAndGet();
      }
      if (!found.more()) {
        return revision;
      }
      Bytes last = found.kvs().getLast().key();
      Bytes behind = Bytes.wrap(joined(last.toArray(), new byte[] {0}));
      Bytes end = first.isEmpty() ? Keys.ZERO : Keys.prefixEnd(first);
      page = Range.between(behind, end).limit(PAGE_KEYS).revision(revision);
    }
  }

  /** What happened in one revision happens in one there, if it fits. */
  private void follow(Kv there, List<Event> events) {
    List<Op> ops = new ArrayList<>();
    long revision = 0;
    for (Event event : events) {
      boolean another = revision != 0 && event.kv().modRevision() > revision;
      if (!ops.isEmpty() && (another || ops.size() >= maxTxnOps)) {
        var _ = there.txn(Txn.always(ops.toArray(Op[]::new)));
        ops.clear();
      }
      revision = event.kv().modRevision();
      Bytes key = renamed(event.kv().key());
      ops.add(
          switch (event.kind()) {
            case PUT -> new Put(key, event.kv().value(), 0, false, false, false);
            case DELETE -> Delete.key(key);
          });
      total.incrementAndGet();
    }
    if (!ops.isEmpty()) {
      var _ = there.txn(Txn.always(ops.toArray(Op[]::new)));
    }
  }

  private Bytes renamed(Bytes key) {
    if (!noDestPrefix && destPrefix.isEmpty()) {
      return key;
    }
    byte[] rest = key.slice(prefix.length(), key.length()).toArray();
    return Bytes.wrap(joined(Session.bytes(destPrefix).toArray(), rest));
  }

  private static byte[] joined(byte[] one, byte[] other) {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(one);
    both.writeBytes(other);
    return both.toByteArray();
  }
}
