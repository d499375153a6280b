package io.quorate.kv;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random requests over a few dozen keys, all of them reachable from a seed. */
final class Requests {
  private final Random random;
  private final int keys;

  Requests(long seed, int keys) {
    this.random = new Random(seed);
    this.keys = keys;
  }

  /** A valid request or one that the validator refuses; more often a write than anything else. */
  KvRequest next(long revision) {
    int dice = random.nextInt(100);
    if (dice < 40) {
      return put();
    }
    if (dice < 50) {
      return delete();
    }
    if (dice < 54) {
      return leaseChange();
    }
    if (dice < 56) {
      return alarmChange();
    }
    if (dice < 94) {
      return txn(revision, 1);
    }
    if (dice < 96) {
      return new CompactRequest(revision - random.nextInt(60) + 2, random.nextBoolean());
    }
    return range(revision);
  }

  /** Keys that are prefixes of each other, with zero bytes and high bytes among them. */
  Bytes key() {
    int number = random.nextInt(keys);
    byte[] alphabet = {0, 1, 'a', 'b', (byte) 0xff};
    byte[] key = new byte[1 + number % 3];
    for (int i = 0; i < key.length; i++) {
      key[i] = alphabet[number % alphabet.length];
      number /= alphabet.length;
    }
    return Bytes.wrap(key);
  }

  private Bytes rangeEnd() {
    return switch (random.nextInt(8)) {
      case 0 -> Bytes.wrap(new byte[1]);
      case 1, 2, 3 -> key();
      default -> Bytes.EMPTY;
    };
  }

  private Bytes value() {
    byte[] value = new byte[random.nextInt(4)];
    random.nextBytes(value);
    return Bytes.wrap(value);
  }

  private long lease() {
    return random.nextInt(5) == 0 ? leaseId() : 0;
  }

  private long leaseId() {
    long[] ids = {1, 1, 2, -2, Long.MIN_VALUE, -1};
    return ids[random.nextInt(ids.length)];
  }

  /** Taken back four times as often as raised, so that most requests meet none. */
  private AlarmRequest alarmChange() {
    AlarmKind kind = random.nextBoolean() ? AlarmKind.NO_SPACE : AlarmKind.CORRUPT;
    long member = random.nextBoolean() ? 0 : -1;
    boolean byMember = random.nextInt(3) == 0;
    return random.nextInt(5) == 0
        ? new AlarmRaiseRequest(member, kind, byMember)
        : new AlarmClearRequest(member, kind, byMember);
  }

  private LeaseRequest leaseChange() {
    return switch (random.nextInt(6)) {
      case 0 -> new LeaseRevokeRequest(leaseId());
      case 1 -> new LeaseExpireRequest(1, List.of(leaseId(), leaseId()));
      case 2 ->
          new LeaseCheckpointRequest(
              1, List.of(new LeaseCheckpointRequest.Remaining(leaseId(), random.nextInt(3))));
      default -> new LeaseGrantRequest(leaseId(), 1 + random.nextInt(100));
    };
  }

  private PutRequest put() {
    boolean ignoreValue = random.nextInt(10) == 0;
    boolean ignoreLease = random.nextInt(10) == 0;
    return new PutRequest(
        key(),
        ignoreValue ? Bytes.EMPTY : value(),
        ignoreLease ? 0 : lease(),
        random.nextBoolean(),
        ignoreValue,
        ignoreLease);
  }

  private DeleteRangeRequest delete() {
    return new DeleteRangeRequest(key(), rangeEnd(), random.nextBoolean());
  }

  RangeRequest range(long revision) {
    boolean filtered = random.nextInt(4) == 0;
    boolean historical = random.nextBoolean();
    SortOrder[] orders = {SortOrder.NONE, SortOrder.ASCEND, SortOrder.DESCEND};
    SortTarget[] targets = {
      SortTarget.KEY, SortTarget.VERSION, SortTarget.CREATE, SortTarget.MOD, SortTarget.VALUE
    };
    return new RangeRequest(
        key(),
        random.nextBoolean() ? Bytes.wrap(new byte[1]) : rangeEnd(),
        random.nextInt(3) == 0 ? random.nextInt(6) : 0,
        historical ? revision - random.nextInt(80) + 3 : 0,
        orders[random.nextInt(3)],
        random.nextBoolean() ? SortTarget.KEY : targets[random.nextInt(5)],
        random.nextInt(5) == 0,
        random.nextInt(8) == 0,
        bound(filtered, revision),
        bound(filtered, revision),
        bound(filtered, revision),
        bound(filtered, revision));
  }

  private long bound(boolean filtered, long revision) {
    return filtered && random.nextBoolean() ? Math.max(0, revision - random.nextInt(50)) : 0;
  }

  private TxnRequest txn(long revision, int depth) {
    List<Compare> compares = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      compares.add(compare(revision));
    }
    return new TxnRequest(compares, steps(revision, depth), steps(revision, depth));
  }

  private List<KvOp> steps(long revision, int depth) {
    List<KvOp> steps = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      int dice = random.nextInt(100);
      if (dice < 50) {
        steps.add(put());
      } else if (dice < 60) {
        steps.add(delete());
      } else if (dice < 80 || depth == 4) {
        RangeRequest range = range(revision);
        // A transaction with one revision too new fails as a whole; let most succeed.
        steps.add(random.nextInt(8) == 0 ? range : RangeRequest.of(range.key(), range.rangeEnd()));
      } else {
        steps.add(txn(revision, depth + 1));
      }
    }
    return steps;
  }

  Compare compare(long revision) {
    Compare.Target[] targets = Compare.Target.values();
    Compare.Result[] results = Compare.Result.values();
    Compare.Target target = targets[random.nextInt(targets.length)];
    long number =
        switch (target) {
          case VERSION -> random.nextInt(4);
          case CREATE, MOD -> Math.max(0, revision - random.nextInt(20));
          case LEASE -> random.nextInt(2);
          case VALUE, UNRECOGNIZED -> 0;
        };
    Bytes value = target == Compare.Target.VALUE ? value() : Bytes.EMPTY;
    return new Compare(
        key(), rangeEnd(), target, results[random.nextInt(results.length)], number, value);
  }
}
