package io.quorate.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * What a process does: it can be stopped, as by SIGSTOP, and finds what came meanwhile when it goes
 * on; and it can be ended. Used on the world's thread.
 */
final class Activity {
  private final ArrayDeque<Runnable> held = new ArrayDeque<>();
  private int pauses;
  private boolean over;

  /** Runs a task now, or when the process goes on; never if it has ended by then. */
  void act(Runnable task) {
    if (over) {
      return;
    }
    if (pauses > 0) {
      held.add(task);
    } else {
      task.run();
    }
  }

  boolean isPaused() {
    return pauses > 0;
  }

  boolean isOver() {
    return over;
  }

  /** Stops it, until it is resumed as often as it was paused. */
  void pause() {
    pauses++;
  }

  /** Lets it go on. */
  void resume() {
    if (pauses > 0 && --pauses == 0) {
      List<Runnable> meanwhile = new ArrayList<>(held);
      held.clear();
      meanwhile.forEach(this::act);
    }
  }

  /** Lets it go on, however often it was paused. */
  void resumeForGood() {
    pauses = Math.min(pauses, 1);
    resume();
  }

  /** It is gone, with all that it would have done. */
  void end() {
    over = true;
    held.clear();
  }
}
