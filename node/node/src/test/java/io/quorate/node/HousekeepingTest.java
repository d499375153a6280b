package io.quorate.node;

import static io.quorate.node.WorldCalls.replica;
import static io.quorate.node.WorldCalls.warm;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Space is given back while others ask for it, and while a member ends. */
class HousekeepingTest {
  private static final long SECOND = 1_000_000_000L;

  private final List<String> heard = new ArrayList<>();

  @Test
  void each_who_asks_for_space_hears_once_when_it_is_back() {
    World world = new World(301);
    warm(world, 1);
    GroupReplica replica = replica(world, 1);
    replica.reclaim(asking("a"));
    replica.reclaim(asking("b"));
    replica.reclaim(asking("c"));
    world.runUntil("the answers", SECOND, () -> heard.size() == 3);
    assertThat(heard).containsExactly("a passed", "b passed", "c passed");
    replica.reclaim(asking("d"));
    world.run(SECOND);
    assertThat(heard).hasSize(4).last().isEqualTo("d passed");
  }

  @Test
  void who_waits_for_space_at_a_member_that_ends_is_refused_once() {
    World world = new World(302);
    warm(world, 1);
    GroupReplica replica = replica(world, 1);
    replica.reclaim(asking("a"));
    replica.reclaim(asking("b"));
    replica.close();
    assertThat(heard).containsExactly("a STOPPED", "b STOPPED");
    replica.reclaim(asking("c"));
    assertThat(heard).last().isEqualTo("c STOPPED");
    world.run(SECOND);
    assertThat(heard).hasSize(3);
  }

  private Barrier asking(String name) {
    return new Barrier() {
      @Override
      public void passed() {
        heard.add(name + " passed");
      }

      @Override
      public void refused(Refusal why) {
        heard.add(name + " " + why);
      }
    };
  }
}
