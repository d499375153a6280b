package io.quorate.node;

import java.util.function.Consumer;
import java.util.function.Supplier;

/** A group's replica as what is watched. */
record ReplicaWatched(GroupReplica replica, Node node) implements WatchedState {
  @Override
  public long revision() {
    return replica.applier().machine().revision();
  }

  @Override
  public long compactedRevision() {
    return replica.applier().machine().compactedRevision();
  }

  @Override
  public Replica.View view() {
    return replica.view();
  }

  @Override
  public <T> void read(Supplier<T> work, Consumer<T> done, Runnable failed) {
    node.read(replica, work, done, failed);
  }

  @Override
  public void again() {
    node.dirty(replica);
  }

  @Override
  public void later(long delayNanos, Runnable task) {
    node.env().loop().schedule(delayNanos, task);
  }
}
