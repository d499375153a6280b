package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Call;
import io.quorate.grpc.MessageWriter;
import io.quorate.grpc.Status;
import io.quorate.grpc.StreamListener;
import io.quorate.kv.Principal;
import io.quorate.node.LeaseStanding;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import io.quorate.protocol.etcdserverpb.LeaseKeepAliveRequest;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A stream of renewals: one answer to each, in their order. A lease that doesn't exist any more is
 * an answer with a time to live of 0, and no reason for the stream to end. What ends it is that its
 * client isn't recognised any more, which is asked again when users or roles have changed, or that
 * there is no leader and the client wants to hear of it.
 *
 * <p>Used on the replica's loop.
 */
final class KeepAliveCall implements StreamListener, LeaderBoundStreams.Stream {
  private static final int ID = 1 << 3 | WireReader.VARINT;

  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final LeaderBoundStreams leaderBound;
  private final Call call;
  private final Principal principal;

  /** At which revision of users and roles its client was recognised last. */
  private long recognisedAt;

  /** Renewals under way, in the order in which they were asked for. */
  private final ArrayDeque<Renewal> renewals = new ArrayDeque<>();

  private boolean paused;
  private boolean halfClosed;

  KeepAliveCall(
      Replica replica,
      ApiSettings settings,
      Admission admission,
      LeaderBoundStreams leaderBound,
      Call call) {
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.leaderBound = leaderBound;
    this.call = call;
    this.principal = admission.principal(call);
    this.recognisedAt = admission.revision();
    leaderBound.opened(call, this);
  }

  @Override
  public void onMessage(Bytes message) {
    if (!call.isOpen() || !isRecognised()) {
      return;
    }
    Renewal renewal = new Renewal(id(message));
    renewals.addLast(renewal);
    if (renewals.size() >= Limits.RENEWALS_PER_STREAM_MAX) {
      paused = true;
      call.pause();
    }
    replica.renew(renewal.lease, renewal);
  }

  @Override
  public void onHalfClose() {
    halfClosed = true;
    answerInOrder();
  }

  @Override
  public void onCancel() {
    close();
  }

  @Override
  public void end(EtcdError why) {
    end(why.status());
  }

  private void end(Status status) {
    close();
    call.complete(status);
  }

  private void close() {
    renewals.clear();
    leaderBound.closed(this);
  }

  /** Whether the client still is who it was; if not, the stream ends. */
  private boolean isRecognised() {
    long revision = admission.revision();
    if (revision != recognisedAt) {
      Status why = admission.refusalOfUser(principal);
      if (why != null) {
        close();
        admission.refuse(call, why);
        return false;
      }
      recognisedAt = revision;
    }
    return true;
  }

  private static long id(Bytes message) {
    WireReader in = new WireReader(message);
    long id = 0;
    for (int tag = in.tag(in.stop()); tag != 0; tag = in.tag(in.stop())) {
      if (tag == ID) {
        id = in.varint();
      } else {
        in.skip(tag);
      }
    }
    return in.irregular() ? Messages.read(LeaseKeepAliveRequest.parser(), message).getID() : id;
  }

  private void answerInOrder() {
    while (!renewals.isEmpty() && call.isOpen()) {
      Renewal first = renewals.getFirst();
      LeaseStanding standing = first.standing;
      if (first.refused != null) {
        end(EtcdError.of(first.refused).status());
        return;
      }
      if (standing == null) {
        break;
      }
      renewals.removeFirst();
      call.send(new Answer(first.lease, standing.ttlSeconds()));
    }
    if (paused && renewals.size() <= Limits.RENEWALS_PER_STREAM_MAX / 2) {
      paused = false;
      call.resume();
    }
    if (halfClosed && renewals.isEmpty() && call.isOpen()) {
      end(Status.OK);
    }
  }

  /** One renewal under way. */
  private final class Renewal implements Reply<LeaseStanding> {
    final long lease;
    @Nullable LeaseStanding standing;
    @Nullable Refusal refused;

    Renewal(long lease) {
      this.lease = lease;
    }

    @Override
    public void done(LeaseStanding result) {
      standing = result;
      answerInOrder();
    }

    @Override
    public void refused(Refusal why) {
      refused = why;
      answerInOrder();
    }
  }

  /** Writes an answer into the outgoing buffer. */
  private final class Answer implements MessageWriter {
    private final long lease;
    private final long ttl;
    private final long revision = replica.hasState() ? replica.latest().revision() : 0;
    private final long term = replica.term();

    Answer(long lease, long ttl) {
      this.lease = lease;
      this.ttl = ttl;
    }

    @Override
    public int size() {
      return Wire.messageSize(headerSize()) + Wire.numberSize(lease) + Wire.numberSize(ttl);
    }

    @Override
    public void writeTo(byte[] target, int offset) {
      int at = Wire.putLength(target, offset, 1, headerSize());
      at = Wire.putNumber(target, at, 1, settings.clusterId());
      at = Wire.putNumber(target, at, 2, settings.memberId());
      at = Wire.putNumber(target, at, 3, revision);
      at = Wire.putNumber(target, at, 4, term);
      at = Wire.putNumber(target, at, 2, lease);
      Wire.putNumber(target, at, 3, ttl);
    }

    private int headerSize() {
      return Wire.numberSize(settings.clusterId())
          + Wire.numberSize(settings.memberId())
          + Wire.numberSize(revision)
          + Wire.numberSize(term);
    }
  }
}
