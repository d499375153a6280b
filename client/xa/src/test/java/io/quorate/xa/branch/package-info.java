/** Names of branches, as bytes and as text. */
@NullMarked
package io.quorate.xa.branch;

import org.jspecify.annotations.NullMarked;
