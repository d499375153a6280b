package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.etcd.RequestReader.RangeCall;
import io.quorate.etcd.RequestReader.TxnCall;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.kv.CompactRequest;
import io.quorate.kv.Compare;
import io.quorate.kv.KvError;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvOp;
import io.quorate.kv.KvReader;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResponse;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvValidator;
import io.quorate.kv.Principal;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.TxnRequest;
import io.quorate.node.Barrier;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.Reply;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code etcdserverpb.KV}: puts, ranges, deletes, transactions, compaction.
 *
 * <p>What can be told wrong without the data is told at once ({@link KvValidator}), in etcd's
 * order: the content, then the size, then the space. Writes go by way of {@link Admission#write}.
 * Reads pass the read barrier unless they are serializable; one that touches single keys only is
 * answered on the loop, any other on a reader's thread from a captured view.
 *
 * <p>Used on the replica's loop.
 */
final class KvService {
  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final SpaceQuota quota;
  private final ResponseWriter writer;

  KvService(Replica replica, ApiSettings settings, Admission admission, SpaceQuota quota) {
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.quota = quota;
    this.writer = newWriter();
  }

  void register(ServiceRegistry registry) {
    registry
        .unary("/etcdserverpb.KV/Range", this::range)
        .serverStreaming("/etcdserverpb.KV/RangeStream", this::rangeStream)
        .unary("/etcdserverpb.KV/Put", this::put)
        .unary("/etcdserverpb.KV/DeleteRange", this::deleteRange)
        .unary("/etcdserverpb.KV/Txn", this::txn)
        .unary("/etcdserverpb.KV/Compact", this::compact);
  }

  private void put(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    write(call, message.length(), RequestReader.put(message));
  }

  private void deleteRange(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    write(call, message.length(), RequestReader.deleteRange(message));
  }

  private void range(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    RangeCall range = RequestReader.range(message);
    validate(range.request());
    read(call, range.request(), range.serializable());
  }

  private void rangeStream(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    RangeCall range = RequestReader.range(message);
    validate(range.request());
    Principal principal = admission.principal(call);
    RangeStream stream =
        new RangeStream(replica, admission, newWriter(), call, principal, range.request());
    if (range.serializable()) {
      stream.begin();
    } else {
      admission.voter();
      replica.readBarrier(
          new Barrier() {
            @Override
            public void passed() {
              stream.begin();
            }

            @Override
            public void refused(Refusal why) {
              call.complete(EtcdError.of(why).status());
            }
          });
    }
  }

  private void txn(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    TxnCall txn = RequestReader.txn(message);
    if (txn.request().readOnly()) {
      validate(txn.request());
      admission.voter();
      read(call, txn.request(), txn.serializable());
    } else {
      write(call, message.length(), txn.request());
    }
  }

  private void compact(Call call, Bytes message) {
    admission.leaderIfAsked(call);
    CompactRequest request = RequestReader.compact(message);
    admission.voter();
    validate(request);
    admission.write(call, request, new CompactReply(call, request));
  }

  private void write(Call call, int bytes, KvRequest request) {
    admission.voter();
    validate(request);
    if (bytes > settings.requestBytesMax()) {
      throw EtcdError.REQUEST_TOO_LARGE.asException();
    }
    quota.check(request);
    admission.write(call, request, new WriteReply(call));
  }

  private void read(Call call, KvOp request, boolean serializable) {
    Principal principal = admission.principal(call);
    if (serializable) {
      if (!replica.hasState()) {
        throw EtcdError.STOPPED.asException();
      }
      readNow(call, principal, request);
    } else {
      admission.voter();
      replica.readBarrier(new ReadBarrier(call, principal, request));
    }
  }

  private void validate(KvRequest request) {
    KvError error = KvValidator.validate(request, settings.txnOpsMax());
    if (error != null) {
      throw EtcdError.of(error).asException();
    }
  }

  private void answer(Call call, KvResult result) {
    switch (result) {
      case KvResponse response -> call.reply(writer.of(response, replica.term()));
      case KvFailure failure -> call.complete(EtcdError.of(failure.error()).status());
    }
  }

  /**
   * The read point has come: reads here, or sends the work to a reader. Whether the caller may is
   * decided by the very state that is read.
   */
  private void readNow(Call call, Principal principal, KvOp request) {
    if (!call.isOpen()) {
      return;
    }
    if (admission.enabled() && !admission.allows(call, principal, request)) {
      return;
    }
    if (newestOfSingleKeys(request) <= Limits.LOOP_READS_MAX) {
      answer(call, readFrom(replica.latest(), request));
    } else {
      readElsewhere(call, request);
    }
  }

  private void readElsewhere(Call call, KvOp request) {
    long term = replica.term();
    Answer.read(
        replica,
        call,
        reader ->
            switch (readFrom(reader, request)) {
              case KvResponse response ->
                  new Answer(newWriter().of(response, term).toBytes(), Status.OK);
              case KvFailure failure -> new Answer(null, EtcdError.of(failure.error()).status());
            });
  }

  private static KvResult readFrom(KvReader reader, KvOp request) {
    return switch (request) {
      case RangeRequest range -> reader.range(range);
      case TxnRequest txn -> reader.txn(txn);
      default -> throw new IllegalArgumentException("not a read: " + request);
    };
  }

  /**
   * How many keys' newest versions are read, if nothing else is; else more than any bound. Of a key
   * that has changed often, an old version takes many reads.
   */
  private static long newestOfSingleKeys(KvOp request) {
    return switch (request) {
      case RangeRequest range ->
          range.rangeEnd().isEmpty() && range.revision() <= 0 ? 1 : Integer.MAX_VALUE;
      case TxnRequest txn ->
          singleKeysCompared(txn.compares())
              + newestOfSingleKeys(txn.success())
              + newestOfSingleKeys(txn.failure());
      default -> 1;
    };
  }

  private static long newestOfSingleKeys(List<KvOp> ops) {
    return ops.stream().mapToLong(KvService::newestOfSingleKeys).sum();
  }

  private static long singleKeysCompared(List<Compare> compares) {
    return compares.stream()
        .mapToLong(compare -> compare.rangeEnd().isEmpty() ? 1 : Integer.MAX_VALUE)
        .sum();
  }

  private ResponseWriter newWriter() {
    return new ResponseWriter(settings.clusterId(), settings.memberId());
  }

  /** Answers a write when it is applied. */
  private final class WriteReply implements Reply<KvResult> {
    private final Call call;

    WriteReply(Call call) {
      this.call = call;
    }

    @Override
    public void done(KvResult result) {
      answer(call, result);
    }

    @Override
    public void refused(Refusal why) {
      call.complete(EtcdError.of(why).status());
    }
  }

  /** Reads when the read point has come. */
  private final class ReadBarrier implements Barrier {
    private final Call call;
    private final Principal principal;
    private final KvOp request;

    ReadBarrier(Call call, Principal principal, KvOp request) {
      this.call = call;
      this.principal = principal;
      this.request = request;
    }

    @Override
    public void passed() {
      try {
        readNow(call, principal, request);
      } catch (io.quorate.grpc.StatusException e) {
        call.complete(e.status());
      }
    }

    @Override
    public void refused(Refusal why) {
      call.complete(EtcdError.of(why).status());
    }
  }

  /**
   * Answers a compaction when it is applied or, if asked, when its space is free. Once it is
   * applied it has succeeded, even if the wait for the space ends early.
   */
  private final class CompactReply implements Reply<KvResult>, Barrier {
    private final Call call;
    private final CompactRequest request;
    private @Nullable KvResult result;

    CompactReply(Call call, CompactRequest request) {
      this.call = call;
      this.request = request;
    }

    @Override
    public void done(KvResult applied) {
      if (request.physical() && applied instanceof KvResponse) {
        result = applied;
        replica.compacted(request.revision(), this);
      } else {
        answer(call, applied);
      }
    }

    @Override
    public void passed() {
      answer(call, Objects.requireNonNull(result));
    }

    @Override
    public void refused(Refusal why) {
      if (result != null) {
        answer(call, result);
      } else {
        call.complete(EtcdError.of(why).status());
      }
    }
  }
}
