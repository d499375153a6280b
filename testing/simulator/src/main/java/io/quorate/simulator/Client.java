package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.AuthenticateRequest;
import io.quorate.kv.AuthenticateResponse;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.Compare;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.PutRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.kv.TxnRequest;
import io.quorate.kv.User;
import io.quorate.node.Barrier;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client: one operation after the other, each at some member, at a rate. It never asks again: an
 * operation whose answer didn't come is one whose outcome isn't known, and the next is another.
 */
final class Client {
  /** After so long a client gives an answer up. */
  private static final long PATIENCE = 15_000_000_000L;

  private static final long NETWORK = 100_000L;
  private static final long SECOND = 1_000_000_000L;

  private final World world;
  private final int number;
  private final Chance chance;
  private final long pauseMean;
  private final int keys;
  private boolean stopped;
  private int written;

  /** By group. */
  private final List<Seen> seen = new ArrayList<>();

  /** Its name; empty for nobody. Null for one that may do everything wherever that matters. */
  private final @Nullable String user;

  /** What it saw last of a group. */
  private static final class Seen {
    private Principal principal;

    Seen(Principal principal) {
      this.principal = principal;
    }

    private long revision;
    private Bytes key = Bytes.EMPTY;
    private long mod;
  }

  Client(World world, int number, Plan plan) {
    this.world = world;
    this.number = number;
    this.chance = Chance.of(plan.seed(), "client-" + number);
    this.pauseMean = plan.clients() * SECOND / plan.operationsPerSecond();
    this.keys = plan.keys();
    boolean named = number <= plan.users();
    this.user = !named ? null : number == plan.users() && number > 1 ? "" : "u" + number;
    for (int i = 0; i < plan.groups(); i++) {
      seen.add(new Seen(named ? Principal.NOBODY : plan.outsider()));
    }
  }

  /** Begins to ask. */
  void start() {
    stopped = false;
    later();
  }

  /** What is under way comes to its end; nothing more is asked. */
  void stop() {
    stopped = true;
  }

  private void later() {
    world
        .timeline()
        .at(
            world.timeline().now() + 1 + chance.exponential(pauseMean / world.haste()),
            null,
            this::ask);
  }

  private void ask() {
    if (stopped) {
      return;
    }
    long member = chance.oneOf(world.asked());
    int group = chance.below(seen.size());
    Seen last = seen.get(group);
    boolean serializable = false;
    KvRequest request =
        switch (chance.below(20)) {
          case 0, 1, 2, 3, 4, 5, 6 -> PutRequest.of(key(), value());
          case 7, 8 -> DeleteRangeRequest.one(key());
          case 9, 10 -> swap(last);
          case 11 -> new DeleteRangeRequest(key(), key(), false);
          case 12 ->
              world.plan().compacts() && chance.oneIn(10)
                  ? compaction(last)
                  : RangeRequest.one(key());
          case 13, 14 -> {
            serializable = true;
            yield RangeRequest.of(Bytes.utf8("k"), Bytes.utf8("l"));
          }
          case 15 -> RangeRequest.of(key(), Bytes.utf8("l"));
          default -> RangeRequest.one(key());
        };
    send(world.begin(number, member, group + 1, request, serializable));
  }

  private Bytes key() {
    return Bytes.utf8("k" + (char) ('a' + chance.below(keys) % 26) + chance.below(keys) / 26);
  }

  private Bytes value() {
    return Bytes.utf8("c" + number + "-" + ++written + "-" + "x".repeat(chance.below(40)));
  }

  /** Writes if nobody has since what this client saw last. */
  private TxnRequest swap(Seen last) {
    Bytes key = last.key.isEmpty() ? key() : last.key;
    Compare unchanged = Compare.number(key, Compare.Target.MOD, Compare.Result.EQUAL, last.mod);
    List<KvOp> write =
        chance.oneIn(3)
            ? List.of(PutRequest.of(key, value()), DeleteRangeRequest.one(Bytes.utf8("kzz")))
            : List.of(PutRequest.of(key, value()));
    return new TxnRequest(List.of(unchanged), write, List.of(RangeRequest.one(key)));
  }

  private CompactRequest compaction(Seen last) {
    return new CompactRequest(Math.max(1, last.revision - chance.below(20)), false);
  }

  private void send(Operation operation) {
    Host host = world.host(operation.member);
    Timeline timeline = world.timeline();
    timeline.at(
        timeline.now() + PATIENCE,
        null,
        () -> {
          if (operation.fate == Operation.Fate.OPEN) {
            world.coverage().reached(Probe.GIVEN_UP);
          }
          ended(operation, Operation.Fate.UNKNOWN, "gave up");
        });
    timeline.at(
        timeline.now() + 1 + chance.exponential(NETWORK),
        null,
        () -> {
          if (!host.isUp() || host.replica(operation.group) == null) {
            world.coverage().reached(Probe.NOBODY_LISTENS);
            answer(operation, Operation.Fate.REFUSED, "nobody listens");
            return;
          }
          // From here on it is the process's; if that ends, so does the connection.
          timeline.at(timeline.now(), host.life(), () -> arrive(operation, host));
          watch(operation, host.life());
        });
  }

  /** A process that ends takes its connections with it. */
  private void watch(Operation operation, Life life) {
    world.whenOver(
        operation, life, () -> answer(operation, Operation.Fate.UNKNOWN, "the connection broke"));
  }

  private void arrive(Operation operation, Host host) {
    Replica replica = host.replica(operation.group);
    if (replica == null) {
      answer(operation, Operation.Fate.REFUSED, "not begun");
      return;
    }
    if (operation.request instanceof RangeRequest range) {
      if (operation.serializable) {
        if (replica.hasState()) {
          read(operation, replica, range);
        } else {
          answer(operation, Operation.Fate.REFUSED, "no state to read");
        }
        return;
      }
      replica.readBarrier(
          new Barrier() {
            @Override
            public void passed() {
              read(operation, replica, range);
            }

            @Override
            public void refused(Refusal why) {
              world.coverage().refused(why);
              answer(operation, Operation.Fate.REFUSED, why.toString());
            }
          });
      return;
    }
    replica.write(
        operation.request,
        seen(operation).principal,
        new Reply<KvResult>() {
          @Override
          public void done(KvResult result) {
            if (result instanceof KvFailure(KvError error) && isOfRights(error)) {
              world.coverage().reached(Probe.WRITE_DENIED);
              denied(operation, replica, error);
            } else {
              answered(operation, result);
            }
          }

          @Override
          public void refused(Refusal why) {
            world.coverage().refused(why);
            answer(
                operation,
                hadNoEffect(why) ? Operation.Fate.REFUSED : Operation.Fate.UNKNOWN,
                why.toString());
          }
        });
  }

  private Seen seen(Operation operation) {
    return seen.get((int) operation.group - 1);
  }

  /** Reads, if it may: and it may if it may by what is applied where it reads. */
  private void read(Operation operation, Replica replica, RangeRequest range) {
    Principal principal = seen(operation).principal;
    KvError error = replica.authorizer().check(principal, range);
    long index = replica.status().appliedIndex();
    Rights rights = world.groups().get((int) operation.group - 1).rights();
    if ((error == null) != rights.may(index, principal, range)) {
      world.violation(
          "member %d says at %d of %s to %s: %s"
              .formatted(operation.member, index, range, principal, error));
    }
    if (error == null) {
      answered(operation, replica.latest().range(range));
    } else {
      world.coverage().reached(Probe.READ_DENIED);
      denied(operation, replica, error);
    }
  }

  private static boolean isOfRights(KvError error) {
    return error == KvError.USER_EMPTY
        || error == KvError.PERMISSION_DENIED
        || error == KvError.AUTH_OLD_REVISION;
  }

  /** It is told that it may not; perhaps it isn't recognised any more. */
  private void denied(Operation operation, Replica replica, KvError error) {
    answer(operation, Operation.Fate.REFUSED, error.toString());
    if (user == null || user.isEmpty() || !replica.hasState()) {
      return;
    }
    world.coverage().reachedIf(error == KvError.AUTH_OLD_REVISION, Probe.OLD_PASSWORD);
    User known = replica.authorizer().state().user(user);
    if (known != null && (error != KvError.PERMISSION_DENIED || chance.oneIn(10))) {
      replica.write(
          new AuthenticateRequest(user, known.since(), Bytes.utf8(user)),
          Principal.MEMBER,
          new Reply<KvResult>() {
            @Override
            public void done(KvResult result) {
              if (result instanceof AuthenticateResponse recognised) {
                world.coverage().reached(Probe.RECOGNISED);
                seen(operation).principal = recognised.holder();
              }
            }

            @Override
            public void refused(Refusal why) {
              world.coverage().refused(why);
            }
          });
    }
  }

  /** What a caller may conclude from a refusal, by what it says of itself. */
  private static boolean hadNoEffect(Refusal why) {
    return switch (why) {
      case NO_LEADER, OVERLOADED, TOO_LARGE, DISK_FULL, NOT_SERVING, REPAIRING, LEARNER -> true;
      case LEADER_CHANGED, TIMED_OUT, TIMED_OUT_LEADER_LOST, NOT_APPLIED, STOPPED -> false;
    };
  }

  /** The answer leaves; it may be lost with the process before it arrives. */
  private void answered(Operation operation, KvResult result) {
    Host host = world.host(operation.member);
    world
        .timeline()
        .at(
            world.timeline().now() + 1 + chance.exponential(NETWORK),
            host.life(),
            () -> {
              if (operation.fate == Operation.Fate.OPEN) {
                operation.result = result;
                reached(operation, host);
                learn(operation, result);
                ended(operation, Operation.Fate.ANSWERED, "");
              }
            });
  }

  private void reached(Operation operation, Host host) {
    Replica replica = host.replica(operation.group);
    if (operation.result instanceof KvFailure) {
      world.coverage().reached(Probe.COMPACTED_READ);
    } else if (replica != null && !operation.serializable && replica.leader() != host.member()) {
      world
          .coverage()
          .reached(
              operation.request instanceof RangeRequest
                  ? Probe.READ_ELSEWHERE
                  : Probe.WRITE_ELSEWHERE);
    }
  }

  private void learn(Operation operation, KvResult result) {
    if (result instanceof RangeResponse range && !operation.serializable) {
      Seen last = seen.get((int) operation.group - 1);
      last.revision = Math.max(last.revision, range.revision());
      if (operation.request instanceof RangeRequest asked && asked.rangeEnd().isEmpty()) {
        last.key = asked.key();
        last.mod = range.kvs().isEmpty() ? 0 : range.kvs().getFirst().modRevision();
      }
    }
    if (result instanceof KvFailure failure) {
      operation.why = failure.error().toString();
    }
  }

  private void answer(Operation operation, Operation.Fate fate, String why) {
    Timeline timeline = world.timeline();
    timeline.at(
        timeline.now() + 1 + chance.exponential(NETWORK), null, () -> ended(operation, fate, why));
  }

  private void ended(Operation operation, Operation.Fate fate, String why) {
    if (operation.fate != Operation.Fate.OPEN) {
      return;
    }
    operation.fate = fate;
    operation.why = why;
    operation.returned = world.timeline().now();
    world.ended(operation);
    later();
  }
}
