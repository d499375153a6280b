package io.quorate.machine;

import io.quorate.kv.KvRequest;
import io.quorate.kv.Principal;
import java.util.Objects;

/**
 * What a normal entry of the log holds.
 *
 * @param proposal whose call it answers
 * @param principal for whom it is done
 * @param request what to do
 */
public record Command(ProposalId proposal, Principal principal, KvRequest request) {
  /** Refuses nulls. */
  public Command {
    Objects.requireNonNull(proposal);
    Objects.requireNonNull(principal);
    Objects.requireNonNull(request);
  }
}
