package io.quorate.etcd;

import io.quorate.base.Checks;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.node.Loop;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Gives up history by itself: what is older than a time, or further back than a number of
 * revisions. The leader does it; the others watch the revisions go by, so that they are ready when
 * they lead.
 *
 * <p>Lives on the replica's loop: made, started and closed there.
 */
public final class AutoCompaction implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(AutoCompaction.class.getName());

  /** Pause between compactions when the time kept is longer than this. */
  private static final Duration PAUSE_MAX = Duration.ofHours(1);

  private static final Duration REVISIONS_PAUSE = Duration.ofMinutes(5);

  /** Looks at the revision for each pause between compactions. */
  private static final int LOOKS = 10;

  /** How history is given up. */
  public sealed interface Policy {
    /** It isn't. */
    record Off() implements Policy {}

    /** What is older than this goes. */
    record Periodic(Duration kept) implements Policy {}

    /** What lies more revisions back than this goes. */
    record Revisions(long kept) implements Policy {}
  }

  private final Replica replica;
  private final long memberId;
  private final Policy policy;
  private final long lookEveryNanos;
  private final int samplesMax;

  /** The revision at each look, oldest first: the first is as old as the time that is kept. */
  private final ArrayDeque<Long> samples = new ArrayDeque<>();

  private Loop.@Nullable Timer timer;
  private long pauseNanos;
  private long compactedAt;
  private long compactedRevision;

  /** A compaction of a replica by a policy, not started yet. */
  public AutoCompaction(Replica replica, long memberId, Policy policy) {
    this.replica = replica;
    this.memberId = memberId;
    this.policy = policy;
    switch (policy) {
      case Policy.Off _ -> {
        lookEveryNanos = 0;
        samplesMax = 0;
      }
      case Policy.Periodic periodic -> {
        Checks.that(periodic.kept().isPositive(), "kept=%s", periodic.kept());
        Duration pause = periodic.kept().compareTo(PAUSE_MAX) > 0 ? PAUSE_MAX : periodic.kept();
        lookEveryNanos = pause.dividedBy(LOOKS).toNanos();
        samplesMax = (int) Math.min(periodic.kept().toNanos() / lookEveryNanos + 1, 1 << 20);
        pauseNanos = periodic.kept().toNanos();
      }
      case Policy.Revisions revisions -> {
        Checks.that(revisions.kept() > 0, "kept=%d", revisions.kept());
        lookEveryNanos = REVISIONS_PAUSE.toNanos();
        samplesMax = 1;
      }
    }
  }

  /** Begins to look. */
  public void start() {
    if (!(policy instanceof Policy.Off)) {
      compactedAt = replica.loop().now();
      sample();
      next();
    }
  }

  @Override
  public void close() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void next() {
    timer = replica.loop().schedule(lookEveryNanos, this::look);
  }

  private void look() {
    next();
    if (!replica.hasState()) {
      return;
    }
    long target =
        switch (policy) {
          case Policy.Off _ -> 0;
          case Policy.Periodic periodic -> {
            long oldest = samples.getFirst();
            boolean due = replica.loop().now() - compactedAt >= pauseNanos;
            sample();
            yield due ? oldest : 0;
          }
          case Policy.Revisions revisions -> replica.latest().revision() - revisions.kept();
        };
    if (target > 0 && target != compactedRevision && replica.leader() == memberId) {
      compact(target);
    }
  }

  private void sample() {
    samples.addLast(replica.latest().revision());
    if (samples.size() > samplesMax) {
      samples.removeFirst();
    }
  }

  private void compact(long target) {
    replica.write(
        new CompactRequest(target, false),
        Principal.MEMBER,
        new Reply<KvResult>() {
          @Override
          public void done(KvResult result) {
            if (!(result instanceof KvFailure failure) || failure.error() == KvError.COMPACTED) {
              compactedAt = replica.loop().now();
              compactedRevision = target;
              if (policy instanceof Policy.Periodic periodic) {
                pauseNanos = Math.min(periodic.kept().toNanos(), PAUSE_MAX.toNanos());
              }
              LOG.log(
                  System.Logger.Level.INFO, "compacted by itself revision={0,number,#}", target);
            }
          }

          @Override
          public void refused(Refusal why) {
            LOG.log(System.Logger.Level.WARNING, "compaction refused why={0}", why);
          }
        });
  }
}
