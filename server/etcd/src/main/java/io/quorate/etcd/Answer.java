package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.grpc.Call;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.kv.KvReader;
import io.quorate.node.Replica;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What a reader's thread made of a request: a message, or why there is none.
 *
 * @param status why; not looked at if there is a message
 */
record Answer(@Nullable Bytes message, Status status) {
  /** Reads and encodes, on a reader's thread. */
  interface Reading {
    Answer from(KvReader reader);
  }

  /**
   * Has a reader answer a call from the state of now. On the replica's loop.
   *
   * @throws io.quorate.grpc.StatusException if there are too many readings already
   */
  static void read(Replica replica, Call call, Reading reading) {
    Replica.View view = replica.view();
    try {
      replica
          .readers()
          .execute(() -> {
            Answer answer = from(view, reading);
            replica.loop().execute(() -> answer.give(call));
          });
    } catch (RejectedExecutionException e) {
      view.close();
      throw EtcdError.TOO_MANY_REQUESTS.asException();
    }
  }

  /** Closes the view, whatever becomes of it. */
  private static Answer from(Replica.View view, Reading reading) {
    try (view) {
      return reading.from(view.reader());
    } catch (QuorateException.Corrupt e) {
      return new Answer(null, EtcdError.CORRUPT.status());
    } catch (RuntimeException e) {
      return new Answer(null, Status.of(StatusCode.INTERNAL, "reading failed: " + e));
    }
  }

  private void give(Call call) {
    if (message != null) {
      call.reply(message);
    } else {
      call.complete(status);
    }
  }
}
