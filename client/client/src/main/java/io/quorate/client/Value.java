package io.quorate.client;

/**
 * A value as it stood at some revision, under its name.
 *
 * @param name its key behind the prefix of its {@link Values}
 * @param modRevision the revision that wrote it: no other state of the name has it
 */
public record Value<V>(String name, V value, long modRevision) {}
