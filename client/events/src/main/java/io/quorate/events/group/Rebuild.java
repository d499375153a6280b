package io.quorate.events.group;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.events.Position;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One time that a projection is made anew, from the beginning of a generation to the end of the one
 * that it takes the place of.
 *
 * <p>What is to be caught up with is noted once a second, and then it is asked whether the new
 * generation has come to that: what is in use goes on meanwhile, so that at no moment is the one
 * where the other is.
 */
final class Rebuild {
  private static final int LOOKS = 10;

  private final Projection projection;
  private final CompletableFuture<Projection.Generation> done;
  private long number;
  private Position target = Position.START;

  /** How often the generation is to be held against the target before that is noted anew. */
  private int looksLeft;

  Rebuild(Projection projection, CompletableFuture<Projection.Generation> done) {
    this.projection = projection;
    this.done = done;
  }

  /** Begins a generation, or goes on with the one in the making. */
  void begin() {
    projection.again(
        done,
        () -> projection.begunAsync().thenCompose(this::begin),
        begun -> {
          number = begun;
          if (begun == 0) {
            begin(); // somebody else was faster
          } else {
            look();
          }
        });
  }

  /** The number of the generation in the making, or 0 if it isn't known. */
  private CompletableFuture<Long> begin(ProjectionState state) {
    ProjectionState.Made making = state.making();
    if (making == null) {
      ProjectionState next = state.making(projection.form());
      return projection
          .change(state, next, List.of(projection.group(next.last()).definition()))
          .thenApply(changed -> changed ? next.last() : 0);
    }
    if (!making.form().equals(projection.form())) {
      throw QuorateException.of(
          ErrorCode.STATE_MOVED,
          "a generation of "
              + projection.name()
              + " of the form "
              + making.form()
              + " is in the making");
    }
    return CompletableFuture.completedFuture(making.number());
  }

  private void look() {
    projection.again(
        done,
        projection::stateAsync,
        state -> {
          ProjectionState.Made making = state.making();
          if (state.inUse().number() == number) {
            end(state);
          } else if (making == null || making.number() != number) {
            done.completeExceptionally(
                QuorateException.of(
                    ErrorCode.STATE_MOVED,
                    "generation " + number + " of " + projection.name() + " was dropped"));
          } else if (looksLeft == 0) {
            note(state);
          } else {
            swap(state);
          }
        });
  }

  private void note(ProjectionState state) {
    projection.again(
        done,
        () -> projection.group(state.inUse().number()).furthestAsync(),
        furthest -> {
          target = furthest;
          looksLeft = LOOKS;
          swap(state);
        });
  }

  private void swap(ProjectionState state) {
    long begun = projection.client().timer().nanoTime();
    looksLeft--;
    projection.again(
        done,
        () -> projection.progress(state, target).thenCompose(progress -> swap(state, progress)),
        swapped -> {
          if (swapped) {
            look();
          } else {
            long took = projection.client().timer().nanoTime() - begun;
            long pause = Math.max(Projection.LOOK_NANOS, took); // where much is read for a look
            projection.client().timer().after(pause, this::look);
          }
        });
  }

  private CompletableFuture<Boolean> swap(ProjectionState state, Projection.Progress progress) {
    if (!progress.isCaughtUp()) {
      return CompletableFuture.completedFuture(false);
    }
    if (!progress.parked().isEmpty()) {
      ParkedEvent first = progress.parked().get(0);
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "generation %d of %s couldn't take in %d events that what is in use has, the first at %s: %s"
              .formatted(
                  number,
                  projection.name(),
                  progress.parked().size(),
                  first.position().toText(),
                  first.reason()));
    }
    return projection.change(state, state.swapped(), List.of());
  }

  private void end(ProjectionState state) {
    projection.again(
        done,
        projection::cleanAsync,
        cleaned -> done.complete(projection.generation(state.inUse())));
  }
}
