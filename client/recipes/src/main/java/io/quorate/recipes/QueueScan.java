package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.Kv;
import io.quorate.client.OpResponse;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.client.RangeResponse;
import io.quorate.client.Txn;
import io.quorate.client.TxnResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Looks through the keys below a prefix for those that take turns, all at one revision.
 *
 * <p>First without the values, which may be large and are mostly somebody else's; then the values
 * of what was found. A page holds about as many bytes as an answer should have: for each page etcd
 * counts all keys up to the range's end, so that many small ones would take long.
 *
 * <p>A queue's keys are told by their last parts: {@code NAME/LEASE}, {@code NAME/r/LEASE-NUMBER}
 * and so on. Other keys may look like that by chance, such as {@code NAME/8080}. So in each queue
 * there must be one key that is named by the very lease that it goes with, or says that it is had
 * by its owner's name.
 */
final class QueueScan {
  private static final long FIRST_PAGE_KEYS = 1_000;
  private static final long PAGE_KEYS_MAX = 20_000;
  private static final long PAGE_BYTES = 1 << 20;

  /** About what a key takes in an answer beside its name. */
  private static final long KEY_BYTES = 32;

  /** Values are an owner's name each, or what a leader says of itself. */
  private static final int VALUES_AT_ONCE = 16;

  private static final int HEX = 16;
  private static final int HEX_MAX = 16;

  private final QuorateClient client;
  private final Kv kv;
  private final Bytes prefix;

  /** Those of one name and kind, of which it isn't sure yet that they are a queue. */
  private static final class Found {
    final LockName name;
    final NamedQueue.Kind kind;
    final List<KeyValue> keys = new ArrayList<>();
    boolean sure;

    Found(LockName name, NamedQueue.Kind kind) {
      this.name = name;
      this.kind = kind;
    }

    /** Where its number of permits is. */
    Bytes limit() {
      return new SemaphoreKeys(name).limit();
    }
  }

  /** What a key looks like: one of this name and kind. */
  private record Looks(Bytes name, NamedQueue.Kind kind, boolean sure) {}

  /** In the order of their names. */
  private final Map<Bytes, Map<NamedQueue.Kind, Found>> found = new TreeMap<>();

  private int entries;

  QueueScan(QuorateClient client, Bytes prefix) {
    this.client = client;
    this.kv = client.kv();
    this.prefix = prefix;
  }

  Queues queues() {
    long revision = scan();
    List<Found> all = new ArrayList<>();
    for (Map<NamedQueue.Kind, Found> ofName : found.values()) {
      all.addAll(ofName.values());
    }
    makeSure(all, revision);
    all.removeIf(each -> !each.sure);
    Map<Bytes, KeyValue> whole = values(all, revision);
    List<NamedQueue> queues = new ArrayList<>();
    for (Found each : all) {
      queues.add(queue(each, whole));
    }
    return new Queues(revision, epoch(), List.copyOf(queues));
  }

  private long epoch() {
    try {
      return Epoch.of(client);
    } catch (QuorateException e) {
      if (e.code() == ErrorCode.PERMISSION_DENIED || e.code() == ErrorCode.DATA_DAMAGED) {
        return 0; // who holds what is told all the same
      }
      throw e;
    }
  }

  // ---- the keys --------------------------------------------------------------------------------

  /**
   * @return the revision at which they were
   */
  private long scan() {
    Range next = Range.prefix(prefix).withKeysOnly();
    long limit = FIRST_PAGE_KEYS;
    long revision = 0;
    while (true) {
      RangeResponse page = kv.range(next.limit(limit).revision(revision));
      revision = revision == 0 ? page.header().revision() : revision;
      long bytes = 0;
      for (KeyValue each : page.kvs()) {
        bytes += each.key().length() + KEY_BYTES;
        look(each);
      }
      if (!page.more() || page.kvs().isEmpty()) {
        return revision;
      }
      int count = page.kvs().size();
      limit = Math.max(1, Math.min(PAGE_KEYS_MAX, count * PAGE_BYTES / bytes));
      Bytes behind = Keys.after(page.kvs().get(count - 1).key());
      next = Range.between(behind, next.rangeEnd()).withKeysOnly();
    }
  }

  private void look(KeyValue key) {
    Looks looks = looks(key);
    if (looks == null || !looks.name().startsWith(prefix)) {
      return; // of a name that the prefix cuts short not all would be seen
    }
    Bytes name = looks.name().compact();
    Found of =
        found
            .computeIfAbsent(name, first -> new TreeMap<>())
            .computeIfAbsent(looks.kind(), kind -> new Found(LockName.found(name), kind));
    if (++entries > Queues.ENTRIES_MAX) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "more than "
              + Queues.ENTRIES_MAX
              + " keys below \""
              + prefix.toUtf8()
              + "\" look like those of locks: name a longer prefix");
    }
    of.keys.add(key);
    of.sure |= looks.sure();
  }

  private static @Nullable Looks looks(KeyValue kv) {
    int slash = slashBefore(kv.key(), kv.key().length());
    if (kv.lease() == 0 || slash < 0) {
      return null;
    }
    Bytes last = kv.key().slice(slash + 1, kv.key().length());
    Bytes lease = Bytes.utf8(Long.toHexString(kv.lease()));
    int digits = digits(last);
    if (digits == last.length()) {
      return digits == 0
          ? null
          : new Looks(
              kv.key().slice(0, slash), NamedQueue.Kind.EXCLUSIVE, /* sure= */ last.equals(lease));
    }
    if (digits == 0 || last.at(digits) != '-' || slash < 2 || kv.key().at(slash - 2) != '/') {
      return null;
    }
    NamedQueue.Kind kind =
        switch (kv.key().at(slash - 1)) {
          case 'r', 'w' -> NamedQueue.Kind.READ_WRITE;
          case 'p' -> NamedQueue.Kind.SEMAPHORE;
          default -> null;
        };
    return kind == null
        ? null
        : new Looks(
            kv.key().slice(0, slash - 2), kind, /* sure= */ last.slice(0, digits).equals(lease));
  }

  /** Where the last slash before a position is; −1 if there is none. */
  private static int slashBefore(Bytes key, int end) {
    for (int i = end - 1; i >= 0; i--) {
      if (key.at(i) == '/') {
        return i;
      }
    }
    return -1;
  }

  /** How many hexadecimal digits it begins with. */
  private static int digits(Bytes text) {
    int end = Math.min(text.length(), HEX_MAX + 1);
    for (int i = 0; i < end; i++) {
      if (Character.digit(text.at(i), HEX) < 0) {
        return i;
      }
    }
    return end > HEX_MAX ? 0 : end;
  }

  // ---- the values ------------------------------------------------------------------------------

  /** A lock that is had by a name goes with one lease after the other: its value tells. */
  private void makeSure(List<Found> all, long revision) {
    List<Bytes> firsts = new ArrayList<>();
    for (Found each : all) {
      if (!each.sure && each.kind == NamedQueue.Kind.EXCLUSIVE) {
        firsts.add(first(each).key());
      }
    }
    Map<Bytes, KeyValue> whole = read(firsts, revision);
    for (Found each : all) {
      KeyValue first = whole.get(first(each).key());
      each.sure |= first != null && Owner.isByName(first.value());
    }
  }

  private static KeyValue first(Found each) {
    return each.keys.stream().min(Comparator.comparingLong(KeyValue::createRevision)).orElseThrow();
  }

  private Map<Bytes, KeyValue> values(List<Found> all, long revision) {
    List<Bytes> keys = new ArrayList<>();
    for (Found each : all) {
      each.keys.forEach(key -> keys.add(key.key()));
      if (each.kind == NamedQueue.Kind.SEMAPHORE) {
        keys.add(each.limit());
      }
    }
    return read(keys, revision);
  }

  private Map<Bytes, KeyValue> read(List<Bytes> keys, long revision) {
    Map<Bytes, KeyValue> read = new LinkedHashMap<>();
    for (int from = 0; from < keys.size(); from += VALUES_AT_ONCE) {
      List<Bytes> some = keys.subList(from, Math.min(keys.size(), from + VALUES_AT_ONCE));
      TxnResponse response =
          kv.txn(
              Txn.always(
                  some.stream()
                      .map(key -> Range.key(key).revision(revision))
                      .toArray(Range[]::new)));
      for (OpResponse each : response.responses()) {
        ((RangeResponse) each).first().ifPresent(whole -> read.put(whole.key(), whole));
      }
    }
    return read;
  }

  private static NamedQueue queue(Found of, Map<Bytes, KeyValue> whole) {
    List<KeyValue> inOrder =
        of.keys.stream()
            .map(key -> whole.getOrDefault(key.key(), key))
            .sorted(Comparator.comparingLong(KeyValue::createRevision))
            .toList();
    return switch (of.kind) {
      case EXCLUSIVE -> new NamedQueue(of.name, of.kind, 1, of.name.entries(inOrder));
      case READ_WRITE ->
          new NamedQueue(of.name, of.kind, 0, new ReadWriteKeys(of.name).entries(inOrder));
      case SEMAPHORE -> {
        int permits = permits(Optional.ofNullable(whole.get(of.limit())));
        yield new NamedQueue(
            of.name, of.kind, permits, new SemaphoreKeys(of.name).entries(inOrder, permits));
      }
    };
  }

  private static int permits(Optional<KeyValue> limit) {
    try {
      return limit.map(kv -> Integer.parseInt(kv.value().toUtf8())).orElse(0);
    } catch (NumberFormatException e) {
      return 0; // whoever asks for a permit is told that it is damaged
    }
  }
}
