package io.quorate.recipes.it;

import io.quorate.client.Session;
import io.quorate.recipes.DistributedLock;
import io.quorate.recipes.Mutex;
import io.quorate.recipes.ReadWriteLock;
import io.quorate.recipes.Semaphore;

/** What one holds at a time, each by means of its own. An election's queue is a mutex's. */
enum LockKind {
  MUTEX,
  WRITER,
  PERMIT;

  DistributedLock of(Session session, String name) {
    return switch (this) {
      case MUTEX -> Mutex.of(session, name);
      case WRITER -> ReadWriteLock.of(session, name).writeLock();
      case PERMIT -> Semaphore.of(session, name, 1);
    };
  }

  /** Below what the keys of those stand who have it or wait for it. */
  String places(String name) {
    return switch (this) {
      case MUTEX -> name + "/";
      case WRITER -> name + "/w/";
      case PERMIT -> name + "/p/";
    };
  }
}
