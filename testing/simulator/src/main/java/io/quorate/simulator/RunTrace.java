package io.quorate.simulator;

import io.quorate.base.Bytes;
import io.quorate.kv.KvResult;
import io.quorate.raft.Role;
import java.util.List;

/** Hands what one run of a member tells to those who watch its groups. */
final class RunTrace implements HostTrace {
  private final List<Observer.Run> runs;

  /**
   * @param runs of the groups, in the order of their numbers
   */
  RunTrace(List<Observer.Run> runs) {
    this.runs = runs;
  }

  private Observer.Run of(long group) {
    return runs.get((int) group - 1);
  }

  @Override
  public int begins() {
    return runs.stream().mapToInt(Observer.Run::begins).sum();
  }

  @Override
  public void begun(long group) {
    of(group).begun();
  }

  @Override
  public void restored(long group, long index) {
    of(group).restored(index);
  }

  @Override
  public void applied(long group, long index, long term, byte kind, Bytes payload, long hash) {
    of(group).applied(index, term, kind, payload, hash);
  }

  @Override
  public void settled(long group, long index, long revision, long stateHash) {
    of(group).settled(index, revision, stateHash);
  }

  @Override
  public void committed(long group, long index) {
    of(group).committed(index);
  }

  @Override
  public void roleChanged(long group, Role role, long term, long leader) {
    of(group).roleChanged(role, term, leader);
  }

  @Override
  public void synced(long nanos, int batches) {}

  @Override
  public void written(long nanos) {}

  @Override
  public void applied(long group, KvResult result) {}

  @Override
  public void refused(long group) {}
}
