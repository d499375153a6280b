package io.quorate.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The hot lane works without allocating: bytes are counted, not guessed. */
final class AllocationTest {
  private static final int WARM_UP = 20_000;
  private static final int WINDOW = 20_000;
  private static final int WINDOWS = 10;
  private static final int PAYLOAD_BYTES = 100;

  /** What a {@link Trio} does again and again. */
  enum Step {
    A_TURN_WITH_A_COMMAND {
      @Override
      void take(Trio trio) {
        trio.write(1);
      }
    },
    A_TURN_WITH_MANY_COMMANDS {
      @Override
      void take(Trio trio) {
        trio.write(128);
      }
    },
    A_LEADERS_PART {
      @Override
      void take(Trio trio) {
        trio.lead(4);
      }
    },
    A_FOLLOWERS_PART {
      @Override
      void take(Trio trio) {
        trio.follow(4);
      }
    },
    A_READ {
      @Override
      void take(Trio trio) {
        trio.read();
      }
    },
    A_HEARTBEAT {
      @Override
      void take(Trio trio) {
        trio.heartbeat();
      }
    };

    abstract void take(Trio trio);
  }

  /** Trimming the log is part of it: what grows with the log must find its size in the warm-up. */
  @ParameterizedTest
  @EnumSource
  void a_step_of_the_hot_lane_allocates_nothing(Step step) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Trio trio = new Trio(PAYLOAD_BYTES);
    take(step, trio, WARM_UP);
    // The compiler has its own say, once in a while: a few hundred bytes as it replaces code. So it
    // is one whole window that must be without.
    long allocated = Long.MAX_VALUE;
    for (int i = 0; i < WINDOWS && allocated > 0; i++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      take(step, trio, WINDOW);
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(allocated).as("bytes in %d steps", WINDOW).isZero();
  }

  private static void take(Step step, Trio trio, int times) {
    for (int i = 0; i < times; i++) {
      step.take(trio);
    }
  }
}
