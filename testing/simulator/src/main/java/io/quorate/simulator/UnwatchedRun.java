package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.KvResult;
import io.quorate.raft.Role;

/** A run of a member that nobody looks at but for how often it begins. */
final class UnwatchedRun implements HostTrace {
  private int begins;

  @Override
  public int begins() {
    return begins;
  }

  @Override
  public boolean looks() {
    return false;
  }

  @Override
  public void begun(long group) {
    begins++;
  }

  @Override
  public void restored(long group, long index) {}

  @Override
  public void applied(long group, long index, long term, byte kind, Bytes payload, long hash) {}

  @Override
  public void settled(long group, long index, long revision, long stateHash) {}

  @Override
  public void committed(long group, long index) {}

  @Override
  public void roleChanged(long group, Role role, long term, long leader) {}

  @Override
  public void synced(long nanos, int batches) {}

  @Override
  public void written(long nanos) {}

  @Override
  public void applied(long group, KvResult result) {}

  @Override
  public void refused(long group) {}
}
