package io.quorate.streams;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.kv.CreationScan;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Reads appends in the order of their revisions, those of one revision together.
 *
 * <p>Unchanging; may be carried out by any thread that may use the reader.
 */
public final class StreamRead {
  private static final int COMMITS_MAX = 10_000;
  private static final long BYTES_AIMED = 2L << 20;

  /** How much is looked at for one page: keys, and appends that are asked for an event. */
  private static final int LOOKS_MAX = 10_000;

  private final StreamKeys keys;
  private final List<EventItem> items;
  private final long from;
  private final long limit;

  private StreamRead(StreamKeys keys, List<EventItem> items, long from, long limit) {
    this.keys = keys;
    this.items = items;
    this.from = from;
    this.limit = limit == 0 ? COMMITS_MAX : Math.min(limit, COMMITS_MAX);
  }

  /**
   * A page.
   *
   * @param revision of the store
   * @param commits by create revision, of one revision by key
   * @param upTo up to which revision all were told
   * @param end whether that is all there are
   * @param since appends before this revision aren't in order; if it is behind where the page was
   *     to begin, nothing was read
   */
  public record Page(long revision, List<KeyValue> commits, long upTo, boolean end, long since) {
    /** Copies the list. */
    public Page {
      commits = List.copyOf(commits);
    }
  }

  /**
   * Reads the message {@code quorate.events.v1.ReadRequest}.
   *
   * @throws MalformedMessage if it isn't one, or says what makes no sense
   */
  public static StreamRead read(Bytes message) {
    Bytes root = Bytes.EMPTY;
    List<EventItem> items = new ArrayList<>();
    long from = 0;
    long limit = 0;
    ProtoReader in = new ProtoReader(message);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> root = in.bytes();
        case 2 -> items.add(EventItem.read(in.message()));
        case 3 -> from = in.number();
        case 4 -> limit = in.number();
        default -> {}
      }
    }
    if (items.isEmpty()) {
      throw new MalformedMessage("nothing is looked for; an empty item is for everything");
    }
    if (items.size() > Limits.STREAM_ITEMS_MAX) {
      throw new MalformedMessage("a read names at most " + Limits.STREAM_ITEMS_MAX + " items");
    }
    if (from < 0 || limit < 0) {
      throw new MalformedMessage(
          "neither from nor limit is negative, and they are " + from + " and " + limit);
    }
    return new StreamRead(Names.root(root), items, from, limit);
  }

  /** All that it may read, as ranges. */
  public List<KvOp> touches() {
    List<KvOp> all = new ArrayList<>();
    items.forEach(item -> all.addAll(item.reads(keys)));
    return all;
  }

  /** Reads a page of what is there now. */
  public Page page(KvReader now) {
    Map<Bytes, Boolean> groups = groups();
    long since = 0;
    for (boolean byTag : groups.values()) {
      since = Math.max(since, now.followedSince(byTag ? keys.tagged() : keys.commits()));
    }
    if (since > from) {
      return new Page(now.revision(), List.of(), 0, false, since);
    }
    List<Source> sources = new ArrayList<>();
    try {
      groups.forEach(
          (group, byTag) -> sources.add(new Source(now.createdFrom(group, from), byTag)));
      return page(now, sources, since);
    } finally {
      sources.forEach(Source::close);
    }
  }

  /** Where the appends are found: by tags, unless an item has none. */
  private Map<Bytes, Boolean> groups() {
    Map<Bytes, Boolean> groups = new LinkedHashMap<>();
    for (EventItem item : items) {
      if (item.tags().isEmpty()) {
        return Map.of(keys.commits(), false);
      }
      groups.put(keys.tagged(item.tags().get(0)), true);
    }
    return groups;
  }

  private Page page(KvReader now, List<Source> sources, long since) {
    Selection selection = new Selection(now);
    List<KeyValue> commits = selection.commits;
    long upTo = 0;
    while (commits.size() < limit && selection.bytes < BYTES_AIMED && selection.looks < LOOKS_MAX) {
      long revision = Long.MAX_VALUE;
      for (Source source : sources) {
        revision = Math.min(revision, source.revision());
      }
      if (revision == Long.MAX_VALUE) {
        return new Page(now.revision(), commits, now.revision(), true, since);
      }
      TreeSet<Bytes> together = new TreeSet<>();
      for (Source source : sources) {
        while (source.revision() == revision) {
          together.add(source.commit(keys));
          source.next();
          selection.looks++;
        }
      }
      together.forEach(selection::addIfMatching);
      upTo = revision;
    }
    return new Page(now.revision(), commits, upTo, false, since);
  }

  /** What a page has so far, and what it took to find it. */
  private final class Selection {
    final List<KeyValue> commits = new ArrayList<>();
    private final KvReader now;
    private final List<Bytes> prefixes;
    long bytes;
    long looks;

    Selection(KvReader now) {
      this.now = now;
      prefixes = items.stream().map(item -> item.prefix(keys)).toList();
    }

    void addIfMatching(Bytes key) {
      KeyValue commit = null;
      for (int i = 0; i < prefixes.size(); i++) {
        if (key.startsWith(prefixes.get(i))) {
          commit = commit == null ? now.get(key) : commit;
          if (commit == null) {
            return;
          }
          if (items.get(i).matches(prefixes.get(i), commit, 0)) {
            commits.add(commit);
            bytes += key.length() + commit.value().length();
            return;
          }
          looks += 1 + EventItem.looks(commit);
        }
      }
    }
  }

  /** One order of keys, at the first that isn't taken yet. */
  private static final class Source implements AutoCloseable {
    private final CreationScan scan;
    private final boolean byTag;
    private boolean atEnd;

    Source(CreationScan scan, boolean byTag) {
      this.scan = scan;
      this.byTag = byTag;
      next();
    }

    void next() {
      atEnd = !scan.next();
    }

    long revision() {
      return atEnd ? Long.MAX_VALUE : scan.revision();
    }

    Bytes commit(StreamKeys keys) {
      return byTag ? keys.commitOfTagged(scan.rest()) : scan.key();
    }

    @Override
    public void close() {
      scan.close();
    }
  }
}
