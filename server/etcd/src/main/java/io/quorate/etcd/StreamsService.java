package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StatusException;
import io.quorate.kv.KeyValue;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvValidator;
import io.quorate.kv.Principal;
import io.quorate.kv.TxnRequest;
import io.quorate.node.Barrier;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import io.quorate.streams.AppendOutcome;
import io.quorate.streams.StreamAppend;
import io.quorate.streams.StreamRead;

/**
 * {@code quorate.events.v1.Streams}: appends to streams of events, and reads in the order of their
 * positions. Not of etcd's API: clients that find it missing do the same by transactions.
 *
 * <p>An append goes the way of any write; a read passes the read barrier, and is then carried out
 * on a reader's thread from a captured view. Whoever may read and write the keys that they would
 * touch, may append and read.
 *
 * <p>Used on the replica's loop.
 */
final class StreamsService {
  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final SpaceQuota quota;

  StreamsService(Replica replica, ApiSettings settings, Admission admission, SpaceQuota quota) {
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.quota = quota;
  }

  void register(ServiceRegistry registry) {
    registry
        .unary("/quorate.events.v1.Streams/Append", this::append)
        .unary("/quorate.events.v1.Streams/Read", this::read);
  }

  // ---- appending -------------------------------------------------------------------------------

  private void append(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    admission.voter();
    if (message.length() > settings.requestBytesMax()) {
      throw EtcdError.REQUEST_TOO_LARGE.asException();
    }
    StreamAppend request = appendIn(message);
    KvError error = KvValidator.validate(request, settings.txnOpsMax());
    if (error != null) {
      throw EtcdError.of(error).asException();
    }
    quota.check(request);
    admission.write(call, request, new AppendReply(call));
  }

  private static StreamAppend appendIn(Bytes message) {
    try {
      Bytes append = Bytes.EMPTY;
      TxnRequest beside = null;
      ProtoReader in = new ProtoReader(message);
      while (in.next()) {
        switch (in.field()) {
          case 1 -> append = in.bytes();
          case 2 -> beside = RequestReader.txn(in.bytes()).request();
          default -> {}
        }
      }
      StreamAppend request = StreamAppend.read(append, beside);
      request.requireReadable();
      return request;
    } catch (MalformedMessage e) {
      throw unreadable(e);
    }
  }

  private static StatusException unreadable(MalformedMessage e) {
    return new StatusException(
        Status.of(StatusCode.INVALID_ARGUMENT, "quorate: streams: " + e.getMessage()));
  }

  /** Answers an append when it is applied. */
  private final class AppendReply implements Reply<KvResult> {
    private final Call call;

    AppendReply(Call call) {
      this.call = call;
    }

    @Override
    public void done(KvResult result) {
      switch (result) {
        case AppendOutcome outcome -> call.reply(bytes(outcome));
        case KvFailure failure -> call.complete(EtcdError.of(failure.error()).status());
        default -> throw new IllegalStateException("an append was answered by " + result);
      }
    }

    @Override
    public void refused(Refusal why) {
      call.complete(EtcdError.of(why).status());
    }
  }

  /** The message {@code AppendResponse}. */
  private Bytes bytes(AppendOutcome outcome) {
    ProtoWriter out = new ProtoWriter(64);
    header(out, outcome.revision(), replica.term());
    switch (outcome) {
      case AppendOutcome.Appended appended -> {
        out.flag(2, true);
        appended.versions().forEach(version -> out.numberAlways(3, version));
      }
      case AppendOutcome.Refused refused -> {
        for (AppendOutcome.Behind each : refused.behind()) {
          int mark = out.open(4);
          each.kvs().forEach(kv -> keyValue(out, 1, kv));
          out.flag(2, each.more());
          out.flag(3, each.endIsThere());
          out.close(mark);
        }
        if (refused.done() != null) {
          keyValue(out, 5, refused.done());
        }
        out.flag(6, refused.requiredFailed());
        refused.matching().forEach(kv -> keyValue(out, 7, kv));
        out.number(8, refused.unclear());
      }
    }
    return out.toBytes();
  }

  // ---- reading ---------------------------------------------------------------------------------

  private void read(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    Principal principal = admission.principal(call);
    StreamRead request = readIn(message);
    admission.voter();
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            try {
              readNow(call, principal, request);
            } catch (StatusException e) {
              call.complete(e.status());
            }
          }

          @Override
          public void refused(Refusal why) {
            call.complete(EtcdError.of(why).status());
          }
        });
  }

  private static StreamRead readIn(Bytes message) {
    try {
      return StreamRead.read(message);
    } catch (MalformedMessage e) {
      throw unreadable(e);
    }
  }

  private void readNow(Call call, Principal principal, StreamRead request) {
    if (!call.isOpen()) {
      return;
    }
    if (admission.enabled()) {
      for (KvOp op : request.touches()) {
        if (!admission.allows(call, principal, op)) {
          return;
        }
      }
    }
    long term = replica.term();
    Answer.read(replica, call, reader -> new Answer(bytes(request.page(reader), term), Status.OK));
  }

  /** The message {@code ReadResponse}. */
  private Bytes bytes(StreamRead.Page page, long term) {
    ProtoWriter out = new ProtoWriter(64 + 512 * page.commits().size());
    header(out, page.revision(), term);
    page.commits().forEach(kv -> keyValue(out, 2, kv));
    out.number(3, page.upTo());
    out.flag(4, page.end());
    out.number(5, page.since());
    return out.toBytes();
  }

  // ---- parts of messages -----------------------------------------------------------------------

  private void header(ProtoWriter out, long revision, long term) {
    int mark = out.open(1);
    out.number(1, settings.clusterId());
    out.number(2, settings.memberId());
    out.number(3, revision);
    out.number(4, term);
    out.close(mark);
  }

  private static void keyValue(ProtoWriter out, int field, KeyValue kv) {
    byte[] message = new byte[Wire.messageSize(ResponseWriter.kvSize(kv))];
    int end = ResponseWriter.putKv(message, 0, field, kv);
    out.raw(Bytes.wrap(message, 0, end));
  }
}
