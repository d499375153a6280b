/**
 * Recipes in simulated time: locks, elections, semaphores, barriers and ids of several client
 * processes over one store, with all that can come between them and it.
 *
 * <p><b>Owns</b> the processes, their clocks and pauses, the way between them and the store with
 * its losses and late copies, what is asked of the recipes, and the judgement on what they did. The
 * store is a small cluster of members as they run in production, the client and the recipes are
 * those that users run; only channels and clocks are others.
 *
 * <p><b>Never</b> blocks, and never looks at a real clock or random number.
 *
 * <p><b>Invariants</b>: a schedule follows from its seed, and the number that it has in it; what is
 * judged is judged by what the store applied, seen from its own side.
 *
 * <p><b>Start</b> with {@link io.quorate.simulator.recipes.Schedule}, then {@link
 * io.quorate.simulator.recipes.Wire} and {@link io.quorate.simulator.recipes.LockJudge}.
 */
@NullMarked
package io.quorate.simulator.recipes;

import org.jspecify.annotations.NullMarked;
