package io.quorate.wal;

import io.quorate.base.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * What the log holds of a group besides its entries.
 *
 * @param group its id
 * @param term Raft's current term
 * @param vote the member voted for in that term; 0 if none
 * @param blob what the node keeps with the hard state; the log doesn't look into it
 * @param configuration the last one that was stored, by itself or with a snapshot mark
 * @param baseIndex the index that the log begins above: trimmed to, or replaced by a snapshot
 * @param baseTerm that index's term
 * @param baseHash that index's rolling hash
 * @param generation of the engine, as of the last snapshot mark; 0 if there was none
 * @param lastIndex the last entry's index; {@code baseIndex} if there are no entries
 * @param lastTerm that index's term
 * @param lastHash that index's rolling hash
 * @param hole what may have been acknowledged and is missing; null if nothing is
 */
public record GroupState(
    long group,
    long term,
    long vote,
    Bytes blob,
    Bytes configuration,
    long baseIndex,
    long baseTerm,
    long baseHash,
    long generation,
    long lastIndex,
    long lastTerm,
    long lastHash,
    @Nullable Hole hole) {}
