package io.quorate;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusException;
import io.quorate.grpc.StreamHandler;
import io.quorate.grpc.UnaryHandler;
import io.quorate.node.Loop;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A stream within the process: the client's end, and within it the service's. What one sends waits
 * until the other takes it, within the bounds that the network has too. Fields are the loop's.
 */
final class DirectStream implements StreamCall {
  /** At how much untaken a service is asked to wait. */
  private static final long READY_BYTES = 64 * 1024;

  /** At how much untaken, in either direction, the call ends; the server's own bound for a call. */
  private static final long PENDING_BYTES_MAX = 64L << 20;

  private final Loop loop;
  private final StreamListener client;
  private final ServiceEnd serviceEnd;
  private final ArrayDeque<Bytes> requests = new ArrayDeque<>();
  private final ArrayDeque<Bytes> responses = new ArrayDeque<>();
  private io.quorate.grpc.@Nullable StreamListener service;
  private @Nullable UnaryHandler single;
  private long requestBytes;
  private long responseBytes;
  private long wanted;
  private boolean halfClosed;
  private boolean paused;
  private boolean full;
  private boolean taking;
  private boolean delivering;
  private @Nullable Answer end;
  private boolean over;

  DirectStream(
      Loop loop, String method, Metadata metadata, String endpoint, StreamListener client) {
    this.loop = loop;
    this.client = client;
    serviceEnd = new ServiceEnd(loop, method, metadata, endpoint);
  }

  DirectCall call() {
    return serviceEnd;
  }

  void begin(StreamHandler handler) {
    guarded(() -> {
      io.quorate.grpc.StreamListener opened = handler.open(serviceEnd);
      service = opened;
      serviceEnd.listenUnlessListened(opened);
    });
    takeRequests();
  }

  /** Of a method that takes one request: it begins with it. */
  void begin(UnaryHandler handler) {
    single = handler;
    takeRequests();
  }

  @Override
  public void send(Bytes message) {
    act(() -> {
      if (halfClosed || !serviceEnd.isOpen()) {
        return;
      }
      requests.add(message);
      requestBytes += message.length();
      if (requestBytes > PENDING_BYTES_MAX) {
        serviceEnd.lose(StatusCode.RESOURCE_EXHAUSTED, "too many bytes of requests under way");
      }
      takeRequests();
    });
  }

  @Override
  public void halfClose() {
    act(() -> {
      if (!halfClosed) {
        halfClosed = true;
        takeRequests();
      }
    });
  }

  @Override
  public void request(int messages) {
    act(() -> {
      wanted += messages;
      deliver();
    });
  }

  @Override
  public void cancel() {
    act(() -> {
      wanted = 0;
      serviceEnd.lose(StatusCode.CANCELLED, "the call was cancelled");
      deliver();
    });
  }

  /** In a task of its own: the service must not be called from within a call of its own. */
  private void act(Runnable step) {
    try {
      loop.execute(step);
    } catch (RejectedExecutionException e) {
      return; // the loop has ended, and every call with it
    }
  }

  /** Hands requests to the service, and the half-close behind the last. */
  private void takeRequests() {
    if (taking) {
      return;
    }
    taking = true;
    while (!paused && serviceEnd.isOpen() && !requests.isEmpty()) {
      io.quorate.grpc.StreamListener many = service;
      UnaryHandler one = single;
      if (many == null && one == null) {
        break; // not begun yet, or begun with its only request
      }
      Bytes message = requests.remove();
      requestBytes -= message.length();
      if (many != null) {
        guarded(() -> many.onMessage(message));
      } else if (one != null) {
        single = null;
        guarded(() -> one.handle(serviceEnd, message));
      }
    }
    if (halfClosed && requests.isEmpty() && serviceEnd.isOpen() && service != null) {
      io.quorate.grpc.StreamListener told = service;
      service = null;
      guarded(told::onHalfClose);
    }
    taking = false;
  }

  /** Hands responses to the client, and the end behind the last. */
  private void deliver() {
    if (delivering) {
      return;
    }
    delivering = true;
    while (wanted > 0 && !responses.isEmpty()) {
      Bytes message = responses.remove();
      responseBytes -= message.length();
      wanted--;
      client.message(message);
    }
    if (end != null && responses.isEmpty() && !over) {
      over = true;
      client.ended(end);
    }
    delivering = false;
    if (full && responseBytes < READY_BYTES) {
      full = false;
      act(serviceEnd::tellRoom);
    }
  }

  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (StatusException e) {
      serviceEnd.fail(e.status());
    } catch (RuntimeException e) {
      serviceEnd.fail(Status.of(io.quorate.grpc.StatusCode.INTERNAL, String.valueOf(e)));
    }
  }

  /** What the service holds. */
  final class ServiceEnd extends DirectCall {
    private ServiceEnd(Loop loop, String method, Metadata metadata, String endpoint) {
      super(loop, method, metadata, NO_DEADLINE, endpoint);
    }

    @Override
    Answer goodEnd() {
      return Answer.ok(Bytes.EMPTY, endpoint());
    }

    @Override
    void finished(Answer answer) {
      end = answer;
      requests.clear();
      if (answer.fate() == Answer.Fate.UNKNOWN) {
        responses.clear(); // given up on this side: nobody will ask for them
      }
      deliver();
    }

    @Override
    public void send(Bytes message) {
      if (!isOpen()) {
        return;
      }
      responses.add(message);
      responseBytes += message.length();
      if (responseBytes > PENDING_BYTES_MAX) {
        giveUp(StatusCode.RESOURCE_EXHAUSTED, "the client doesn't take its messages");
        act(this::tellCancelled); // never from within the service
        return;
      }
      full |= !isReady();
      act(DirectStream.this::deliver); // never from within the service
    }

    @Override
    public boolean isReady() {
      return responseBytes < READY_BYTES;
    }

    @Override
    public long pendingBytes() {
      return responseBytes;
    }

    @Override
    public void pause() {
      paused = true;
    }

    @Override
    public void resume() {
      paused = false;
      act(DirectStream.this::takeRequests);
    }
  }
}
