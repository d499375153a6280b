package io.quorate.cli;

/**
 * Whether a linearizable read through one endpoint succeeded.
 *
 * @param took how long it took, as Go writes times
 * @param error why not; empty if it did
 */
record EndpointHealth(String endpoint, boolean health, String took, String error) {}
