/** The recipes as users use them, each case on every store that they run on. */
@NullMarked
package io.quorate.recipes.it;

import org.jspecify.annotations.NullMarked;
