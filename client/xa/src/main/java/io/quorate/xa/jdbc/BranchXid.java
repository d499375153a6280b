package io.quorate.xa.jdbc;

import io.quorate.xa.branch.BranchId;
import java.util.Arrays;
import java.util.Optional;
import javax.transaction.xa.Xid;

/** A branch's name in XA's form. */
record BranchXid(BranchId id) implements Xid {
  @Override
  public int getFormatId() {
    return BranchId.FORMAT;
  }

  @Override
  public byte[] getGlobalTransactionId() {
    return id.global();
  }

  @Override
  public byte[] getBranchQualifier() {
    return id.qualifier();
  }

  /** The branch of that name; empty if it is none of Quorate's. */
  static Optional<BranchId> branch(Xid xid) {
    byte[] global = xid.getGlobalTransactionId();
    byte[] qualifier = xid.getBranchQualifier();
    return global == null || qualifier == null
        ? Optional.empty()
        : BranchId.of(xid.getFormatId(), global, qualifier);
  }

  /** Drivers compare names of their own making with ours. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Xid that
        && that.getFormatId() == getFormatId()
        && Arrays.equals(that.getGlobalTransactionId(), id.global())
        && Arrays.equals(that.getBranchQualifier(), id.qualifier());
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }
}
