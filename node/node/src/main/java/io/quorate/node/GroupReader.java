package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.wal.Damage;
import io.quorate.wal.GroupState;
import io.quorate.wal.WalVisitor;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Gathers what a log holds, group by group, and tells of the damage that it shows. */
final class GroupReader implements WalVisitor {
  private static final System.Logger LOG = System.getLogger(GroupReader.class.getName());

  private final NodeSettings settings;

  /** The number under which the log keeps what concerns the member itself. */
  private final long memberGroup;

  final TreeMap<Long, GroupRecovery> groups = new TreeMap<>();

  /** The member's own record; null if there is none. */
  @Nullable GroupState member;

  GroupReader(NodeSettings settings, long memberGroup) {
    this.settings = settings;
    this.memberGroup = memberGroup;
  }

  @Override
  public void group(GroupState state) {
    if (state.group() == memberGroup) {
      member = state;
    } else {
      groups.put(state.group(), new GroupRecovery(settings, state));
    }
  }

  @Override
  public void entry(long group, long index, long term, byte kind, Bytes payload, long hash) {
    GroupRecovery of = groups.get(group);
    if (of != null) {
      of.entry(index, term, kind, payload, hash);
    }
  }

  @Override
  public void missing(long group, long index) {
    GroupRecovery of = groups.get(group);
    if (of != null) {
      of.missing();
    }
  }

  @Override
  public void damaged(Damage damage) {
    LOG.log(System.Logger.Level.WARNING, "the log is damaged: {0}", damage);
  }
}
