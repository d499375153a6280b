package io.quorate.etcd;

import io.quorate.grpc.Call;
import io.quorate.node.Loop;
import io.quorate.node.Replica;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Streams whose clients asked that they end when there is no leader, and the clock that sees to it.
 *
 * <p>Used on the replica's loop.
 */
final class LeaderBoundStreams {
  /** Streams end when there has been no leader for so many election times. */
  private static final int ELECTIONS_WITHOUT_LEADER_MAX = 3;

  private final Replica replica;
  private final long electionNanos;
  private final List<Stream> open = new ArrayList<>();

  private Loop.@Nullable Timer timer;
  private int electionsWithoutLeader;

  LeaderBoundStreams(Replica replica, long electionNanos) {
    this.replica = replica;
    this.electionNanos = electionNanos;
  }

  /** A stream that can be ended. */
  interface Stream {
    /** Ends the stream, which says that it is {@link #closed}. */
    void end(EtcdError why);
  }

  /** A stream has begun; it matters here only if its client asked for it. */
  void opened(Call call, Stream stream) {
    if (!Admission.needsLeader(call)) {
      return;
    }
    open.add(stream);
    if (timer == null) {
      electionsWithoutLeader = 0;
      timer = replica.loop().schedule(electionNanos, this::lookForLeader);
    }
  }

  /** A stream has ended, whether it asked or not. */
  void closed(Stream stream) {
    open.remove(stream);
  }

  private void lookForLeader() {
    timer = null;
    electionsWithoutLeader = replica.leader() == 0 ? electionsWithoutLeader + 1 : 0;
    if (electionsWithoutLeader >= ELECTIONS_WITHOUT_LEADER_MAX) {
      for (Stream stream : List.copyOf(open)) {
        stream.end(EtcdError.NO_LEADER);
      }
    }
    if (!open.isEmpty()) {
      timer = replica.loop().schedule(electionNanos, this::lookForLeader);
    }
  }
}
