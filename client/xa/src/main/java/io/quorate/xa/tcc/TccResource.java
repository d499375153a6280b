package io.quorate.xa.tcc;

import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import io.quorate.xa.branch.Resource;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A service as a resource of transactions. A branch is one Try, which is confirmed if the
 * transaction commits, and cancelled if it doesn't:
 *
 * <pre>{@code
 * TccResource stock = TccResource.of("stock", HttpParticipant.at(URI.create("http://stock/tcc")));
 * transactions.run(tx -> {
 *   tx.enlist(stock).attempt(Bytes.utf8("{\"item\":4711,\"pieces\":2}"));
 *   …
 * });
 * }</pre>
 *
 * <p>Between the Try and the end others see that something is reserved, as the service shows it:
 * such a transaction is atomic, and not isolated.
 *
 * <p>Safe for use by many threads.
 */
public final class TccResource implements Resource<TccBranch> {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final String name;
  private final TccParticipant participant;
  private final Duration patience;

  private TccResource(String name, TccParticipant participant, Duration patience) {
    this.name = name;
    this.participant = participant;
    this.patience = patience;
  }

  /**
   * A service under a name; a Try that isn't answered is sent again for 10 s.
   *
   * @param name of the form {@link Resource#NAME}
   */
  public static TccResource of(String name, TccParticipant participant) {
    return new TccResource(name, participant, PATIENCE);
  }

  /**
   * The same, with another bound for how long a Try that isn't answered is sent again: what is
   * under way then still has its own.
   */
  public TccResource patience(Duration bound) {
    return new TccResource(name, participant, bound);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public CompletableFuture<String> check() {
    return participant.identity();
  }

  @Override
  public TccBranch begin(BranchId id) {
    return new TccBranch(participant, id, patience);
  }

  /** The service may be known under other names as well, which have branches of their own. */
  @Override
  public CompletableFuture<List<BranchId>> prepared(long domain) {
    long own = BranchId.hash(name);
    return participant
        .prepared(domain)
        .thenApply(all ->
            all.stream().filter(id -> id.domain() == domain && id.resource() == own).toList());
  }

  @Override
  public CompletableFuture<Finish> commit(BranchId id, String evidence) {
    return participant.confirm(id, false);
  }

  @Override
  public CompletableFuture<Finish> abort(BranchId id) {
    return participant.cancel(id);
  }
}
