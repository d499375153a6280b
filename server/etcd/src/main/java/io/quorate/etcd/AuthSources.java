package io.quorate.etcd;

import java.util.function.LongSupplier;

/**
 * What recognising callers takes from the world.
 *
 * @param random a random number that nobody can guess, another at each call; on any thread
 * @param epochSeconds the time of day, for the end of signed tokens; on any thread
 */
public record AuthSources(LongSupplier random, LongSupplier epochSeconds) {}
