/** Shows that what was saved comes back, and that what is damaged doesn't. */
@NullMarked
package io.quorate.offline;

import org.jspecify.annotations.NullMarked;
