/** What of transactions is written into the store, byte by byte. */
@NullMarked
package io.quorate.xa;

import org.jspecify.annotations.NullMarked;
