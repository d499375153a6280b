package io.quorate.events.group;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.client.Op;
import io.quorate.events.RecordedEvent;
import java.util.List;

/** What is done for an event: here, or by the store as the checkpoint moves. */
interface Handling {
  /** Whether it is the store that does it, in the same step. */
  boolean isInStep();

  /**
   * Does what is done here.
   *
   * @return what the store is to do
   */
  List<Op> handle(RecordedEvent event) throws Exception;

  static Handling atLeastOnce(EventHandler handler) {
    return new Handling() {
      @Override
      public boolean isInStep() {
        return false;
      }

      @Override
      public List<Op> handle(RecordedEvent event) throws Exception {
        handler.handle(event);
        return List.of();
      }
    };
  }

  static Handling exactlyOnce(Projector projector) {
    return new Handling() {
      @Override
      public boolean isInStep() {
        return true;
      }

      @Override
      public List<Op> handle(RecordedEvent event) throws Exception {
        List<Op> ops = List.copyOf(projector.project(event));
        if (ops.size() > ConsumerGroup.OPS_MAX) {
          throw QuorateException.of(
              ErrorCode.INVALID_REQUEST,
              "an event was projected to "
                  + ops.size()
                  + " writes, and a step has at most "
                  + ConsumerGroup.OPS_MAX);
        }
        return ops;
      }
    };
  }
}
