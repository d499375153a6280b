/** Codecs of events, and their upcasters. */
@NullMarked
package io.quorate.events.codec;

import org.jspecify.annotations.NullMarked;
