package io.quorate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.quorate.architecture.planted.Offender;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which threads the product may start. */
class ThreadRulesTest {
  private static final Set<String> VIRTUAL =
      Set.of(
          "java.lang.Thread.ofVirtual",
          "java.lang.Thread.startVirtualThread",
          "java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor");

  /** Whoever shares the JVM may block the few carriers that all virtual threads have. */
  @Test
  void nothing_that_ships_waits_for_the_turn_of_a_virtual_thread() {
    assertThat(Repository.shippedClasses())
        .flatExtracting(ThreadRulesTest::virtualThreads)
        .extracting(JavaAccess::getDescription)
        .isEmpty();
    JavaClass planted = new ClassFileImporter().importClass(Offender.class);
    assertThat(virtualThreads(planted)).hasSize(1);
  }

  private static List<? extends JavaAccess<?>> virtualThreads(JavaClass type) {
    return type.getAccessesFromSelf().stream()
        .filter(
            access -> VIRTUAL.contains(access.getTargetOwner().getName() + "." + access.getName()))
        .toList();
  }
}
