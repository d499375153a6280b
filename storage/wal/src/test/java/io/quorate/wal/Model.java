package io.quorate.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.base.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a log should hold, kept the plain way: a map of groups with lists of entries. */
final class Model {
  record Entry(long index, long term, byte kind, Bytes payload, long hash) {
    @Override
    public String toString() {
      return "%d/%d/%x".formatted(index, term, hash);
    }
  }

  static final class Group {
    long term;
    long vote;
    Bytes blob = Bytes.EMPTY;
    Bytes configuration = Bytes.EMPTY;
    long baseIndex;
    long baseTerm;
    long baseHash;
    long generation;
    List<Entry> entries = new ArrayList<>();

    long last() {
      return baseIndex + entries.size();
    }

    long lastTerm() {
      return entries.isEmpty() ? baseTerm : entries.getLast().term();
    }

    long lastHash() {
      return entries.isEmpty() ? baseHash : entries.getLast().hash();
    }

    Group copy() {
      Group copy = new Group();
      copy.term = term;
      copy.vote = vote;
      copy.blob = blob;
      copy.configuration = configuration;
      copy.baseIndex = baseIndex;
      copy.baseTerm = baseTerm;
      copy.baseHash = baseHash;
      copy.generation = generation;
      copy.entries = new ArrayList<>(entries);
      return copy;
    }

    /** Whether it is as a group that was never mentioned. */
    boolean blank() {
      return text().equals(new Group().text());
    }

    String text() {
      return "term %d vote %d blob %s conf %s base %d/%d/%x gen %d %s"
          .formatted(
              term, vote, blob, configuration, baseIndex, baseTerm, baseHash, generation, entries);
    }
  }

  final Map<Long, Group> groups = new TreeMap<>();

  Group group(long id) {
    return groups.computeIfAbsent(id, unseen -> new Group());
  }

  /** Appends or overrides; the entry's hash follows from the one before. */
  Entry append(long id, long index, long term, byte kind, Bytes payload) {
    Group group = group(id);
    while (group.last() >= index) {
      group.entries.removeLast();
    }
    assertThat(group.last()).isEqualTo(index - 1);
    long hash = LogHash.next(group.lastHash(), term, kind, payload);
    Entry entry = new Entry(index, term, kind, payload, hash);
    group.entries.add(entry);
    return entry;
  }

  void trim(long id, long index) {
    Group group = group(id);
    while (group.baseIndex < index) {
      Entry gone = group.entries.removeFirst();
      group.baseIndex = gone.index();
      group.baseTerm = gone.term();
      group.baseHash = gone.hash();
    }
  }

  void mark(long id, long index, long term, long hash, Bytes configuration, long generation) {
    Group group = group(id);
    group.entries.clear();
    group.baseIndex = index;
    group.baseTerm = term;
    group.baseHash = hash;
    group.configuration = configuration;
    group.generation = generation;
  }

  Model copy() {
    Model copy = new Model();
    groups.forEach((id, group) -> copy.groups.put(id, group.copy()));
    return copy;
  }

  /** Brings back what a log lacks, as a peer does that has it all. */
  void restore(Wal wal) {
    groups.forEach((id, group) -> {
      for (long last = wal.mending().missing(id); last > 0; last = wal.mending().missing(id)) {
        List<LogEntry> run = new ArrayList<>();
        long previous = group.baseHash;
        for (Entry entry : group.entries) {
          if (entry.index() < last - 2) {
            previous = entry.hash();
          } else if (entry.index() <= last) {
            run.add(
                new LogEntry(
                    entry.index(), entry.term(), entry.kind(), entry.payload(), entry.hash()));
          }
        }
        assertThat(run).as("entry %d of group %d", last, id).isNotEmpty();
        assertThat(wal.mending().restore(id, previous, run)).isPositive();
        wal.sync();
      }
    });
  }

  String text() {
    StringBuilder text = new StringBuilder();
    groups.forEach((id, group) -> {
      if (!group.blank()) {
        text.append(id).append(": ").append(group.text()).append('\n');
      }
    });
    return text.toString();
  }

  /** Collects what a log hands over when it is opened. */
  static final class Collector implements WalVisitor {
    final Model model = new Model();
    final Map<Long, Hole> holes = new TreeMap<>();
    @Nullable Damage damage;

    /** By group, the entries that were found damaged. */
    final Map<Long, List<Long>> missing = new TreeMap<>();

    @Override
    public void group(GroupState state) {
      Group group = model.group(state.group());
      group.term = state.term();
      group.vote = state.vote();
      group.blob = state.blob();
      group.configuration = state.configuration();
      group.baseIndex = state.baseIndex();
      group.baseTerm = state.baseTerm();
      group.baseHash = state.baseHash();
      group.generation = state.generation();
      Hole hole = state.hole();
      if (hole != null) {
        holes.put(state.group(), hole);
      }
    }

    @Override
    public void entry(long id, long index, long term, byte kind, Bytes payload, long hash) {
      Group group = model.group(id);
      assertThat(index).isEqualTo(group.last() + 1);
      if (!missing.getOrDefault(id, List.of()).contains(index - 1)) {
        assertThat(hash).isEqualTo(LogHash.next(group.lastHash(), term, kind, payload));
      }
      group.entries.add(new Entry(index, term, kind, payload, hash));
    }

    @Override
    public void missing(long id, long index) {
      missing.computeIfAbsent(id, none -> new ArrayList<>()).add(index);
      model.group(id).entries.add(new Entry(index, 0, (byte) 0, Bytes.EMPTY, 0));
    }

    @Override
    public void damaged(Damage place) {
      damage = place;
    }
  }
}
