package io.quorate.xa;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.xa.branch.Resource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Describes {@link Transactions}, and opens them. Not safe for use by many threads. */
public final class TransactionsBuilder {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final Duration SESSION_TTL = Duration.ofSeconds(15);
  private static final Duration RECOVERY_PERIOD = Duration.ofSeconds(10);
  private static final Duration KEPT_MIN = Duration.ofSeconds(1);
  private static final Duration KEPT_MAX = Duration.ofDays(30);

  private final QuorateClient client;
  private final String domain;
  private final List<Resource<?>> resources = new ArrayList<>();
  private Duration timeout = TIMEOUT;
  private Duration sessionTtl = SESSION_TTL;
  private Duration recoveryPeriod = RECOVERY_PERIOD;
  private Duration kept = Duration.ofSeconds(History.KEPT_SECONDS);
  private String about = "pid " + ProcessHandle.current().pid();

  TransactionsBuilder(QuorateClient client, String domain) {
    if (!domain.matches(Resource.NAME)) {
      throw new IllegalArgumentException(
          "a domain's name is 1 to 64 letters, digits, dots, dashes and underscores: " + domain);
    }
    this.client = client;
    this.domain = domain;
  }

  /** A resource that transactions may have branches at, and whose left ones are finished here. */
  public TransactionsBuilder resource(Resource<?> resource) {
    if (!resource.name().matches(Resource.NAME)) {
      throw new IllegalArgumentException(
          "a resource's name is 1 to 64 letters, digits, dots, dashes and underscores: "
              + resource.name());
    }
    if (resources.stream().anyMatch(each -> each.name().equals(resource.name()))) {
      throw new IllegalArgumentException("two resources are named " + resource.name());
    }
    resources.add(resource);
    return this;
  }

  /** How long a transaction may take until its decision, if nothing else is said; 60 s. */
  public TransactionsBuilder timeout(Duration usual) {
    timeout = usual;
    return this;
  }

  /**
   * How long after this process was last heard of others take over what it has left; 15 s. The
   * shorter, the sooner a survivor finishes, and the shorter a pause that costs this process its
   * transactions.
   */
  public TransactionsBuilder sessionTtl(Duration ttl) {
    sessionTtl = ttl;
    return this;
  }

  /** How often resources are looked through when nothing seems to be left; 10 s. */
  public TransactionsBuilder recoveryPeriod(Duration period) {
    recoveryPeriod = period;
    return this;
  }

  /**
   * How long the store knows at least what was committed, after all branches have; a day. If a
   * database puts a branch back later, as a replica does that has lost its end, a person is asked
   * what becomes of it. Takes 128 bytes for each thousand transactions.
   *
   * @param duration from a second to 30 days
   */
  public TransactionsBuilder history(Duration duration) {
    if (duration.compareTo(KEPT_MIN) < 0 || duration.compareTo(KEPT_MAX) > 0) {
      throw new IllegalArgumentException(
          "what was committed is known for a second to 30 days: " + duration);
    }
    kept = duration;
    return this;
  }

  /** What people shall be told of this process, such as a host's name; its process id. */
  public TransactionsBuilder about(String text) {
    about = text;
    return this;
  }

  /**
   * Checks each resource, and opens them.
   *
   * @return fails with {@link QuorateException.Rejected} if a resource isn't fit, with what is to
   *     be done in the message
   */
  public CompletableFuture<Transactions> openAsync() {
    List<Resource<?>> all = List.copyOf(resources);
    DomainKeys keys = new DomainKeys(domain);
    List<String> names = new ArrayList<>();
    all.forEach(each -> names.add(each.name()));
    Incarnations incarnations = new Incarnations(client, keys, sessionTtl, names, about, kept);
    Heuristics heuristics = new Heuristics(client, keys);
    return identify(keys)
        .thenCompose(id ->
            Recoverer.oneByOne(all, each -> check(keys, each))
                .thenCompose(unused -> incarnations.start())
                .thenApply(unused -> {
                  Recoverer recoverer =
                      new Recoverer(
                          client, keys, id, incarnations, heuristics, all, recoveryPeriod, kept);
                  Transactions opened =
                      new Transactions(
                          client, incarnations, heuristics, recoverer, all, id, timeout);
                  opened.start();
                  return opened;
                }));
  }

  /** Opens them as {@link #openAsync} does, and waits for it. */
  public Transactions open() {
    return client.await(openAsync());
  }

  private CompletableFuture<Long> identify(DomainKeys keys) {
    Bytes key = keys.id();
    Txn txn =
        Txn.when(Compare.absent(key)).then(Put.of(key, Bytes.utf8("1"))).otherwise(Range.key(key));
    return client
        .kv()
        .txnAsync(txn)
        .thenApply(response -> {
          long created =
              response.succeeded()
                  ? response.header().revision()
                  : ((RangeResponse) response.responses().get(0))
                      .first()
                      .orElseThrow()
                      .createRevision();
          return DomainKeys.hash(response.header().clusterId(), created);
        });
  }

  /** A name means one database, in all processes. */
  private CompletableFuture<Void> check(DomainKeys keys, Resource<?> resource) {
    Bytes key = keys.resource(resource.name());
    return resource
        .check()
        .thenCompose(identity ->
            client
                .kv()
                .txnAsync(
                    Txn.when(Compare.absent(key))
                        .then(Put.of(key, Bytes.utf8(identity)))
                        .otherwise(Range.key(key)))
                .thenAccept(response -> {
                  if (response.succeeded()) {
                    return;
                  }
                  String known =
                      ((RangeResponse) response.responses().get(0))
                          .first()
                          .map(there -> there.value().toUtf8())
                          .orElse(identity);
                  if (!known.equals(identity)) {
                    throw QuorateException.of(
                        ErrorCode.INVALID_REQUEST,
                        "the resource "
                            + resource.name()
                            + " is another database than before: it was "
                            + known
                            + ", and is "
                            + identity
                            + ". Name it differently; or, if it replaces the other one and nothing"
                            + " is in doubt there, delete the key "
                            + key.toUtf8());
                  }
                }));
  }
}
