package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.kv.KvFailure;
import io.quorate.kv.KvResult;
import io.quorate.kv.Principal;
import io.quorate.kv.RangeParts;
import io.quorate.kv.RangeRequest;
import io.quorate.kv.RangeResponse;
import io.quorate.node.Replica;
import java.util.concurrent.RejectedExecutionException;

/**
 * A range that is sent in parts: each is read when the client has taken the one before, from a view
 * of its own. So a slow client holds neither its answer nor an old state of the store; it may be
 * overtaken by a compaction, though, and is told so.
 *
 * <p>Whether the caller may is decided with each part that is read.
 *
 * <p>Used on the replica's loop, but for what is handed to readers, one task at a time.
 */
final class RangeStream implements CallListener {
  private final Replica replica;
  private final Admission admission;
  private final ResponseWriter writer;
  private final Call call;
  private final Principal principal;
  private final RangeRequest request;
  private final RangeParts parts;

  /** Whether a reader or a timer has the next step. */
  private boolean working;

  private boolean begun;

  RangeStream(
      Replica replica,
      Admission admission,
      ResponseWriter writer,
      Call call,
      Principal principal,
      RangeRequest request) {
    this.replica = replica;
    this.admission = admission;
    this.writer = writer;
    this.call = call;
    this.principal = principal;
    this.request = request;
    this.parts = new RangeParts(request);
  }

  /** Sends it. */
  void begin() {
    call.listen(this);
    read();
  }

  @Override
  public void onReady() {
    if (!working) {
      read();
    }
  }

  private void read() {
    if (!call.isOpen() || !call.isReady()) {
      return;
    }
    if (!replica.hasState()) {
      call.complete(EtcdError.STOPPED.status());
      return;
    }
    if (!admission.allows(call, principal, request)) {
      return;
    }
    long term = replica.term();
    Replica.View view = replica.view();
    working = true;
    try {
      replica
          .readers()
          .execute(() -> {
            Runnable then = next(view, term);
            replica.loop().execute(() -> back(then));
          });
      begun = true;
    } catch (RejectedExecutionException e) {
      view.close();
      if (begun) {
        replica.loop().schedule(Limits.READ_RETRY_NANOS, () -> back(this::read));
      } else {
        call.complete(EtcdError.TOO_MANY_REQUESTS.status());
      }
    }
  }

  private void back(Runnable then) {
    working = false;
    then.run();
  }

  /** Reads and encodes a part on a reader's thread, closes the view, and says how to go on. */
  private Runnable next(Replica.View view, long term) {
    try (view) {
      KvResult result = parts.next(view.reader());
      if (result instanceof KvFailure failure) {
        return () -> call.complete(EtcdError.of(failure.error()).status());
      }
      RangeResponse part = (RangeResponse) result;
      boolean last = parts.ended();
      Bytes message = writer.ofPart(part, term, last);
      return () -> {
        if (last || !part.kvs().isEmpty()) {
          call.send(message);
        }
        if (last) {
          call.complete(Status.OK);
        } else {
          read();
        }
      };
    } catch (QuorateException.Corrupt e) {
      return () -> call.complete(EtcdError.CORRUPT.status());
    } catch (RuntimeException e) {
      return () -> call.complete(Status.of(StatusCode.INTERNAL, "reading failed: " + e));
    }
  }
}
