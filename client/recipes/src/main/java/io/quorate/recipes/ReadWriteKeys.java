package io.quorate.recipes;

import io.quorate.base.Bytes;
import io.quorate.client.KeyValue;
import java.util.ArrayList;
import java.util.List;

/** What stands below a read-write lock's name, and who is in whose way. */
final class ReadWriteKeys {
  private final Bytes readers;
  private final Bytes writers;
  private final Candidate.Queue reading;
  private final Candidate.Queue writing;

  ReadWriteKeys(LockName name) {
    readers = name.below("r/");
    writers = name.below("w/");
    reading =
        new Candidate.Queue(
            writers, kv -> isOf(writers, kv) && !Owner.reads(kv.value()), /* mayStepAside= */ true);
    writing = new Candidate.Queue(name.prefix(), this::has, /* mayStepAside= */ false);
  }

  /** Whether a key is one of these, and not of a lock with a longer name. */
  private static boolean isOf(Bytes prefix, KeyValue kv) {
    if (!kv.key().startsWith(prefix)) {
      return false;
    }
    String rest = kv.key().slice(prefix.length(), kv.key().length()).toUtf8();
    return rest.indexOf('/') < 0 && rest.indexOf('-') > 0;
  }

  /** What all readers' keys begin with. */
  Bytes readers() {
    return readers;
  }

  /** What all writers' keys begin with. */
  Bytes writers() {
    return writers;
  }

  /** Who is in a reader's way: the writers that were there before. */
  Candidate.Queue reading() {
    return reading;
  }

  /** Who is in a writer's way: all that were there before. */
  Candidate.Queue writing() {
    return writing;
  }

  private boolean has(KeyValue kv) {
    return isOf(readers, kv) || isOf(writers, kv);
  }

  /** Who holds it, and who waits. */
  List<QueueEntry> entries(Iterable<KeyValue> inOrder) {
    List<QueueEntry> entries = new ArrayList<>();
    boolean readersWait = false;
    boolean writersWait = false;
    for (KeyValue kv : inOrder) {
      if (isOf(readers, kv)) {
        entries.add(QueueEntry.of(QueueEntry.Role.READER, kv, !readersWait));
      } else if (isOf(writers, kv)) {
        boolean held = Owner.reads(kv.value()); // and has become a reader then
        QueueEntry.Role role = held ? QueueEntry.Role.READER : QueueEntry.Role.WRITER;
        entries.add(QueueEntry.of(role, kv, held || !writersWait));
      }
      readersWait |= reading.inTheWay().test(kv);
      writersWait |= writing.inTheWay().test(kv);
    }
    return List.copyOf(entries);
  }
}
