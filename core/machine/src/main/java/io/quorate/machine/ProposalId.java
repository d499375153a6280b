package io.quorate.machine;

/**
 * Names one proposal for as long as anyone waits for it.
 *
 * @param member the member that took the call
 * @param boot that member's count of starts, so that a restarted member doesn't take an old answer
 *     for its own
 * @param sequence the member's own numbering
 */
public record ProposalId(long member, long boot, long sequence) {}
