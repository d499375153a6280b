package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusException;
import io.quorate.grpc.StreamHandler;
import io.quorate.grpc.StreamListener;
import io.quorate.grpc.UnaryHandler;
import io.quorate.kv.KvError;
import io.quorate.kv.Principal;
import io.quorate.node.Replica;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every method that is registered, and lets nobody pass whom {@link Access} doesn't
 * let: what a service forgets to ask is refused, not granted. While authentication is off it costs
 * one test. A member that has lost its state can't tell whether it is: it does nothing then that
 * only an administrator might ask for.
 *
 * <p>Used on the replica's loop.
 */
final class Guard {
  private final Replica replica;
  private final Admission admission;

  Guard(Replica replica, Admission admission) {
    this.replica = replica;
    this.admission = admission;
  }

  /** Registers all methods of one registry with another, each behind this guard. */
  void register(ServiceRegistry unguarded, ServiceRegistry registry) {
    for (ServiceRegistry.Method method : unguarded.methods()) {
      Access access = Access.of(method.path());
      switch (method) {
        case ServiceRegistry.Method.Unary unary -> {
          UnaryHandler handler = guarded(access, unary.handler());
          if (unary.manyResponses()) {
            registry.serverStreaming(unary.path(), handler);
          } else {
            registry.unary(unary.path(), handler);
          }
        }
        case ServiceRegistry.Method.Streaming streaming ->
            registry.streaming(streaming.path(), guarded(access, streaming.handler()));
      }
    }
  }

  private UnaryHandler guarded(@Nullable Access access, UnaryHandler handler) {
    return (call, message) -> {
      if (isOpen(access)) {
        handler.handle(call, message);
      } else {
        whenLet(call, () -> refusal(access, call), () -> handler.handle(call, message));
      }
    };
  }

  private StreamHandler guarded(@Nullable Access access, StreamHandler handler) {
    return call -> {
      if (isOpen(access)) {
        return handler.open(call);
      }
      LateListener late = new LateListener(call);
      // What answers each message for itself is opened in any case: it says why not.
      Admission.Question question =
          access == Access.BY_MESSAGE ? new Once(call) : () -> refusal(access, call);
      whenLet(call, question, () -> late.open(handler));
      return late.orOpened();
    };
  }

  private boolean isOpen(@Nullable Access access) {
    if (!replica.hasState() && (access == null || access == Access.ADMINISTRATOR)) {
      throw EtcdError.STOPPED.asException();
    }
    return access == Access.ANYBODY || !admission.enabled();
  }

  private void whenLet(Call call, Admission.Question question, Runnable then) {
    admission.whenRecognised(call, () -> admission.whenCurrent(call, question, then));
  }

  /** Refuses the first time only: what is asked is asked again behind a barrier. */
  private final class Once implements Admission.Question {
    private final Call call;
    private boolean asked;

    Once(Call call) {
      this.call = call;
    }

    @Override
    public @Nullable Status refusal() {
      if (asked) {
        return null;
      }
      asked = true;
      return Guard.this.refusal(Access.USER, call);
    }
  }

  private @Nullable Status refusal(@Nullable Access access, Call call) {
    if (access == null) {
      return EtcdError.PERMISSION_DENIED.status();
    }
    if (!admission.enabled()) {
      return null;
    }
    Principal principal;
    try {
      principal = admission.principal(call);
    } catch (StatusException e) {
      return e.status();
    }
    KvError error =
        access == Access.ADMINISTRATOR
            ? replica.authorizer().administrator(principal)
            : replica.authorizer().user(principal);
    return error == null ? null : EtcdError.of(error).status();
  }

  /** Keeps a stream's messages off until it is known whether it may be. */
  private static final class LateListener implements StreamListener {
    private final Call call;
    private @Nullable StreamListener listener;
    private boolean halfClosed;
    private boolean canceled;

    LateListener(Call call) {
      this.call = call;
      call.pause();
    }

    /** Whoever takes the messages already, or else this. */
    StreamListener orOpened() {
      StreamListener opened = listener;
      return opened != null ? opened : this;
    }

    void open(StreamHandler handler) {
      if (canceled) {
        return;
      }
      StreamListener opened = handler.open(call);
      listener = opened;
      if (halfClosed) {
        opened.onHalfClose();
      }
      call.resume();
    }

    @Override
    public void onMessage(Bytes message) {
      if (listener != null) {
        listener.onMessage(message);
      }
    }

    @Override
    public void onHalfClose() {
      if (listener != null) {
        listener.onHalfClose();
      } else {
        halfClosed = true;
      }
    }

    @Override
    public void onCancel() {
      canceled = true;
      CallListener opened = listener;
      if (opened != null) {
        opened.onCancel();
      }
    }

    @Override
    public void onReady() {
      if (listener != null) {
        listener.onReady();
      }
    }
  }
}
