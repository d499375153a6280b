/** What is known of events without a store. */
@NullMarked
package io.quorate.events;

import org.jspecify.annotations.NullMarked;
