package io.quorate.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Every sector of the log in turn, damaged on all disks but one: nothing is lost, and nobody has to
 * do anything. {@code -Dsectors.each=N} tries only each Nth of them.
 */
@ExtendWith(QuietLogs.class)
class DamagedSectorTest {
  private static final int EACH = Integer.getInteger("sectors.each", 3);

  @Test
  void any_sector_of_the_log_that_is_good_on_one_disk_only_is_repaired_from_there() {
    Plan plan = Plan.calm(7, 3, 40 << 10);
    int tried = 0;
    List<String> wrong = new ArrayList<>();
    for (Map.Entry<String, Integer> file : World.logAfter(plan, 1).entrySet()) {
      int sectors = file.getValue() / plan.sectorBytes();
      for (int sector = 0; sector < sectors; sector++) {
        for (SimulatedDisk.Rot what : SimulatedDisk.Rot.values()) {
          tried++;
          if (tried % EACH != 0) {
            continue;
          }
          World.Damage damage = new World.Damage(1 + tried % 3, file.getKey(), sector, what);
          Outcome outcome = World.damaged(plan, damage, false);
          if (!outcome.violations().isEmpty()) {
            wrong.add(damage + ": " + outcome.violations());
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(tried).isGreaterThan(100);
  }
}
