package io.quorate.simulator;

import io.quorate.node.Quirk;
import java.util.Set;

/** Passes on to a world what happens on its hosts. */
final class WorldProcesses implements Host.Watcher {
  private final World world;
  private final Set<Quirk> quirks;

  WorldProcesses(World world, Set<Quirk> quirks) {
    this.world = world;
    this.quirks = quirks;
  }

  @Override
  public RunTrace run(long member) {
    return new RunTrace(
        world.groups().stream().map(each -> each.observer().new Run(member)).toList());
  }

  @Override
  public boolean has(Quirk quirk) {
    return quirks.contains(quirk);
  }

  @Override
  public void happened(Quirk quirk) {
    world.coverage().happened(quirk);
  }

  @Override
  public void stopped(long member, Throwable why) {
    world.stopped(member, why);
  }

  @Override
  public void removed(long member, String why) {
    world.operators().removed(world.host(member), why);
  }

  @Override
  public void spins(long member, String what) {
    world.violation("member " + member + " turns for nothing: " + what);
  }
}
