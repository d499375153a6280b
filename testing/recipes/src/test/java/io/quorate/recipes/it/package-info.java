/**
 * The recipes as users use them, each case on every store that they run on.
 *
 * <p><b>Owns</b> what real servers can be brought to say and do: a case's clients may go to them by
 * a way that loses, delays and forges what it carries, and in processes that are stopped. What
 * needs time to pass in thousands of ways is the simulator's.
 *
 * <p><b>Start</b> with {@link io.quorate.recipes.it.RecipeCase}, then {@link
 * io.quorate.recipes.it.TroubledWay}; which test keeps out which defect is in {@code
 * docs/hazards.md}.
 */
@NullMarked
package io.quorate.recipes.it;

import org.jspecify.annotations.NullMarked;
