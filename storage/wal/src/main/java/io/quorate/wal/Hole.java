package io.quorate.wal;

/**
 * What a member may have acknowledged and no longer has: the log's last batch was found damaged,
 * and nothing shows whether its sync had succeeded.
 *
 * <p>Until the node has settled it ({@link Wal#resolveHole}: filled from peers, or dropped once a
 * quorum is known to lack it, or the group has no other member), the member must help no candidate
 * to win that lacks these entries; if it is {@code open}, it can't know what it promised, and keeps
 * silent at first. It outlives restarts.
 *
 * @param from the first index that may be missing or, at or below the group's last index as
 *     recovered, may have been overridden
 * @param to the last index that is known to have been there; {@code from - 1} if none is
 * @param open whether there may have been entries above {@code to}, because not even the batch's
 *     outline survived
 * @param hardState whether a term, a vote or a configuration may be missing as well
 * @param term the highest term that intact headers show; if not {@code open}, nothing lost is above
 *     it and the group's term
 * @param vote the vote of that term, as its header shows it; 0 if none does. If not {@code open},
 *     there was no other
 */
public record Hole(long from, long to, boolean open, boolean hardState, long term, long vote) {}
