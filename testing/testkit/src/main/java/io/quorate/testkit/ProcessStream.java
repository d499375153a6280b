package io.quorate.testkit;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A stream of a process: the client's end, over the connection that it was opened on. */
final class ProcessStream implements StreamCall, ProcessChannel.Open {
  private final ProcessChannel channel;
  private final String method;
  private final Metadata metadata;
  private final StreamListener listener;

  // The world's.
  private ProcessChannel.@Nullable Connection by;
  private @Nullable StreamCall there;
  private boolean over;

  ProcessStream(ProcessChannel channel, String method, Metadata metadata, StreamListener listener) {
    this.channel = channel;
    this.method = method;
    this.metadata = metadata;
    this.listener = listener;
  }

  void begin(String avoid) {
    ProcessChannel.Connection chosen = channel.isClosed() ? null : channel.choose(avoid);
    if (chosen == null) {
      finish(channel.isClosed() ? ProcessChannel.stopped() : ProcessChannel.unreachable());
      return;
    }
    by = chosen;
    chosen.opened(this);
    chosen.pass(() -> {
      if (!over) {
        there = chosen.services().stream(method, metadata, "", new Back(chosen));
      }
    });
  }

  @Override
  public void send(Bytes message) {
    act(call -> call.send(message));
  }

  @Override
  public void halfClose() {
    act(StreamCall::halfClose);
  }

  @Override
  public void request(int messages) {
    act(call -> call.request(messages));
  }

  @Override
  public void cancel() {
    channel.act(() -> {
      ProcessChannel.Connection way = by;
      lost(
          Answer.lost(
              StatusCode.CANCELLED, "the call was cancelled", way == null ? "" : way.endpoint()));
    });
  }

  private void act(Consumer<StreamCall> step) {
    channel.act(() -> {
      ProcessChannel.Connection way = by;
      if (way != null && !over) {
        way.pass(() -> {
          StreamCall present = there;
          if (present != null) {
            step.accept(present);
          }
        });
      }
    });
  }

  @Override
  public void lost(Answer end) {
    StreamCall left = there;
    finish(end);
    if (left != null) {
      left.cancel();
    }
  }

  private void finish(Answer end) {
    if (!over) {
      over = true;
      if (by != null) {
        by.ended(this);
      }
      channel.tell(() -> listener.ended(end));
    }
  }

  /** Takes what the member sends. */
  private final class Back implements StreamListener {
    private final ProcessChannel.Connection way;

    Back(ProcessChannel.Connection way) {
      this.way = way;
    }

    @Override
    public void message(Bytes message) {
      way.pass(() -> {
        if (!over) {
          channel.tell(() -> listener.message(message));
        }
      });
    }

    @Override
    public void ended(Answer end) {
      way.pass(() -> finish(end));
    }
  }
}
