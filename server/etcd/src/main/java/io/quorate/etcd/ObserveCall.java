package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.Status;
import io.quorate.kv.Event;
import io.quorate.kv.KeyValue;
import io.quorate.kv.Principal;
import io.quorate.node.EventBatch;
import io.quorate.node.WatchSink;
import io.quorate.node.WatchSpec;
import io.quorate.node.WatchStream;
import io.quorate.node.Watcher;
import io.quorate.protocol.v3electionpb.LeaderResponse;
import org.jspecify.annotations.Nullable;

/**
 * A stream of an election's leaders: the present one, then each that follows and all that each
 * proclaims.
 *
 * <p>It watches the leader's key, and when that ends looks for the next; while there is no leader
 * it watches for the first key to come. A slow client is told later, out of the store; only if what
 * it missed is compacted it hears of nothing but the present leader.
 *
 * <p>Whether its client may hear of it is asked when the stream begins, and again when users or
 * roles have changed.
 *
 * <p>Used on the replica's loop.
 */
final class ObserveCall implements CallListener, WatchSink, LeaderBoundStreams.Stream {
  private static final long ONLY = 0;

  private final Contention contention;
  private final Messages messages;
  private final LeaderBoundStreams leaderBound;
  private final Call call;
  private final Principal principal;
  private final Bytes prefix;
  private int held;

  /** At which revision of users and roles it was allowed last. */
  private long allowedAt = -1;

  /** Whose key is watched; null while there is no leader. */
  private @Nullable Bytes leader;

  /** The revision at which what was sent last of that leader was written. */
  private long sent;

  /** Whether what was heard last ends this watch, and the next is about to begin. */
  private boolean moving = true;

  private boolean ended;
  private @Nullable WatchStream stream;

  ObserveCall(
      Contention contention,
      Messages messages,
      LeaderBoundStreams leaderBound,
      Call call,
      Bytes name) {
    this.contention = contention;
    this.messages = messages;
    this.leaderBound = leaderBound;
    this.call = call;
    this.principal = contention.principal(call);
    this.prefix = Contention.prefix(name);
  }

  void begin() {
    if (!call.isOpen()) {
      return;
    }
    held = contention.hold(prefix, 0);
    call.listen(this);
    leaderBound.opened(call, this);
    contention.barrier(this::look, this::end);
  }

  private void look() {
    if (ended) {
      return;
    }
    Status refusal = refusal();
    if (refusal != null) {
      end(refusal);
    } else {
      contention.readInTime(reader -> Contention.first(reader, prefix), this::found, this::end);
    }
  }

  private @Nullable Status refusal() {
    long revision = contention.authRevision();
    if (allowedAt == revision) {
      return null;
    }
    Status refusal = contention.refusal(call, principal, prefix);
    if (refusal == null) {
      allowedAt = revision;
    }
    return refusal;
  }

  private void found(Contention.First found) {
    if (ended) {
      return;
    }
    KeyValue kv = found.kv();
    boolean told = kv != null && kv.key().equals(leader) && kv.modRevision() == sent;
    leader = kv == null ? null : kv.key();
    if (kv != null && !told) {
      send(kv, found.revision());
    }
    watch(found.revision() + 1);
  }

  private void watch(long startRevision) {
    if (stream != null) {
      stream.close();
    }
    WatchStream opened = contention.watch(this);
    stream = opened;
    if (opened == null) {
      end(EtcdError.STOPPED.status());
      return;
    }
    moving = false;
    opened.watch(
        ONLY,
        leader == null
            ? new WatchSpec(prefix, Contention.prefixEnd(prefix), true, false, false)
            : WatchSpec.all(leader, Bytes.EMPTY),
        startRevision);
  }

  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void onReady() {
    if (stream != null) {
      stream.ready();
    }
  }

  @Override
  public void events(Watcher watcher, long revision, EventBatch batch) {
    Status refusal = refusal();
    if (refusal != null) {
      move(() -> end(refusal));
    }
    for (Event event : batch.events()) {
      if (moving) {
        return; // what comes after is told by the next watch
      }
      long at = event.kv().modRevision();
      if (event.delete()) {
        leader = null;
        move(this::look);
      } else {
        send(event.kv(), at);
        if (leader == null) {
          leader = event.kv().key();
          move(() -> watch(at + 1));
        }
      }
    }
  }

  @Override
  public void compacted(Watcher watcher, long compactedRevision) {
    if (!moving) {
      move(this::look);
    }
  }

  /** Goes on after this turn: a stream is left alone while it tells something. */
  private void move(Runnable next) {
    moving = true;
    contention.soon(() -> {
      if (!ended) {
        next.run();
      }
    });
  }

  @Override
  public void ended() {
    end(EtcdError.STOPPED.status());
  }

  private void send(KeyValue kv, long revision) {
    sent = kv.modRevision();
    call.send(
        Messages.bytes(
            LeaderResponse.newBuilder()
                .setHeader(messages.header(revision))
                .setKv(Messages.keyValue(kv))
                .build()));
  }

  @Override
  public void onCancel() {
    close();
  }

  @Override
  public void end(EtcdError why) {
    end(why.status());
  }

  private void end(Status why) {
    if (!ended) {
      close();
      call.complete(why);
    }
  }

  private void close() {
    if (!ended) {
      ended = true;
      if (stream != null) {
        stream.close();
      }
      leaderBound.closed(this);
      contention.release(held);
    }
  }
}
