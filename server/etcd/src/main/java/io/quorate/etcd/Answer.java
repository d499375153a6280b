package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * What a reader's thread made of a request: a message, or why there is none.
 *
 * @param status why; not looked at if there is a message
 */
record Answer(@Nullable Bytes message, Status status) {
  /** Ends a call with it. On the replica's loop. */
  void give(Call call) {
    if (message != null) {
      call.reply(message);
    } else {
      call.complete(status);
    }
  }
}
