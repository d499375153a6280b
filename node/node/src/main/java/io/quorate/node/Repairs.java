package io.quorate.node;

import io.quorate.base.ErrorCode;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.wal.Wal;
import java.io.IOException;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What members do for each other's damaged groups: this one's repairs, and its answers to others'.
 *
 * <p>A group whose log or state is damaged doesn't run. Whether that was found at the start or in a
 * running group, which ends by it, the way back is one: what is missing is had from the peers, the
 * group is read once more from the disk, and begins. Until then this member is to the others as if
 * it were down.
 *
 * <p>Used on the loop.
 */
final class Repairs {
  private final Node node;
  private final TreeMap<Long, LogRepair> running = new TreeMap<>();

  /** Groups that don't run here yet, or not any more, and will. */
  private final TreeSet<Long> awaited = new TreeSet<>();

  private final RepairSource source;

  Repairs(Node node) {
    this.node = node;
    source = new RepairSource(node);
  }

  /** A group lacks something of its log, or its state. */
  void begin(GroupRecovery lacking) {
    long group = lacking.group;
    awaited.add(group);
    LogRepair repair = new LogRepair(node, lacking, () -> repaired(group));
    running.put(group, repair);
    repair.begin();
  }

  /** A peer says that this member belongs no more: nobody will send what a group waits for. */
  void removed(String why) {
    if (!awaited.isEmpty()) {
      node.removed(why);
    }
  }

  /**
   * A running group has failed, for it found something of its own damaged: it ends, and begins
   * anew.
   *
   * @param state whether it is the state; else it is the log, if that can't be read
   */
  void anew(GroupReplica replica, boolean state) {
    // Not within the turn that it failed in.
    node.env()
        .loop()
        .execute(() -> {
          if (goesOn()) {
            long generation = replica.hard().generation;
            awaited.add(replica.group());
            node.unseat(replica);
            node.log().submit();
            look(replica.group(), generation, state);
          }
        });
  }

  /** The damage is noted where the next start finds it too. */
  private void look(long group, long generation, boolean state) {
    Wal wal = node.wal();
    node.read(
        () -> {
          List<Long> lost = wal.mending().unreadable(group);
          if (state || lost.isEmpty()) {
            mark(group, generation);
          }
          return lost;
        },
        lost -> lose(group, lost),
        why -> retry(() -> look(group, generation, state), why));
  }

  private void lose(long group, List<Long> lost) {
    node.env()
        .log()
        .execute(() -> {
          if (node.log().isStuck()) {
            node.env().loop().execute(() -> later(() -> lose(group, lost)));
            return;
          }
          try {
            lost.forEach(entry -> node.wal().mending().lose(group, entry));
            node.wal().sync();
            node.env().loop().execute(() -> repaired(group));
          } catch (RuntimeException | Error e) {
            node.env().loop().execute(() -> retry(() -> lose(group, lost), e));
          }
        });
  }

  /** Notes that a state was found damaged while it was in use; the next start asks for another. */
  void mark(GroupReplica replica) {
    long generation = replica.hard().generation;
    node.read(
        () -> {
          mark(replica.group(), generation);
          return true;
        },
        done -> {},
        why -> {});
  }

  private void mark(long group, long generation) {
    String mark = GroupRecovery.damageMark(group, generation);
    try {
      if (!node.env().disk().exists(mark)) {
        node.env().disk().create(mark).close();
        node.env().disk().syncDirectory("state/" + group);
      }
    } catch (IOException e) {
      throw QuorateException.of(ErrorCode.ENGINE_FAILED, mark + ": " + e.getMessage(), e);
    }
  }

  /** A group's log is whole again: the group begins. */
  private void repaired(long group) {
    running.remove(group);
    node.read(
        () -> {
          GroupRecovery again = node.recall(group);
          if (!again.isLacking()) {
            again.open(node.env().disk(), node.env().engines(), node.env().random());
          }
          return again;
        },
        again -> {
          if (!goesOn()) {
            again.abandon();
          } else if (again.isLacking()) {
            begin(again); // or more was found damaged meanwhile
          } else {
            node.env().log().execute(() -> mend(again));
          }
        },
        why -> retry(() -> repaired(group), why));
  }

  private void mend(GroupRecovery again) {
    try {
      again.mend(node.wal());
      node.wal().sync();
      node.env()
          .loop()
          .execute(() -> {
            awaited.remove(again.group);
            node.join(again);
          });
    } catch (RuntimeException | Error e) {
      again.abandon();
      node.env().loop().execute(() -> retry(() -> repaired(again.group), e));
    }
  }

  /** What failed for want of room is tried again; otherwise the member can't go on. */
  private void retry(Runnable work, Throwable why) {
    boolean full =
        why instanceof RejectedExecutionException
            || (why instanceof QuorateException e && e.code() == ErrorCode.DISK_FULL);
    if (!goesOn()) {
      return;
    }
    if (full) {
      later(work);
    } else {
      node.logFailed(why);
    }
  }

  private void later(Runnable work) {
    node.env()
        .loop()
        .schedule(
            Limits.DISK_FULL_RETRY_NANOS,
            () -> {
              if (goesOn()) {
                work.run();
              }
            });
  }

  private boolean goesOn() {
    return !node.isClosed() && !node.hasFailed();
  }

  /** Whether a group will run here that doesn't now: what peers say of it is kept until then. */
  boolean isAwaited(long group) {
    return awaited.contains(group);
  }

  /** What a group that doesn't run here waits for, in words. */
  String waitsFor(long group) {
    LogRepair repair = running.get(group);
    return "this member gets from its peers what its disk has lost"
        + (repair == null ? "" : ": " + repair.waitsFor());
  }

  void close() {
    running.values().forEach(LogRepair::close);
    running.clear();
  }

  void peerUp(long peer) {
    List.copyOf(running.values()).forEach(repair -> repair.peerUp(peer));
  }

  void peerDown(long peer) {
    List.copyOf(running.values()).forEach(repair -> repair.peerDown(peer));
  }

  void asked(long from, long group, @Nullable GroupReplica replica, FrameReader in)
      throws FrameReader.Malformed {
    source.asked(from, group, replica, in);
  }

  /** A frame for a group that isn't there yet. */
  void received(long from, long group, FrameType type, FrameReader in)
      throws FrameReader.Malformed {
    LogRepair repair = running.get(group);
    if (repair != null) {
      repair.received(from, type, in);
    }
  }
}
