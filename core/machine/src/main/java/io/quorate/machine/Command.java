package io.quorate.machine;

import io.quorate.kv.KvRequest;
import java.util.Objects;

/**
 * What a normal entry of the log holds.
 *
 * @param proposal whose call it answers
 * @param request what to do
 */
public record Command(ProposalId proposal, KvRequest request) {
  /** Refuses nulls. */
  public Command {
    Objects.requireNonNull(proposal);
    Objects.requireNonNull(request);
  }
}
