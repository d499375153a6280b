package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.kv.DeleteRangeRequest;
import io.quorate.kv.RangeRequest;
import io.quorate.protocol.v3lockpb.LockRequest;
import io.quorate.protocol.v3lockpb.LockResponse;
import io.quorate.protocol.v3lockpb.UnlockRequest;
import io.quorate.protocol.v3lockpb.UnlockResponse;
import java.util.List;

/**
 * {@code v3lockpb.Lock}: a lock is had by whoever wrote the oldest key under its name ({@link
 * Contender}), until that key is deleted or its lease ends.
 *
 * <p>A lock that was taken without a lease is tied to one of 60 seconds, which nobody renews after
 * the call; its number is in the key.
 *
 * <p>Used on the replica's loop.
 */
final class LockService {
  /** What etcd says when a waiting call's key has ended. */
  private static final Status EXPIRED = Status.of(StatusCode.UNKNOWN, "mutex: session is expired");

  private final Contention contention;
  private final Messages messages;

  LockService(Contention contention, Messages messages) {
    this.contention = contention;
    this.messages = messages;
  }

  void register(ServiceRegistry registry) {
    registry.unary("/v3lockpb.Lock/Lock", this::lock).unary("/v3lockpb.Lock/Unlock", this::unlock);
  }

  private void lock(Call call, Bytes message) {
    contention.enter(call, message);
    LockRequest request = Messages.read(LockRequest.parser(), message);
    Locker locker = new Locker(call, Messages.bytes(request.getName()), request.getLease());
    locker.begin(Bytes.EMPTY, List.of(RangeRequest.one(locker.key())));
  }

  private void unlock(Call call, Bytes message) {
    contention.enter(call, message);
    UnlockRequest request = Messages.read(UnlockRequest.parser(), message);
    contention.write(
        call,
        DeleteRangeRequest.one(Messages.bytes(request.getKey())),
        response ->
            call.reply(
                Messages.bytes(
                    UnlockResponse.newBuilder()
                        .setHeader(messages.header(response.revision()))
                        .build())));
  }

  /** A call that wants a lock. */
  private final class Locker extends Contender {
    private final Call call;

    Locker(Call call, Bytes name, long lease) {
      super(contention, call, name, lease);
      this.call = call;
    }

    @Override
    void first(long revision) {
      call.reply(
          Messages.bytes(
              LockResponse.newBuilder()
                  .setHeader(messages.header(revision))
                  .setKey(Messages.byteString(key()))
                  .build()));
    }

    @Override
    Status lost() {
      return EXPIRED;
    }
  }
}
