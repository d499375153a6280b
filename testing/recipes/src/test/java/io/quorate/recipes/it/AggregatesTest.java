package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Compare;
import io.quorate.client.Put;
import io.quorate.client.QuorateClient;
import io.quorate.client.codec.JsonCodec;
import io.quorate.events.Append;
import io.quorate.events.AppendResult;
import io.quorate.events.Archive;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
import io.quorate.events.Position;
import io.quorate.events.RecordedEvent;
import io.quorate.events.Snapshot;
import io.quorate.events.StreamRead;
import io.quorate.events.aggregate.Aggregate;
import io.quorate.events.aggregate.Aggregates;
import io.quorate.events.aggregate.Decider;
import io.quorate.events.aggregate.Handled;
import io.quorate.events.aggregate.Retry;
import io.quorate.events.aggregate.Snapshots;
import io.quorate.events.codec.EncryptedEvents;
import io.quorate.events.codec.JsonEvents;
import io.quorate.events.codec.SubjectKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An aggregate's state is what its events add up to, and nothing is decided by a state of before.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(EventsOn.class)
@Timeout(60)
class AggregatesTest extends RecipeCase {
  private final EventsOn on;
  private final EventStore store;
  private final Aggregates<Account, AccountEvent> accounts;

  @TempDir private Path folder;

  AggregatesTest(EventsOn on) {
    super(on.store(), "aggregates");
    this.on = on;
    store = on.events(client, name + "/");
    accounts =
        Aggregates.of(this.store, "accounts/", JsonEvents.of(AccountEvent.class), ACCOUNTS)
            .with(Snapshots.of(JsonCodec.of(Account.class), "account-1", 10))
            .with(Retry.jittered(50));
  }

  /** What happens to an account. */
  sealed interface AccountEvent {
    record Opened(String owner) implements AccountEvent {}

    record Deposited(long cents) implements AccountEvent {}

    record Erased() implements AccountEvent {}
  }

  /** What somebody wants of one. */
  sealed interface Command {
    record Open(String owner) implements Command {}

    record Deposit(long cents) implements Command {}
  }

  /** What it adds up to. */
  record Account(String owner, long cents, int events) {
    static final Account NONE = new Account("", 0, 0);

    Account evolve(AccountEvent event) {
      return switch (event) {
        case AccountEvent.Opened opened -> new Account(opened.owner(), cents, events + 1);
        case AccountEvent.Deposited deposited ->
            new Account(owner, cents + deposited.cents(), events + 1);
        case AccountEvent.Erased _ -> new Account(owner, cents, events + 1);
      };
    }

    static List<AccountEvent> decide(Command command, Account account) {
      return switch (command) {
        case Command.Open open when account.owner().isEmpty() ->
            List.of(new AccountEvent.Opened(open.owner()));
        case Command.Open _ -> List.of();
        case Command.Deposit deposit when account.owner().isEmpty() ->
            throw new IllegalStateException("no account to put " + deposit.cents() + " into");
        case Command.Deposit deposit -> List.of(new AccountEvent.Deposited(deposit.cents()));
      };
    }
  }

  private static final Decider<Command, Account, AccountEvent> ACCOUNTS =
      Decider.of(Account.NONE, Account::decide, Account::evolve);

  private Handled<Account, AccountEvent> handle(Command command) {
    return accounts.handle("7", ACCOUNTS, command);
  }

  @Test
  void commands_are_decided_by_what_happened_and_refusals_reach_who_gave_them() {
    assertThatThrownBy(() -> handle(new Command.Deposit(5)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no account to put 5 into");
    Handled<Account, AccountEvent> opened = handle(new Command.Open("Ada"));
    assertThat(opened.version()).isEqualTo(1);
    assertThat(handle(new Command.Open("Bob")).events()).isEmpty();
    assertThat(handle(new Command.Deposit(5)).state()).isEqualTo(new Account("Ada", 5, 2));
    assertThat(accounts.load("7").state()).isEqualTo(new Account("Ada", 5, 2));
    assertThat(accounts.load("8").state()).isEqualTo(Account.NONE);
  }

  @Test
  void of_many_who_decide_at_once_each_gets_its_turn() {
    handle(new Command.Open("Ada"));
    List<CompletableFuture<Handled<Account, AccountEvent>>> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(accounts.handleAsync("7", ACCOUNTS, new Command.Deposit(1)));
    }
    all.forEach(client::await);
    assertThat(accounts.load("7").state()).isEqualTo(new Account("Ada", 20, 21));
  }

  @Test
  void a_command_that_is_given_again_is_carried_out_once() {
    handle(new Command.Open("Ada"));
    UUID id = new UUID(7, 7);
    assertThat(accounts.handle("7", ACCOUNTS, new Command.Deposit(5), id).attempts()).isEqualTo(1);
    handle(new Command.Deposit(1));
    Handled<Account, AccountEvent> again =
        accounts.handle("7", ACCOUNTS, new Command.Deposit(5), id);
    assertThat(again.attempts()).isZero();
    assertThat(again.state()).isEqualTo(new Account("Ada", 6, 3));
  }

  @Test
  void a_command_that_was_carried_out_is_not_decided_again() {
    handle(new Command.Open("Ada"));
    UUID id = new UUID(8, 8);
    Decider<Command, Account, AccountEvent> once =
        Decider.of(
            Account.NONE,
            (command, account) -> {
              if (account.cents() > 0) {
                throw new IllegalStateException("there is money already");
              }
              return Account.decide(command, account);
            },
            Account::evolve);
    assertThat(accounts.handle("7", once, new Command.Deposit(5), id).attempts()).isEqualTo(1);
    assertThat(accounts.handle("7", once, new Command.Deposit(5), id).attempts()).isZero();
    assertThatThrownBy(() -> accounts.handle("8", ACCOUNTS, new Command.Open("Bob"), id))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("an id of its own");
  }

  @Test
  void what_happened_while_it_was_saved_is_pending_still() {
    handle(new Command.Open("Ada"));
    Aggregate<Account, AccountEvent> account = accounts.load("7");
    account.apply(new AccountEvent.Deposited(1));
    CompletableFuture<AppendResult> saving = accounts.saveAsync(account);
    account.apply(new AccountEvent.Deposited(2));
    client.await(saving);
    assertThat(account.pending()).containsExactly(new AccountEvent.Deposited(2));
    assertThat(account.version()).isEqualTo(2);
    accounts.save(account);
    assertThat(accounts.load("7").state()).isEqualTo(new Account("Ada", 3, 3));
  }

  @Test
  void two_instances_of_one_aggregate_and_the_second_append_fails() {
    handle(new Command.Open("Ada"));
    Aggregate<Account, AccountEvent> one = accounts.load("7");
    Aggregate<Account, AccountEvent> two = accounts.load("7");
    one.apply(new AccountEvent.Deposited(1));
    two.apply(new AccountEvent.Deposited(2));
    accounts.save(one);
    assertThat(one.pending()).isEmpty();
    assertThatThrownBy(() -> accounts.save(two))
        .isInstanceOf(QuorateException.Conflict.class)
        .hasMessageContaining("has version 2, expected was version 1");
    assertThat(two.pending()).hasSize(1);
  }

  @Test
  void a_state_is_the_same_with_a_snapshot_and_without() {
    handle(new Command.Open("Ada"));
    for (int i = 1; i <= 34; i++) {
      handle(new Command.Deposit(i));
      if (i % 5 == 0) {
        Aggregates<Account, AccountEvent> plain =
            Aggregates.of(store, "accounts/", JsonEvents.of(AccountEvent.class), ACCOUNTS);
        assertThat(accounts.load("7").state()).isEqualTo(plain.load("7").state());
      }
    }
    Snapshot kept = client.await(store.snapshotAsync("accounts/7")).orElseThrow();
    assertThat(kept.version()).isGreaterThanOrEqualTo(30);
    // and it is used: what is before it need not be there
    store.truncate("accounts/7", kept.version() + 1);
    assertThat(accounts.load("7").state()).isEqualTo(new Account("Ada", 595, 35));
    Aggregates<Account, AccountEvent> plain =
        Aggregates.of(store, "accounts/", JsonEvents.of(AccountEvent.class), ACCOUNTS);
    assertThatThrownBy(() -> plain.load("7"))
        .isInstanceOf(QuorateException.Rejected.class)
        .hasMessageContaining("are truncated");
  }

  // ---- long streams ----------------------------------------------------------------------------

  /** So many deposits of a cent behind the opening, in appends of 500 events. */
  private void fill(int count) {
    JsonEvents<AccountEvent> codec = JsonEvents.of(AccountEvent.class);
    for (int version = 0; version < count; version += 500) {
      List<NewEvent> some = new ArrayList<>();
      for (int i = version; i < version + 500; i++) {
        some.add(
            codec.encode(i == 0 ? new AccountEvent.Opened("Ada") : new AccountEvent.Deposited(1)));
      }
      store.append(Append.to("accounts/7", ExpectedVersion.exactly(version), some));
    }
  }

  private static boolean isRead(TroubledWay.Call call, long version) {
    return call.method().endsWith("/Range")
        && call.request().toUtf8().contains("/s/accounts/7#%016x".formatted(version));
  }

  private EventStore over(TroubledWay way) {
    return on.events(client(way), name + "/");
  }

  /** Before each of them is read, and in the middle of it, there is an event more. */
  @Test
  void pages_that_history_is_compacted_between_add_up_to_what_the_stream_is() {
    fill(2_500);
    TroubledWay way = way();
    NewEvent deposit = JsonEvents.of(AccountEvent.class).encode(new AccountEvent.Deposited(1));
    for (int version : new int[] {1_064, 1_064, 1_001, 2_064, 2_001}) {
      way.next(
          call -> isRead(call, version),
          sends ->
              store
                  .appendAsync(Append.to("accounts/7", ExpectedVersion.any(), deposit))
                  .thenCompose(done -> compactAsync(done.orThrow().revision()))
                  .thenCompose(done -> sends.get()));
    }
    Aggregate<Account, AccountEvent> loaded =
        Aggregates.of(over(way), "accounts/", JsonEvents.of(AccountEvent.class), ACCOUNTS)
            .load("7");
    assertThat(way.plans()).isZero();
    assertThat(loaded.state()).isEqualTo(new Account("Ada", 2_504, 2_505));
    assertThat(loaded.version()).isEqualTo(2_505);
  }

  @Test
  void what_is_truncated_between_pages_is_in_a_snapshot_or_missed() {
    fill(2_500);
    TroubledWay way = way();
    long at =
        store.read(StreamRead.of("accounts/7").from(2_000)).events().get(0).position().revision();
    Bytes state = JsonCodec.of(Account.class).encode(new Account("Ada", 1_999, 2_000));
    way.next(
        call -> isRead(call, 1_001),
        sends ->
            store
                .putSnapshotAsync("accounts/7", new Snapshot(2_000, at, "account-1", state))
                .thenCompose(kept -> store.truncateAsync("accounts/7", 2_001))
                .thenCompose(dropped -> sends.get()));
    EventStore over = over(way);
    Aggregates<Account, AccountEvent> plain =
        Aggregates.of(over, "accounts/", JsonEvents.of(AccountEvent.class), ACCOUNTS);
    Aggregates<Account, AccountEvent> kept =
        plain.with(Snapshots.of(JsonCodec.of(Account.class), "account-1", 10));
    assertThat(kept.load("7").state()).isEqualTo(new Account("Ada", 2_499, 2_500));
    assertThat(way.plans()).isZero();
    assertThatThrownBy(() -> plain.load("7"))
        .isInstanceOfSatisfying(
            QuorateException.Rejected.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND))
        .hasMessageContaining("from version 1 to 2000 are truncated");
  }

  @Test
  void what_is_truncated_behind_a_snapshot_of_another_form_is_made_again_from_its_archive() {
    handle(new Command.Open("Ada"));
    for (int i = 1; i <= 24; i++) {
      handle(new Command.Deposit(i));
    }
    String stream = "accounts/7";
    Snapshot old = client.await(store.snapshotAsync(stream)).orElseThrow();
    Path file = folder.resolve("archived");
    assertThat(Archive.take(store, stream, old.version() + 1, file)).isEqualTo(old.version());
    assertThat(accounts.load("7").state()).isEqualTo(new Account("Ada", 300, 25));
    Aggregates<Account, AccountEvent> next =
        accounts.with(Snapshots.of(JsonCodec.of(Account.class), "account-2", 10));
    assertThatThrownBy(() -> next.load("7"))
        .isInstanceOfSatisfying(
            QuorateException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND))
        .hasMessageContaining("are truncated, and no snapshot that can be read stands for them");

    List<RecordedEvent> all = new ArrayList<>();
    Archive.read(file, all::add);
    all.addAll(store.read(StreamRead.of(stream)).events());
    Account state = Account.NONE;
    for (RecordedEvent event : all) {
      state = state.evolve(JsonEvents.of(AccountEvent.class).decode(event));
    }
    RecordedEvent last = all.getLast();
    Snapshot made =
        new Snapshot(
            last.version(),
            last.position().revision(),
            "account-2",
            JsonCodec.of(Account.class).encode(state));
    assertThat(client.await(store.putSnapshotAsync(stream, made))).isTrue();
    assertThat(next.load("7").state()).isEqualTo(new Account("Ada", 300, 25));
    // there is one snapshot of a stream, so now the form of before has none
    assertThatThrownBy(() -> accounts.load("7")).hasMessageContaining("are truncated");
  }

  @Test
  void a_snapshot_of_another_form_or_ahead_of_the_stream_is_not_used() {
    handle(new Command.Open("Ada"));
    handle(new Command.Deposit(5));
    long revision =
        store.read(StreamRead.of("accounts/7").last(1)).events().get(0).position().revision();
    Bytes wrong = JsonCodec.of(Account.class).encode(new Account("Mallory", 9_999, 2));
    for (Snapshot bad :
        List.of(
            new Snapshot(2, revision, "account-0", wrong),
            new Snapshot(2, revision, "account-1", Bytes.utf8("not JSON")))) {
      assertThat(client.await(store.putSnapshotAsync("accounts/7", bad))).isTrue();
      assertThat(accounts.load("7").state()).isEqualTo(new Account("Ada", 5, 2));
    }
    for (Snapshot ahead :
        List.of(
            new Snapshot(3, revision, "account-1", wrong),
            new Snapshot(2, revision + 1, "account-1", wrong))) {
      assertThat(client.await(store.putSnapshotAsync("accounts/7", ahead))).isFalse();
    }
    assertThat(accounts.load("7").state()).isEqualTo(new Account("Ada", 5, 2));
  }

  /** At version 10 one is due. */
  @Test
  void an_append_that_fails_where_a_snapshot_is_due_leaves_none() {
    handle(new Command.Open("Ada"));
    for (int i = 2; i <= 9; i++) {
      handle(new Command.Deposit(1));
    }
    Aggregate<Account, AccountEvent> late = accounts.load("7");
    late.apply(new AccountEvent.Deposited(100));
    assertThatThrownBy(() ->
            accounts
                .handleAsync(
                    "7",
                    ACCOUNTS,
                    new Command.Deposit(1_000),
                    append -> append.require(Compare.exists(Bytes.utf8(name + "/nothing"))))
                .join())
        .hasMessageContaining("what was required doesn't hold");
    assertThat(store.version("accounts/7")).isEqualTo(9);
    assertThat(client.await(store.snapshotAsync("accounts/7"))).isEmpty();

    NewEvent deposit = JsonEvents.of(AccountEvent.class).encode(new AccountEvent.Deposited(2));
    store.append("accounts/7", ExpectedVersion.exactly(9), deposit);
    assertThatThrownBy(() -> accounts.save(late)).isInstanceOf(QuorateException.Conflict.class);
    assertThat(client.await(store.snapshotAsync("accounts/7"))).isEmpty();
    assertThat(accounts.load("7").state()).isEqualTo(new Account("Ada", 10, 10));

    handle(new Command.Deposit(3));
    Snapshot kept = client.await(store.snapshotAsync("accounts/7")).orElseThrow();
    assertThat(kept.version()).isEqualTo(11);
    assertThat(JsonCodec.of(Account.class).decode(kept.state()))
        .isEqualTo(new Account("Ada", 13, 11));
  }

  @Test
  void a_snapshot_that_got_there_otherwise_is_not_used_unless_the_stream_has_what_it_stands_for() {
    handle(new Command.Open("Ada"));
    handle(new Command.Deposit(5));
    assertThat(accounts.snapshot(accounts.load("7"))).isTrue();
    Bytes stray = client.kv().get(name + "/n/accounts/7").orElseThrow().value();
    accounts.handle("8", ACCOUNTS, new Command.Open("Bob"));
    accounts.handle("8", ACCOUNTS, new Command.Deposit(1)); // as many, at another revision
    accounts.handle("9", ACCOUNTS, new Command.Open("Cid")); // not that many
    for (String id : List.of("8", "9", "10")) {
      client.kv().put(Put.of(Bytes.utf8(name + "/n/accounts/" + id), stray));
    }
    assertThat(accounts.load("8").state()).isEqualTo(new Account("Bob", 1, 2));
    assertThat(accounts.load("9").state()).isEqualTo(new Account("Cid", 0, 1));
    assertThat(accounts.load("10").state()).isEqualTo(Account.NONE);
  }

  @Test
  void a_snapshot_is_kept_when_it_is_wanted() {
    handle(new Command.Open("Ada"));
    handle(new Command.Deposit(5));
    Aggregate<Account, AccountEvent> loaded = accounts.load("7");
    assertThat(accounts.snapshot(loaded)).isTrue();
    store.truncate("accounts/7", loaded.version() + 1);
    assertThat(accounts.load("7").state()).isEqualTo(new Account("Ada", 5, 2));
    assertThat(accounts.snapshot(accounts.load("8"))).isFalse();
    loaded.apply(new AccountEvent.Deposited(1));
    assertThatThrownBy(() -> accounts.snapshot(loaded)).hasMessageContaining("save it first");
    Aggregates<Account, AccountEvent> plain =
        Aggregates.of(store, "accounts/", JsonEvents.of(AccountEvent.class), ACCOUNTS);
    assertThatThrownBy(() -> plain.snapshot(loaded)).hasMessageContaining("no snapshots");
  }

  @Test
  void what_an_evolver_throws_says_of_which_event_and_is_no_refusal() {
    handle(new Command.Open("Ada"));
    Aggregates<Account, AccountEvent> broken =
        Aggregates.of(
            store,
            "accounts/",
            JsonEvents.of(AccountEvent.class),
            Decider.of(
                Account.NONE,
                Account::decide,
                (account, event) -> {
                  throw new IllegalArgumentException("of the evolver");
                }));
    assertThatThrownBy(() -> broken.handle("7", ACCOUNTS, new Command.Deposit(5)))
        .isInstanceOf(QuorateException.class)
        .hasMessageContaining("event 1 of accounts/7 at ")
        .hasMessageContaining("of the evolver");
  }

  @Test
  void an_event_that_nobody_knows_stops_the_replay_and_says_where() {
    handle(new Command.Open("Ada"));
    store.append("accounts/7", ExpectedVersion.any(), NewEvent.of("Frozen", 1, Bytes.utf8("{}")));
    assertThatThrownBy(() -> accounts.load("7"))
        .isInstanceOfSatisfying(
            QuorateException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.VALUE_UNREADABLE))
        .hasMessageContaining("event 2 of accounts/7 at ")
        .hasMessageContaining("newer software");
  }

  @Test
  void what_is_told_of_a_subject_is_gone_with_its_key_and_the_aggregate_still_replays() {
    SubjectKeys keys = SubjectKeys.of(client, name + "/keys/");
    EncryptedEvents<AccountEvent> codec =
        new EncryptedEvents<>(
            JsonEvents.of(AccountEvent.class),
            keys,
            event ->
                event instanceof AccountEvent.Opened opened
                    ? Optional.of(opened.owner())
                    : Optional.empty(),
            event -> new AccountEvent.Erased());
    Aggregates<Account, AccountEvent> encrypted =
        Aggregates.of(store, "accounts/", codec, ACCOUNTS);
    encrypted.handle("9", ACCOUNTS, new Command.Open("Ada"));
    encrypted.handle("9", ACCOUNTS, new Command.Deposit(5));
    assertThat(encrypted.load("9").state()).isEqualTo(new Account("Ada", 5, 2));
    assertThat(store.read(StreamRead.of("accounts/9")).events().get(0).payload().toUtf8())
        .doesNotContain("Ada");
    RecordedEvent opened = store.read(StreamRead.of("accounts/9")).events().get(0);
    SubjectKeys elsewhere = SubjectKeys.of(client, name + "/keys/"); // as in another process
    EncryptedEvents<AccountEvent> reader =
        new EncryptedEvents<>(
            JsonEvents.of(AccountEvent.class),
            elsewhere,
            event -> Optional.empty(),
            event -> new AccountEvent.Erased());
    assertThatThrownBy(() -> reader.decode(opened)).hasMessageContaining("decodeAsync");
    assertThat(client.await(reader.decodeAsync(opened))).isEqualTo(new AccountEvent.Opened("Ada"));
    assertThat(keys.erase("Ada")).isTrue();
    assertThat(encrypted.load("9").state()).isEqualTo(new Account("", 5, 2));
    // she comes back, with another key: what was before stays erased
    encrypted.handle("10", ACCOUNTS, new Command.Open("Ada"));
    assertThat(encrypted.load("10").state().owner()).isEqualTo("Ada");
    assertThat(encrypted.load("9").state().owner()).isEmpty();
  }

  /** Its clock stands, and passes as it is told. */
  @Test
  void a_process_that_has_used_a_key_uses_it_no_longer_than_it_says_after_its_end() {
    SubjectKeys keys = SubjectKeys.of(client, name + "/keys/");
    EncryptedEvents<AccountEvent> codec = ofAda(keys);
    Aggregates.of(store, "accounts/", codec, ACCOUNTS)
        .handle("9", ACCOUNTS, new Command.Open("Ada"));
    RecordedEvent opened = store.read(StreamRead.of("accounts/9")).events().get(0);
    TroubledWay way = way();
    QuorateClient another = client(way);
    EncryptedEvents<AccountEvent> reader = ofAda(SubjectKeys.of(another, name + "/keys/"));
    assertThat(another.await(reader.decodeAsync(opened))).isEqualTo(new AccountEvent.Opened("Ada"));
    way.suspend();
    assertThat(keys.erase("Ada")).isTrue();
    assertThat(client.await(codec.decodeAsync(opened))).isEqualTo(new AccountEvent.Erased());
    assertThat(reader.decode(opened)).isEqualTo(new AccountEvent.Opened("Ada")); // for a moment
    way.pass(Duration.ofNanos(SubjectKeys.CACHE_NANOS + 1));
    assertThatThrownBy(() -> reader.decode(opened)).hasMessageContaining("decodeAsync");
    way.goOn();
    assertThat(another.await(reader.decodeAsync(opened))).isEqualTo(new AccountEvent.Erased());
    assertThat(reader.decode(opened)).isEqualTo(new AccountEvent.Erased());
  }

  private static EncryptedEvents<AccountEvent> ofAda(SubjectKeys keys) {
    return new EncryptedEvents<>(
        JsonEvents.of(AccountEvent.class),
        keys,
        event -> Optional.of("Ada"),
        event -> new AccountEvent.Erased());
  }

  @Test
  void a_snapshot_of_what_is_encrypted_is_encrypted_too() {
    SubjectKeys keys = SubjectKeys.of(client, name + "/keys/");
    EncryptedEvents<AccountEvent> codec = ofAda(keys);
    Snapshots<Account> plain = Snapshots.of(JsonCodec.of(Account.class), "account-1", 2);
    Aggregates<Account, AccountEvent> encrypted =
        Aggregates.of(store, "accounts/", codec, ACCOUNTS);
    assertThatThrownBy(() -> encrypted.with(plain)).isInstanceOf(IllegalArgumentException.class);
    Aggregates<Account, AccountEvent> kept =
        encrypted.with(plain.encryptedBy(keys, (id, account) -> Set.of("Ada")));
    kept.handle("9", ACCOUNTS, new Command.Open("Ada"));
    kept.handle("9", ACCOUNTS, new Command.Deposit(5));
    Snapshot snapshot = client.await(store.snapshotAsync("accounts/9")).orElseThrow();
    assertThat(snapshot.state().toUtf8()).doesNotContain("Ada");
    assertThat(kept.load("9").state()).isEqualTo(new Account("Ada", 5, 2));
    keys.erase("Ada");
    assertThat(kept.load("9").state()).isEqualTo(new Account("", 0, 2));
  }

  @Test
  void a_snapshot_is_sealed_by_all_whom_its_state_tells_of_whatever_the_aggregates_id() {
    SubjectKeys keys = SubjectKeys.of(client, name + "/keys/");
    Snapshots<Account> plain = Snapshots.of(JsonCodec.of(Account.class), "account-1", 1);
    Aggregates<Account, AccountEvent> kept =
        accounts.with(
            plain.encryptedBy(keys, (id, account) -> Set.of(account.owner().split(" and "))));
    for (String one : List.of("Ada", "Bob")) {
      String id = "of-" + one;
      kept.handle(id, ACCOUNTS, new Command.Open("Ada and Bob"));
      Snapshot snapshot = client.await(store.snapshotAsync("accounts/" + id)).orElseThrow();
      assertThat(snapshot.subjects()).containsExactly("Ada", "Bob");
      store.truncate("accounts/" + id, 2); // so that it can't come from the events
      assertThat(kept.load(id).state().owner()).isEqualTo("Ada and Bob");
      keys.erase(one);
      assertThatThrownBy(() -> kept.load(id)).hasMessageContaining("are truncated");
    }
  }

  @Test
  void a_snapshot_that_is_not_sealed_by_all_whom_its_state_tells_of_is_not_read() {
    SubjectKeys keys = SubjectKeys.of(client, name + "/keys/");
    Snapshots<Account> plain = Snapshots.of(JsonCodec.of(Account.class), "account-1", 1);
    accounts.with(plain).handle("7", ACCOUNTS, new Command.Open("Ada"));
    store.truncate("accounts/7", 2);
    assertThat(accounts.with(plain).load("7").state().owner()).isEqualTo("Ada");
    Snapshots<Account> sealed = plain.encryptedBy(keys, (id, account) -> Set.of(account.owner()));
    assertThatThrownBy(() -> accounts.with(sealed).load("7")).hasMessageContaining("are truncated");
  }

  @Test
  void what_goes_with_a_command_is_one_append_with_it() {
    accounts.handleAsync("7", ACCOUNTS, new Command.Open("Ada"), AggregatesTest::noted).join();
    assertThat(store.read(StreamRead.of("audit")).events().get(0).correlation()).isEqualTo("talk");
    Aggregate<Account, AccountEvent> account = accounts.load("7");
    account.apply(new AccountEvent.Deposited(1));
    AppendResult saved = client.await(accounts.saveAsync(account));
    assertThat(saved).isInstanceOf(AppendResult.Appended.class);
    assertThatThrownBy(() -> accounts.save(account)).hasMessageContaining("nothing is pending");
    account.apply(new AccountEvent.Deposited(2));
    Position last = accounts.save(account, AggregatesTest::noted);
    RecordedEvent noted = store.read(StreamRead.of("audit").last(1)).events().get(0);
    assertThat(noted.version()).isEqualTo(2);
    assertThat(noted.position()).isEqualTo(last);
  }

  private static Append noted(Append append) {
    return append
        .correlation("talk")
        .and("audit", ExpectedVersion.any(), List.of(NewEvent.of("Noted", Bytes.EMPTY)));
  }

  @Test
  void a_command_with_an_id_and_more_in_its_append_is_carried_out_once_and_says_where() {
    UUID id = new UUID(9, 9);
    Command open = new Command.Open("Ada");
    Handled<Account, AccountEvent> done =
        accounts.handle("7", ACCOUNTS, open, id, AggregatesTest::noted);
    assertThat(done.position())
        .isEqualTo(store.read(StreamRead.of("audit")).events().get(0).position());
    Handled<Account, AccountEvent> more =
        accounts.handle("7", ACCOUNTS, new Command.Deposit(1), AggregatesTest::noted);
    assertThat(more.position()).isGreaterThan(done.position());
    Handled<Account, AccountEvent> again =
        accounts.handle("7", ACCOUNTS, open, id, AggregatesTest::noted);
    assertThat(again.attempts()).isZero();
    assertThat(again.position()).isEqualTo(done.position());
    assertThat(store.version("audit")).isEqualTo(2);
    assertThat(handle(open).position()).isEqualTo(Position.START);
  }
}
