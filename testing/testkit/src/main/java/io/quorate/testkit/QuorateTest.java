package io.quorate.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test, or a class of tests, that needs a cluster. Parameters of these types are filled in, of
 * test and life-cycle methods and of the constructor:
 *
 * <ul>
 *   <li>{@link Cluster}: the cluster;
 *   <li>{@link io.quorate.client.QuorateClient}: {@link Cluster#client()};
 *   <li>{@link ClientProcess}: another process for each parameter, named as that is.
 * </ul>
 *
 * <pre>{@code
 * @QuorateTest(members = 3)
 * class OrdersTest {
 *   @Test
 *   void orders_are_taken_while_the_leader_is_down(Cluster cluster, QuorateClient client) {
 *     Orders orders = new Orders(client);
 *     try (Fault down = cluster.leader().kill()) {
 *       orders.take("42");
 *     }
 *   }
 * }
 * }</pre>
 *
 * <p>A class has one cluster for all of its tests. After each of them all faults end, keys and
 * leases are deleted, and processes are killed that the test has begun. What a test leaves beyond
 * that (users and roles, alarms, revisions) is there in the next; {@link #perMethod} avoids it. So
 * is what is written before all tests gone after the first.
 *
 * <p>If a test fails, its report says with which seed, and how to run it with that again. The
 * system property {@code quorate.testkit.seed} is used instead of every {@link #seed}.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(QuorateExtension.class)
public @interface QuorateTest {
  /** How many members the cluster has: 1, or 3 or 5 where members shall fail. */
  int members() default 1;

  /** Of all that is random in the cluster; 0 for another one each time. */
  long seed() default 0;

  /** Whether each test has a cluster of its own. A method that is annotated has one anyway. */
  boolean perMethod() default false;
}
