package io.quorate.etcd;

import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.StreamListener;
import io.quorate.node.Replica;
import java.util.function.LongSupplier;

/**
 * {@code etcdserverpb.Watch}: streams of watchers ({@link WatchCall}), and the clock of their
 * progress notices.
 *
 * <p>Used on the replica's loop.
 */
final class WatchService {
  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final Messages messages;
  private final LeaderBoundStreams leaderBound;
  private final LongSupplier random;

  WatchService(
      Replica replica,
      ApiSettings settings,
      Admission admission,
      Messages messages,
      LeaderBoundStreams leaderBound,
      LongSupplier random) {
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.messages = messages;
    this.leaderBound = leaderBound;
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
    leaderBound.opened(call, watch);
    return watch;
  }

  void closed(WatchCall watch) {
    leaderBound.closed(watch);
  }

  /** When the next progress notice of a stream is due: some later than asked, not all at once. */
  long progressNanos() {
    long interval = settings.watchProgressNanos();
    return interval + Math.floorMod(random.getAsLong(), interval / 10 + 1);
  }
}
