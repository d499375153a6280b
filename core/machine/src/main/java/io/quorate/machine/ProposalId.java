package io.quorate.machine;

/**
 * Names one proposal for as long as anyone waits for it.
 *
 * @param member the member that took the call
 * @param life drawn at that member's start, so that a restarted member doesn't take an old answer
 *     for its own, also not if its directory was wiped in between
 * @param sequence the member's own numbering
 */
public record ProposalId(long member, long life, long sequence) {}
