package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.wal.EntryVisitor;
import java.util.ArrayList;
import java.util.List;

/** Consecutive entries as they were read back from the log. */
final class LogRun implements EntryVisitor {
  private record Entry(long index, long term, byte kind, Bytes payload, long hash) {}

  private final List<Entry> entries = new ArrayList<>();

  @Override
  public void entry(long index, long term, byte kind, Bytes payload, long hash) {
    entries.add(new Entry(index, term, kind, payload, hash));
  }

  int size() {
    return entries.size();
  }

  long index(int i) {
    return entries.get(i).index();
  }

  long term(int i) {
    return entries.get(i).term();
  }

  byte kind(int i) {
    return entries.get(i).kind();
  }

  Bytes payload(int i) {
    return entries.get(i).payload();
  }

  long hash(int i) {
    return entries.get(i).hash();
  }
}
