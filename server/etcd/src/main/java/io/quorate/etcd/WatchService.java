package io.quorate.etcd;

import io.quorate.base.Checks;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.StreamListener;
import io.quorate.node.Loop;
import io.quorate.node.Replica;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code etcdserverpb.Watch}: streams of watchers ({@link WatchCall}), and the two clocks that they
 * share: that of progress notices, and that of streams which end when there is no leader.
 *
 * <p>Used on the replica's loop.
 */
final class WatchService {
  /** A stream that asked for it ends when there has been no leader for so many election times. */
  private static final int ELECTIONS_WITHOUT_LEADER_MAX = 3;

  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final Messages messages;
  private final LongSupplier random;
  private final List<WatchCall> open = new ArrayList<>();

  private Loop.@Nullable Timer leaderTimer;
  private int electionsWithoutLeader;

  WatchService(
      Replica replica,
      ApiSettings settings,
      Admission admission,
      Messages messages,
      LongSupplier random) {
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.messages = messages;
    this.random = random;
  }

  void register(ServiceRegistry registry) {
    registry.streaming("/etcdserverpb.Watch/Watch", this::open);
  }

  private StreamListener open(Call call) {
    admission.voter();
    admission.leaderIfAsked(call);
    if (!replica.hasState()) {
      throw EtcdError.STOPPED.asException();
    }
    WatchCall watch = new WatchCall(this, replica, settings, admission, messages, call);
    open.add(watch);
    if (watch.needsLeader() && leaderTimer == null) {
      electionsWithoutLeader = 0;
      leaderTimer = replica.loop().schedule(settings.electionNanos(), this::lookForLeader);
    }
    return watch;
  }

  void closed(WatchCall watch) {
    Checks.that(open.remove(watch), "a stream ended twice: open=%d", open.size());
  }

  /** When the next progress notice of a stream is due: some later than asked, not all at once. */
  long progressNanos() {
    long interval = settings.watchProgressNanos();
    return interval + Math.floorMod(random.getAsLong(), interval / 10 + 1);
  }

  private void lookForLeader() {
    leaderTimer = null;
    electionsWithoutLeader = replica.leader() == 0 ? electionsWithoutLeader + 1 : 0;
    boolean lost = electionsWithoutLeader >= ELECTIONS_WITHOUT_LEADER_MAX;
    boolean any = false;
    for (WatchCall watch : List.copyOf(open)) {
      if (watch.needsLeader()) {
        if (lost) {
          watch.end(EtcdError.NO_LEADER);
        } else {
          any = true;
        }
      }
    }
    if (any) {
      leaderTimer = replica.loop().schedule(settings.electionNanos(), this::lookForLeader);
    }
  }
}
