package io.quorate.simulator;

import java.util.ArrayList;
import java.util.List;

/** The clients of a world that watch and those that have leases. */
final class Audience {
  private final List<Group> groups;
  private final List<WatchingClient> watching = new ArrayList<>();
  private final List<LeasingClient> leasing = new ArrayList<>();

  Audience(World world, Plan plan, List<Group> groups) {
    this.groups = groups;
    for (int i = 1; i <= plan.watchers(); i++) {
      Chance chance = Chance.of(plan.seed(), "watching-" + i);
      watching.add(new WatchingClient(world, chance.oneOf(groups), chance, plan.keys()));
    }
    for (int i = 1; i <= plan.leasers(); i++) {
      Chance chance = Chance.of(plan.seed(), "leasing-" + i);
      leasing.add(new LeasingClient(world, chance.oneOf(groups), i, chance));
    }
  }

  void start() {
    watching.forEach(WatchingClient::start);
    leasing.forEach(LeasingClient::start);
  }

  /** Whatever has a lease lets it end. */
  void stopRenewing() {
    leasing.forEach(LeasingClient::stop);
  }

  /** Whether all watchers have heard all, and no lease lives on that nobody renews. */
  boolean isQuiet() {
    return watching.stream().allMatch(WatchingClient::hasHeardAll)
        && groups.stream().noneMatch(each -> each.truth().hasLeases());
  }
}
