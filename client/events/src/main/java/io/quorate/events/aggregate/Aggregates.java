package io.quorate.events.aggregate;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.QuorateClient;
import io.quorate.events.Append;
import io.quorate.events.AppendResult;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Snapshot;
import io.quorate.events.StreamConflict;
import io.quorate.events.StreamPage;
import io.quorate.events.StreamRead;
import io.quorate.events.codec.EventCodec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The aggregates of a category: each has a stream of its own, whose events are its state.
 *
 * <pre>{@code
 * Aggregates<Account, AccountEvent> accounts =
 *     Aggregates.of(store, "accounts/", JsonEvents.of(AccountEvent.class), decider)
 *         .with(Snapshots.of(JsonCodec.of(Account.class), "account-1", 100));
 *
 * accounts.handle("7", decider, new Deposit(100));
 * accounts.load("7").state().balance();
 * }</pre>
 *
 * <p>Codecs, deciders and evolvers run where the client's calls complete, so they must not block.
 *
 * <p>Safe for use by many threads.
 *
 * @param <S> the state
 * @param <E> the events
 */
public final class Aggregates<S, E> {
  private static final System.Logger LOG = System.getLogger(Aggregates.class.getName());
  private static final long NOISE = 0x9e37_79b9_7f4a_7c15L;
  private static final long NOTHING_TRIED = -1;

  private final EventStore store;
  private final QuorateClient client;
  private final String category;
  private final EventCodec<E> codec;
  private final Evolver<S, E> evolver;
  private final @Nullable Snapshots<S> snapshots;
  private final Retry retry;

  private Aggregates(
      EventStore store,
      String category,
      EventCodec<E> codec,
      Evolver<S, E> evolver,
      @Nullable Snapshots<S> snapshots,
      Retry retry) {
    this.store = store;
    this.category = category;
    this.codec = codec;
    this.evolver = evolver;
    this.snapshots = snapshots;
    this.retry = retry;
    client = store.client();
  }

  /**
   * Those of a category, without snapshots.
   *
   * @param category what their streams' names begin with, before their ids; usually ends with a
   *     slash
   */
  public static <S, E> Aggregates<S, E> of(
      EventStore store, String category, EventCodec<E> codec, Evolver<S, E> evolver) {
    return new Aggregates<>(store, category, codec, evolver, null, Retry.DEFAULT);
  }

  /**
   * The same, with snapshots.
   *
   * @throws IllegalArgumentException if events are encrypted and snapshots aren't: they would say
   *     what was erased
   */
  public Aggregates<S, E> with(Snapshots<S> snapshots) {
    if (codec.isEncrypted() && !snapshots.isEncrypted()) {
      throw new IllegalArgumentException(
          "snapshots of encrypted events would say what was erased: let them be encryptedBy keys");
    }
    return new Aggregates<>(store, category, codec, evolver, snapshots, retry);
  }

  /** The same, deciding anew as often as this says. */
  public Aggregates<S, E> with(Retry retry) {
    return new Aggregates<>(store, category, codec, evolver, snapshots, retry);
  }

  /** The name of an aggregate's stream. */
  public String stream(String id) {
    return category + id;
  }

  // ---- loading ---------------------------------------------------------------------------------

  /**
   * An aggregate as its events are now; one that has none is in its initial state.
   *
   * @return fails as {@code NOT_FOUND} if its stream is closed, or its first events are truncated
   *     and no snapshot stands for them, and as {@code VALUE_UNREADABLE} if an event can't be read:
   *     none is passed over
   */
  public CompletableFuture<Aggregate<S, E>> loadAsync(String id) {
    String stream = stream(id);
    if (snapshots == null) {
      return replayAll(id);
    }
    return load(id, stream, NOTHING_TRIED);
  }

  /**
   * @param tried the version of the snapshot by which it couldn't be loaded; 0 if that was without
   *     one
   */
  private CompletableFuture<Aggregate<S, E>> load(String id, String stream, long tried) {
    return store
        .snapshotAsync(stream)
        .thenCompose(kept -> {
          long version = kept.map(Snapshot::version).orElse(0L);
          CompletableFuture<Optional<Kept<S>>> from =
              kept.isPresent() && version != tried
                  ? read(id, kept.get())
                  : CompletableFuture.completedFuture(Optional.empty());
          return from.thenCompose(it -> it.isPresent() ? behind(id, it.get()) : replayAll(id))
              .exceptionallyCompose(failure -> {
                boolean mayPass =
                    version != tried
                        && QuorateException.reason(failure).code() == ErrorCode.NOT_FOUND;
                return mayPass // one is kept by now, perhaps, and what it stands for truncated
                    ? load(id, stream, version)
                    : CompletableFuture.failedFuture(failure);
              });
        });
  }

  /** An aggregate, as {@link #loadAsync} loads it, waited for. */
  public Aggregate<S, E> load(String id) {
    return client.await(loadAsync(id));
  }

  /** A snapshot with the state that it holds. */
  private record Kept<S>(Snapshot snapshot, S state) {}

  /** What a snapshot holds; empty if it is of another form, or can't be read any more. */
  private CompletableFuture<Optional<Kept<S>>> read(String id, Snapshot snapshot) {
    Snapshots<S> by = snapshots;
    return by == null
        ? CompletableFuture.completedFuture(Optional.empty())
        : by.read(id, snapshot).thenApply(state -> state.map(it -> new Kept<>(snapshot, it)));
  }

  private CompletableFuture<Aggregate<S, E>> behind(String id, Kept<S> from) {
    Snapshot snapshot = from.snapshot();
    return store
        .readBehindAsync(stream(id), snapshot)
        .thenCompose(page -> {
          if (page.isEmpty()) {
            return replayAll(id);
          }
          Aggregate<S, E> aggregate =
              new Aggregate<>(id, evolver, from.state(), snapshot.version(), snapshot.revision());
          return replay(aggregate, page.get());
        });
  }

  private CompletableFuture<Aggregate<S, E>> replayAll(String id) {
    Aggregate<S, E> aggregate = new Aggregate<>(id, evolver, evolver.initial(), 0, 0);
    return store.readAsync(StreamRead.of(stream(id))).thenCompose(page -> replay(aggregate, page));
  }

  /**
   * Pages needn't be as of one revision, whose history may go meanwhile: what is appended comes
   * behind them, and what is truncated leaves a gap that is noticed.
   */
  private CompletableFuture<Aggregate<S, E>> replay(Aggregate<S, E> aggregate, StreamPage page) {
    List<RecordedEvent> events = page.events();
    return codec
        .prepareToDecode(events)
        .thenCompose(ready -> {
          if (page.closed()) {
            throw QuorateException.of(
                ErrorCode.NOT_FOUND, stream(aggregate.id()) + " is closed for good");
          }
          replay(aggregate, events);
          if (page.isEnd() && aggregate.version() != page.next() - 1) {
            throw truncated(aggregate.id(), aggregate.version() + 1, page.next());
          }
          return page.isEnd()
              ? CompletableFuture.completedFuture(aggregate)
              : store.readAsync(page.goingOn()).thenCompose(next -> replay(aggregate, next));
        });
  }

  private void replay(Aggregate<S, E> aggregate, List<RecordedEvent> events) {
    for (RecordedEvent event : events) {
      if (event.version() != aggregate.version() + 1) {
        throw truncated(aggregate.id(), aggregate.version() + 1, event.version());
      }
      E known = codec.decode(event);
      try {
        aggregate.replay(known, event.version(), event.position().revision());
      } catch (RuntimeException e) { // told apart from what a decider refuses
        throw QuorateException.of(
            ErrorCode.VALUE_UNREADABLE, event.inWords() + " can't be taken in: " + e, e);
      }
    }
  }

  private QuorateException truncated(String id, long from, long to) {
    return QuorateException.of(
        ErrorCode.NOT_FOUND,
        "the events of "
            + stream(id)
            + " from version "
            + from
            + " to "
            + (to - 1)
            + " are truncated, and no snapshot that can be read stands for them");
  }

  // ---- saving ----------------------------------------------------------------------------------

  /**
   * Appends what is pending.
   *
   * @return completes with what became of it. If it is a conflict the aggregate is as it was:
   *     somebody else has appended, so load it again and decide anew
   * @throws IllegalStateException if nothing is pending
   */
  public CompletableFuture<AppendResult> saveAsync(Aggregate<S, E> aggregate) {
    return saveAsync(aggregate, UnaryOperator.identity());
  }

  /**
   * Appends what is pending, with more in the same append.
   *
   * @param more adds metadata, events of other streams, or what else goes with it
   */
  public CompletableFuture<AppendResult> saveAsync(
      Aggregate<S, E> aggregate, UnaryOperator<Append> more) {
    List<E> pending = aggregate.pending();
    if (pending.isEmpty()) {
      throw new IllegalStateException(
          "nothing is pending of " + stream(aggregate.id()) + ", so there is nothing to save");
    }
    String stream = stream(aggregate.id());
    long before = aggregate.version();
    S state = aggregate.state();
    UUID id = aggregate.saving();
    return codec
        .prepareToEncode(pending)
        .thenCompose(ready -> {
          List<NewEvent> events = pending.stream().map(codec::encode).toList();
          Append append =
              more.apply(Append.to(stream, ExpectedVersion.exactly(before), events).id(id));
          return store.appendAsync(append).thenApply(result -> new Saved(append.id(), result));
        })
        .thenCompose(saved -> {
          AppendResult result = saved.result();
          long version = result.isAppended() ? versions(result).getOrDefault(stream, 0L) : 0;
          boolean mine = result instanceof AppendResult.Appended || saved.id().equals(id);
          boolean fits = version == before + pending.size() && aggregate.version() == before;
          if (!mine || !fits) { // by somebody else with the same id, it may be something else
            return CompletableFuture.completedFuture(result);
          }
          aggregate.appended(pending.size(), version, result.orThrow().revision());
          return keepSnapshot(aggregate, state).thenApply(kept -> result);
        });
  }

  /** What came of an append, and its id. */
  private record Saved(UUID id, AppendResult result) {}

  private static Map<String, Long> versions(AppendResult result) {
    return result.match(
        AppendResult.Appended::versions,
        AppendResult.AlreadyAppended::versions,
        conflict -> Map.of());
  }

  /**
   * Appends what is pending as {@link #saveAsync(Aggregate)} does, and waits for it.
   *
   * @return the position of the last event that was appended
   * @throws QuorateException.Conflict with {@link ErrorCode#STATE_MOVED} if somebody else has
   *     appended; nothing was saved
   */
  public Position save(Aggregate<S, E> aggregate) {
    return save(aggregate, UnaryOperator.identity());
  }

  /** Appends what is pending as {@link #save(Aggregate)} does, with more in the same append. */
  public Position save(Aggregate<S, E> aggregate, UnaryOperator<Append> more) {
    client.requireMayBlock();
    return client.await(saveAsync(aggregate, more)).orThrow();
  }

  /**
   * Keeps a snapshot if it is time for one. That it couldn't be kept is no failure.
   *
   * @param state as it was saved: more may have happened to the aggregate since
   */
  private CompletableFuture<Boolean> keepSnapshot(Aggregate<S, E> aggregate, S state) {
    Snapshots<S> by = snapshots;
    if (by == null || aggregate.sinceSnapshot() < by.every()) {
      return CompletableFuture.completedFuture(false);
    }
    return putSnapshot(by, aggregate, state)
        .exceptionally(failure -> {
          LOG.log(
              System.Logger.Level.WARNING,
              "snapshot not kept: stream={0} version={1} reason={2}",
              stream(aggregate.id()),
              aggregate.version(),
              QuorateException.reason(failure).getMessage());
          return false;
        });
  }

  private CompletableFuture<Boolean> putSnapshot(
      Snapshots<S> by, Aggregate<S, E> aggregate, S state) {
    CompletableFuture<Snapshot> taken;
    try {
      taken = by.take(aggregate.id(), state, aggregate.version(), aggregate.revision());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
    return taken
        .thenCompose(snapshot -> store.putSnapshotAsync(stream(aggregate.id()), snapshot))
        .thenApply(kept -> {
          aggregate.snapshotKept();
          return kept;
        });
  }

  /**
   * Keeps a snapshot now, however few events there were since the last one: before its events are
   * truncated, for example.
   *
   * @return completes with whether it was kept: not if there is a later one of the same form, nor
   *     if the aggregate has no events
   * @throws IllegalStateException if something is pending, or these have no snapshots
   */
  public CompletableFuture<Boolean> snapshotAsync(Aggregate<S, E> aggregate) {
    Snapshots<S> by = snapshots;
    if (by == null) {
      throw new IllegalStateException("no snapshots are kept of " + category);
    }
    if (!aggregate.pending().isEmpty()) {
      throw new IllegalStateException(
          "something is pending of " + stream(aggregate.id()) + ": save it first");
    }
    return aggregate.version() == 0
        ? CompletableFuture.completedFuture(false)
        : putSnapshot(by, aggregate, aggregate.state());
  }

  /** Keeps a snapshot now as {@link #snapshotAsync} does, and waits for it. */
  public boolean snapshot(Aggregate<S, E> aggregate) {
    return client.await(snapshotAsync(aggregate));
  }

  // ---- commands --------------------------------------------------------------------------------

  /**
   * Carries out a command: loads the aggregate, decides, and appends what happens. Where others
   * were faster it is decided anew, by what they did.
   *
   * <p>The decider only decides: the state is what these aggregates' own evolver makes of the
   * events, from its initial one on.
   *
   * @return fails as {@code Conflict} with {@code STATE_MOVED} if others were faster each time, and
   *     with what the decider throws
   */
  public <C> CompletableFuture<Handled<S, E>> handleAsync(
      String id, Decider<C, S, E> decider, C command) {
    return handleAsync(id, decider, command, UnaryOperator.identity());
  }

  /**
   * Carries out a command, once even if it is given again with this id: that it was done is kept in
   * a small key of its own, until it is {@linkplain EventStore#forgetAsync forgotten}. One by which
   * nothing had to happen isn't kept, and is decided anew.
   *
   * @param commandId of this command, and of no other that is given to any aggregate of the store
   */
  public <C> CompletableFuture<Handled<S, E>> handleAsync(
      String id, Decider<C, S, E> decider, C command, UUID commandId) {
    return handleAsync(id, decider, command, commandId, UnaryOperator.identity());
  }

  /**
   * Carries out a command once, with more in the append.
   *
   * @param commandId of this command alone; the append has it, whatever is added
   * @param more adds metadata, events of other streams, or what else goes with it; asked at each
   *     attempt
   */
  public <C> CompletableFuture<Handled<S, E>> handleAsync(
      String id, Decider<C, S, E> decider, C command, UUID commandId, UnaryOperator<Append> more) {
    UnaryOperator<Append> once = append -> more.apply(append).id(commandId).remembered();
    return loadAsync(id)
        .thenCompose(
            aggregate -> new Handling<>(aggregate, decider, command, commandId, once).attempt());
  }

  private CompletableFuture<Handled<S, E>> carriedOut(
      String id, UUID commandId, AppendResult.AlreadyAppended done) {
    if (!done.versions().containsKey(stream(id))) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "another command was carried out with the id "
              + commandId
              + ", on "
              + done.versions().keySet()
              + ": each command needs an id of its own");
    }
    return doneBefore(id, done.position());
  }

  private CompletableFuture<Handled<S, E>> doneBefore(String id, Position position) {
    return loadAsync(id)
        .thenApply(now -> new Handled<>(now.state(), now.version(), List.of(), position, 0));
  }

  /**
   * Carries out a command, with more in the append.
   *
   * @param more adds metadata, events of other streams, or what else goes with it; asked at each
   *     attempt
   */
  public <C> CompletableFuture<Handled<S, E>> handleAsync(
      String id, Decider<C, S, E> decider, C command, UnaryOperator<Append> more) {
    return loadAsync(id)
        .thenCompose(
            aggregate -> new Handling<>(aggregate, decider, command, null, more).attempt());
  }

  /** Carries out a command as {@link #handleAsync} does, and waits for it. */
  public <C> Handled<S, E> handle(String id, Decider<C, S, E> decider, C command) {
    client.requireMayBlock();
    return await(handleAsync(id, decider, command));
  }

  /** Carries out a command once, as {@link #handleAsync} does, and waits for it. */
  public <C> Handled<S, E> handle(String id, Decider<C, S, E> decider, C command, UUID commandId) {
    client.requireMayBlock();
    return await(handleAsync(id, decider, command, commandId));
  }

  /** Carries out a command with more in the append, as {@link #handleAsync} does, waited for. */
  public <C> Handled<S, E> handle(
      String id, Decider<C, S, E> decider, C command, UnaryOperator<Append> more) {
    client.requireMayBlock();
    return await(handleAsync(id, decider, command, more));
  }

  /** Carries out a command once with more in the append, and waits for it. */
  public <C> Handled<S, E> handle(
      String id, Decider<C, S, E> decider, C command, UUID commandId, UnaryOperator<Append> more) {
    client.requireMayBlock();
    return await(handleAsync(id, decider, command, commandId, more));
  }

  /** Waits; what the decider threw is thrown as it is. */
  private Handled<S, E> await(CompletableFuture<Handled<S, E>> handled) {
    CompletableFuture<Optional<RuntimeException>> refusal =
        handled.handle((done, failure) -> {
          Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
          return cause instanceof RuntimeException refused && !(cause instanceof QuorateException)
              ? Optional.of(refused)
              : Optional.empty();
        });
    client
        .await(refusal)
        .ifPresent(refused -> {
          throw refused;
        });
    return client.await(handled);
  }

  /** One command, and its attempts. */
  private final class Handling<C> {
    private final Decider<C, S, E> decider;
    private final C command;
    private final @Nullable UUID commandId;
    private final UnaryOperator<Append> more;
    private Aggregate<S, E> aggregate;
    private int attempts;

    Handling(
        Aggregate<S, E> aggregate,
        Decider<C, S, E> decider,
        C command,
        @Nullable UUID commandId,
        UnaryOperator<Append> more) {
      this.aggregate = aggregate;
      this.decider = decider;
      this.command = command;
      this.commandId = commandId;
      this.more = more;
    }

    /** That it wasn't done is asked behind the load: so what it did isn't in what was loaded. */
    CompletableFuture<Handled<S, E>> attempt() {
      UUID once = commandId;
      return once == null
          ? decide()
          : store
              .doneAsync(once)
              .thenCompose(done ->
                  done.isPresent() ? carriedOut(aggregate.id(), once, done.get()) : decide());
    }

    private CompletableFuture<Handled<S, E>> decide() {
      attempts++;
      List<E> events = List.copyOf(decider.decide(command, aggregate.state()));
      if (events.isEmpty()) {
        return CompletableFuture.completedFuture(
            new Handled<>(
                aggregate.state(), aggregate.version(), events, Position.START, attempts));
      }
      Aggregate<S, E> base = copy();
      events.forEach(aggregate::apply);
      return saveAsync(aggregate, more).thenCompose(result -> next(result, events, base));
    }

    /** As it was before the decision, for the next one. */
    private Aggregate<S, E> copy() {
      Aggregate<S, E> copy =
          new Aggregate<>(
              aggregate.id(),
              evolver,
              aggregate.state(),
              aggregate.version(),
              aggregate.revision());
      copy.continues(aggregate);
      return copy;
    }

    private CompletableFuture<Handled<S, E>> next(
        AppendResult result, List<E> events, Aggregate<S, E> base) {
      if (result instanceof AppendResult.Appended) {
        return CompletableFuture.completedFuture(
            new Handled<>(
                aggregate.state(), aggregate.version(), events, result.orThrow(), attempts));
      }
      if (result instanceof AppendResult.AlreadyAppended) {
        return doneBefore(aggregate.id(), result.orThrow());
      }
      AppendResult.Conflict conflict = (AppendResult.Conflict) result;
      boolean mayPass =
          !conflict.required()
              && conflict.matching().isEmpty()
              && conflict.streams().stream().noneMatch(StreamConflict::closed);
      if (attempts >= retry.attempts() || !mayPass) {
        return CompletableFuture.failedFuture(
            QuorateException.of(
                ErrorCode.STATE_MOVED,
                "decided " + attempts + " times, the last time in vain: " + conflict.describe()));
      }
      CompletableFuture<Aggregate<S, E>> caughtUp = catchUp(base, conflict);
      return pause()
          .thenCompose(passed -> caughtUp)
          .thenCompose(now -> {
            aggregate = now;
            return attempt();
          });
    }

    /** What the others did is in hand, unless it was much. */
    private CompletableFuture<Aggregate<S, E>> catchUp(
        Aggregate<S, E> base, AppendResult.Conflict conflict) {
      StreamConflict mine =
          conflict.streams().stream()
              .filter(each -> each.stream().equals(stream(base.id())))
              .findFirst()
              .orElse(null);
      if (mine == null
          || mine.more()
          || mine.events().isEmpty()
          || mine.events().get(0).version() != base.version() + 1) {
        return loadAsync(base.id());
      }
      return codec
          .prepareToDecode(mine.events())
          .thenApply(ready -> {
            replay(base, mine.events());
            return base;
          });
    }

    private CompletableFuture<Void> pause() {
      CompletableFuture<Void> passed = new CompletableFuture<>();
      long noise = (client.timer().nanoTime() + aggregate.id().hashCode()) * NOISE + attempts;
      long nanos = 1 + Math.floorMod(noise ^ (noise >>> 29), retry.delayNanosMax(attempts));
      client.timer().after(nanos, () -> passed.complete(null));
      return passed;
    }
  }
}
