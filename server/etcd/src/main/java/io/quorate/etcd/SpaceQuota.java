package io.quorate.etcd;

import io.quorate.base.Limits;
import io.quorate.kv.Alarm;
import io.quorate.kv.AlarmClearRequest;
import io.quorate.kv.AlarmKind;
import io.quorate.kv.AlarmRaiseRequest;
import io.quorate.kv.AlarmRequest;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvStore;
import io.quorate.kv.Principal;
import io.quorate.node.Barrier;
import io.quorate.node.Loop;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Reply;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the state within its quota: raises the group's space alarm when this member's state has
 * grown past it or would, has the space of what was compacted given back, and takes the alarm back
 * when there is room again.
 *
 * <p>What an alarm refuses is decided where requests are applied; here puts that come to this
 * member are refused before they are proposed, once the alarm is raised. Until then they are
 * proposed behind it, and refused with it in force: whoever is told that there is no space finds
 * the alarm, as with etcd. Deletions, compactions and the log have no quota: a state that is full
 * stays one that can be made smaller.
 *
 * <p>The leader takes back the alarms of members that have left.
 *
 * <p>An alarm that this member raised goes when the state has been below {@link
 * Limits#QUOTA_CLEAR_PERCENT} of the quota for a while, so that it doesn't come and go with each
 * put; and an operator who compacts, defragments and then takes it back, as with etcd, finds it.
 * One that a client raised stays. One that a client took back while there is no room is raised
 * again at the next look.
 *
 * <p>Used on the replica's loop.
 */
final class SpaceQuota {
  private static final System.Logger LOG = System.getLogger(SpaceQuota.class.getName());

  /** What isn't done isn't tried again before the next compaction: it is a lot of work. */
  private static final Barrier ONCE =
      new Barrier() {
        @Override
        public void passed() {}

        @Override
        public void refused(Refusal why) {}
      };

  /** With less room than this it is reckoned what a request adds; as a rule they are smaller. */
  private static final long NEAR_BYTES = 64L << 20;

  private final Replica replica;
  private final long member;
  private final long bytesMax;

  private Loop.@Nullable Timer timer;
  private long lookedAt;
  private boolean looked;

  /** What the state took at the last look. */
  private long bytes;

  /** The last look at which there was no room, or was none for a request. */
  private long nearlyAt;

  /** Whether the alarm stood then. */
  private boolean raised;

  /** The state is too large, and the alarm that says so is agreed on. */
  private boolean full;

  /** Whether the alarm, or the end of one, is on its way. */
  private boolean raising;

  private boolean clearing;

  /** The last compaction whose space was asked for. */
  private long reclaimed = -1;

  SpaceQuota(Replica replica, long member, long bytesMax) {
    this.replica = replica;
    this.member = member;
    this.bytesMax = bytesMax;
  }

  /** Begins to look. */
  void start() {
    timer = replica.loop().schedule(Limits.QUOTA_LOOK_NANOS, this::tick);
  }

  void close() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  /** Refuses whatever takes space, while the state is too large. */
  void checkSpace() {
    if (isFull()) {
      throw EtcdError.NO_SPACE.asException();
    }
  }

  /**
   * Refuses a request that would make the state grow, in whichever branch, while it is too large.
   */
  void check(KvRequest request) {
    if (isFull() && KvStore.grows(request)) {
      throw EtcdError.NO_SPACE.asException();
    }
    if (bytesMax - bytes < NEAR_BYTES && !raised) {
      long more = KvStore.growth(request);
      if (more > 0 && bytes + more > bytesMax) {
        raise(); // the request goes behind the alarm, and is refused by it
      }
    }
  }

  private void raise() {
    nearlyAt = lookedAt;
    propose(new AlarmRaiseRequest(member, AlarmKind.NO_SPACE, true));
  }

  private boolean isFull() {
    if (bytesMax == Long.MAX_VALUE) {
      return false;
    }
    if (!looked || replica.loop().now() - lookedAt >= Limits.QUOTA_LOOK_NANOS) {
      look();
    }
    return full;
  }

  private void tick() {
    start();
    look();
  }

  private void look() {
    lookedAt = replica.loop().now();
    nearlyAt = looked ? nearlyAt : lookedAt;
    looked = true;
    if (!replica.hasState()) {
      return;
    }
    ReplicaStatus status = replica.status();
    bytes = status.bytesOnDisk();
    boolean exceeded = bytes > bytesMax;
    boolean nearly = bytes > bytesMax / 100 * Limits.QUOTA_CLEAR_PERCENT;
    if (nearly) {
      nearlyAt = lookedAt;
    }
    raised = false;
    boolean own = false;
    for (Alarm alarm : status.alarms()) {
      if (alarm.member() == member && alarm.kind() == AlarmKind.NO_SPACE) {
        raised = true;
        own = alarm.byMember();
      }
    }
    full = exceeded && raised;
    if (exceeded && !raised) {
      raise();
    } else if (!nearly && own && lookedAt - nearlyAt >= Limits.QUOTA_CLEAR_NANOS) {
      propose(new AlarmClearRequest(member, AlarmKind.NO_SPACE, true));
    }
    if (status.isLeader()) {
      endAlarmsOfWhoLeft(status.alarms());
    }
    if (nearly && status.compactedRevision() > reclaimed) {
      reclaimAfter(status.compactedRevision());
    }
  }

  /** Who isn't in the cluster any more can't take its alarm back; the leader does it for them. */
  private void endAlarmsOfWhoLeft(List<Alarm> alarms) {
    for (Alarm alarm : alarms) {
      if (alarm.byMember()
          && replica.membership().members().stream()
              .noneMatch(each -> each.id() == alarm.member())) {
        propose(new AlarmClearRequest(alarm.member(), alarm.kind(), true));
      }
    }
  }

  /** The engine would give the space back when the next files come; on a full member none do. */
  private void reclaimAfter(long revision) {
    long before = reclaimed;
    reclaimed = revision;
    replica.compacted(
        revision,
        new Barrier() {
          @Override
          public void passed() {
            replica.reclaim(ONCE);
          }

          @Override
          public void refused(Refusal why) {
            reclaimed = before; // the next look tries again
          }
        });
  }

  private void propose(AlarmRequest request) {
    boolean raises = request instanceof AlarmRaiseRequest;
    if ((raises ? raising : clearing) || replica.leader() == 0) {
      return;
    }
    underWay(raises, true);
    replica.write(
        request,
        Principal.MEMBER,
        new Reply<KvResult>() {
          @Override
          public void done(KvResult result) {
            underWay(raises, false);
            raised |= raises;
            LOG.log(
                raises ? System.Logger.Level.WARNING : System.Logger.Level.INFO,
                raises
                    ? "space alarm raised bytes={0,number,#} quota={1,number,#}"
                    : "space alarm taken back bytes={0,number,#} quota={1,number,#}",
                bytes,
                bytesMax);
          }

          @Override
          public void refused(Refusal why) {
            underWay(raises, false); // the next look tries again
          }
        });
  }

  private void underWay(boolean raises, boolean is) {
    if (raises) {
      raising = is;
    } else {
      clearing = is;
    }
  }
}
