package io.quorate.simulator.recipes;

import io.quorate.DirectChannel;
import io.quorate.base.Limits;
import io.quorate.client.channel.Channel;
import io.quorate.etcd.ApiSettings;
import io.quorate.etcd.AuthSettings;
import io.quorate.etcd.AuthSources;
import io.quorate.etcd.EtcdServices;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.node.Replica;
import io.quorate.simulator.Chance;
import io.quorate.simulator.Life;
import io.quorate.simulator.SmallCluster;
import io.quorate.simulator.Timeline;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The store that the processes of schedules share: one member or a few, with all services of the
 * API. It outlives a schedule, since beginning one anew takes longer than a schedule does.
 */
public final class Store {
  private static final long SECOND = 1_000_000_000L;
  private static final long BEGIN_MAX = 30 * SECOND;

  private final Timeline timeline;
  private final SmallCluster cluster;
  private final Chance random;
  private final List<Front> fronts = new ArrayList<>();
  private final List<IntConsumer> enders = new ArrayList<>();

  /** What clients reach of one run of a member. */
  private static final class Front {
    private @Nullable Life life;
    private @Nullable Channel channel;
  }

  public Store(long seed, int members, Timeline timeline, Consumer<String> violations) {
    this.timeline = timeline;
    cluster = new SmallCluster(seed, members, timeline, violations);
    random = Chance.of(seed, "services");
    for (int i = 0; i < members; i++) {
      fronts.add(new Front());
    }
  }

  /** Starts all members, and passes time until each can be asked. */
  public void begin() {
    for (int i = 0; i < size(); i++) {
      cluster.start(i);
    }
    long until = timeline.now() + BEGIN_MAX;
    while (!isLed() && timeline.step(until)) {}
    if (!isLed()) {
      throw new IllegalStateException("no leader within " + BEGIN_MAX / SECOND + " s");
    }
  }

  private boolean isLed() {
    for (int i = 0; i < size(); i++) {
      Replica replica = cluster.replica(i);
      if (replica == null || replica.leader() == 0) {
        return false;
      }
    }
    return true;
  }

  public int size() {
    return cluster.size();
  }

  public SmallCluster cluster() {
    return cluster;
  }

  Life life(int member) {
    return cluster.life(member);
  }

  @Nullable Replica replica(int member) {
    return cluster.replica(member);
  }

  /** The member that leads, as one of them knows it; −1 if none does. */
  int leader() {
    for (int i = 0; i < size(); i++) {
      Replica replica = cluster.replica(i);
      if (replica != null && replica.status().isLeader()) {
        return i;
      }
    }
    return -1;
  }

  /** Tells whenever a member's process ends; its number. */
  void onEnd(IntConsumer listener) {
    enders.add(listener);
  }

  void forget(IntConsumer listener) {
    enders.remove(listener);
  }

  /** A member's process ends, and starts again a little later. */
  void restart(int member, boolean power, long downNanos) {
    if (cluster.life(member).isOver()) {
      return; // it is about to start
    }
    cluster.end(member, power);
    List.copyOf(enders).forEach(each -> each.accept(member));
    timeline.at(timeline.now() + downNanos, null, () -> cluster.start(member));
  }

  /** The services of a member, in the same process; null while it can't be asked. */
  @Nullable Channel services(int member) {
    Front front = fronts.get(member);
    Life life = cluster.life(member);
    Replica replica = cluster.replica(member);
    if (life.isOver() || replica == null) {
      return null;
    }
    if (front.life != life) {
      front.life = life;
      front.channel = services(member, replica);
    }
    return front.channel;
  }

  private Channel services(int member, Replica replica) {
    ApiSettings settings =
        new ApiSettings(
            SmallCluster.CLUSTER,
            member + 1,
            Limits.REQUEST_BYTES_DEFAULT,
            Limits.TXN_OPS_DEFAULT,
            SmallCluster.ELECTION_NANOS,
            5 * SECOND,
            Long.MAX_VALUE);
    ServiceRegistry registry = new ServiceRegistry();
    new EtcdServices(
            replica,
            settings,
            AuthSettings.standard(),
            new AuthSources(random::next, () -> timeline.now() / SECOND))
        .register(registry);
    return new DirectChannel(replica.loop(), registry, endpoint(member));
  }

  static String endpoint(int member) {
    return "m" + member;
  }
}
