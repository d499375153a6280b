package io.quorate.recipes.ids;

import java.time.Instant;

/**
 * What an id was made of: see {@link SnowflakeLayout#decode}.
 *
 * @param time when, to the millisecond, by the clock of who made it
 * @param datacenter whose
 * @param worker which of its generators
 * @param sequence which of that millisecond
 */
public record IdParts(Instant time, int datacenter, int worker, long sequence) {}
