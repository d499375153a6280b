package io.quorate.recipes.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.codec.JsonCodec;
import io.quorate.events.AppendResult;
import io.quorate.events.EventStore;
import io.quorate.events.ExpectedVersion;
import io.quorate.events.NewEvent;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An aggregate's state is what its events add up to, and nothing is decided by a state of before.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(EventsOn.class)
@Timeout(60)
class AggregatesTest extends RecipeCase {
  private final EventStore store;
  private final Aggregates<Account, AccountEvent> accounts;

  AggregatesTest(EventsOn on) {
    super(on.store(), "aggregates");
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
    assertThat(keys.erase("Ada")).isTrue();
    assertThat(encrypted.load("9").state()).isEqualTo(new Account("", 5, 2));
    // she comes back, with another key: what was before stays erased
    encrypted.handle("10", ACCOUNTS, new Command.Open("Ada"));
    assertThat(encrypted.load("10").state().owner()).isEqualTo("Ada");
    assertThat(encrypted.load("9").state().owner()).isEmpty();
  }

  @Test
  void a_snapshot_of_what_is_encrypted_is_encrypted_too() {
    SubjectKeys keys = SubjectKeys.of(client, name + "/keys/");
    EncryptedEvents<AccountEvent> codec =
        new EncryptedEvents<>(
            JsonEvents.of(AccountEvent.class),
            keys,
            event -> Optional.of("Ada"),
            event -> new AccountEvent.Erased());
    Snapshots<Account> plain = Snapshots.of(JsonCodec.of(Account.class), "account-1", 2);
    Aggregates<Account, AccountEvent> encrypted =
        Aggregates.of(store, "accounts/", codec, ACCOUNTS);
    assertThatThrownBy(() -> encrypted.with(plain)).isInstanceOf(IllegalArgumentException.class);
    Aggregates<Account, AccountEvent> kept = encrypted.with(plain.encryptedBy(keys, id -> "Ada"));
    kept.handle("9", ACCOUNTS, new Command.Open("Ada"));
    kept.handle("9", ACCOUNTS, new Command.Deposit(5));
    Snapshot snapshot = client.await(store.snapshotAsync("accounts/9")).orElseThrow();
    assertThat(snapshot.state().toUtf8()).doesNotContain("Ada");
    assertThat(kept.load("9").state()).isEqualTo(new Account("Ada", 5, 2));
    keys.erase("Ada");
    assertThat(kept.load("9").state()).isEqualTo(new Account("", 0, 2));
  }

  @Test
  void what_goes_with_a_command_is_one_append_with_it() {
    accounts
        .handleAsync(
            "7",
            ACCOUNTS,
            new Command.Open("Ada"),
            append ->
                append
                    .correlation("talk")
                    .and(
                        "audit", ExpectedVersion.any(), List.of(NewEvent.of("Noted", Bytes.EMPTY))))
        .join();
    assertThat(store.read(StreamRead.of("audit")).events().get(0).correlation()).isEqualTo("talk");
    Aggregate<Account, AccountEvent> account = accounts.load("7");
    account.apply(new AccountEvent.Deposited(1));
    AppendResult saved = client.await(accounts.saveAsync(account));
    assertThat(saved).isInstanceOf(AppendResult.Appended.class);
    assertThatThrownBy(() -> accounts.save(account)).hasMessageContaining("nothing is pending");
  }
}
