/** What is appended, followed and consumed in simulated time, and whether its judge sees. */
@NullMarked
package io.quorate.simulator.events;

import org.jspecify.annotations.NullMarked;
