package io.quorate.simulator;

import io.quorate.node.Replica;

/** Hears what a group's observer has to tell, and looks at whom it is told of. */
final class GroupAlarm implements Observer.Alarm {
  private final World world;
  private final DurableLogs durable;
  private final long group;
  private final String prefix;

  /**
   * @param prefix what every violation's text begins with
   */
  GroupAlarm(World world, DurableLogs durable, long group, String prefix) {
    this.world = world;
    this.durable = durable;
    this.group = group;
    this.prefix = prefix;
  }

  @Override
  public void violation(String what) {
    world.violation(prefix + what);
  }

  @Override
  public void begins(long member) {
    Host host = world.host(member);
    world.timeline().at(world.timeline().now(), host.life(), () -> expectDurable(host));
  }

  private void expectDurable(Host host) {
    String wrong = durable.begun(host, group);
    if (!wrong.isEmpty() && !world.accidents().isSpoilt(host.member())) {
      violation(wrong);
    }
  }

  /** Who comes to lead has all that is committed (Raft, 3.6.3: leader completeness). */
  @Override
  public void leads(long member, long applied, long appliedTerm) {
    Host host = world.host(member);
    world
        .timeline()
        .at(world.timeline().now(), host.life(), () -> expectComplete(host, applied, appliedTerm));
    world.accidents().leads(world.group(group), host);
  }

  private void expectComplete(Host host, long applied, long appliedTerm) {
    Replica replica = host.replica(group);
    if (replica == null || !replica.hasState()) {
      return;
    }
    long term = replica.termAt(applied);
    if (replica.status().lastIndex() < applied || (term >= 0 && term != appliedTerm)) {
      violation(
          "member %d leads with a log up to %d, and %d of term %d had been applied, not of %d"
              .formatted(host.member(), replica.status().lastIndex(), applied, appliedTerm, term));
    }
  }
}
