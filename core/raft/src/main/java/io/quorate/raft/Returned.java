package io.quorate.raft;

import io.quorate.base.Checks;
import org.jspecify.annotations.Nullable;

/**
 * A member whose directory was wiped, copied, damaged or put back from an older day, and that the
 * group has taken in again as this one. From the commit of the configuration that says so, this
 * life is the one that its peers know: {@link IncarnationRule}.
 *
 * @param member its id
 * @param boot the start at which it said that it had lost what it had
 * @param nonce drawn then
 * @param votes whether it had a vote, and gets it back when it has caught up
 */
public record Returned(long member, long boot, long nonce, boolean votes) {
  /** Checks the ranges. */
  public Returned {
    Checks.that(member != 0 && boot > 0, "member=%d boot=%d", member, boot);
  }

  /** Whether both mean the same life of a directory. */
  public boolean isLife(long ofBoot, long ofNonce) {
    return boot == ofBoot && nonce == ofNonce;
  }

  boolean isLifeOf(@Nullable Returned that) {
    return that != null && isLife(that.boot, that.nonce);
  }
}
