package io.quorate.simulator.events;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StatusCode;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.simulator.recipes.WithoutCompares;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a way to the store one on which something is wrong; and the store to one without a
 * service for streams, since what is wrong is wrong with comparisons.
 */
final class Meddling extends WithoutCompares {
  private static final int SKIPPED = 20;

  /** How a comparison of a revision of change is told from others: field 2 is 2. */
  private static final String OF_REVISION = "\u0010\u0002";

  private final Planted planted;
  private int heard;

  Meddling(Channel channel, Planted planted) {
    super(channel, compare -> isLeftOut(planted, compare));
    this.planted = planted;
  }

  private static boolean isLeftOut(Planted planted, String compare) {
    return switch (planted) {
      case APPENDS_WITHOUT_LOOKING -> compare.contains("/s/");
      case REPEATS_WITHOUT_LOOKING -> compare.contains("/d/");
      case DECIDES_WITHOUT_LOOKING -> compare.contains("/t/");
      case MOVES_WITHOUT_LOOKING ->
          compare.contains("#live#owner#") || compare.contains("#checkpoint#");
      case CHANGES_WITHOUT_LOOKING -> compare.contains("#state") && compare.contains(OF_REVISION);
      case NOTHING, SKIPS_WHAT_IT_HEARS -> false;
    };
  }

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    return method.startsWith("quorate.")
        ? CompletableFuture.completedFuture(
            Answer.failed(StatusCode.UNIMPLEMENTED, "unknown service", ""))
        : super.unary(method, request, options);
  }

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    boolean skips = planted == Planted.SKIPS_WHAT_IT_HEARS && method.endsWith("/Watch");
    if (!skips) {
      return super.stream(method, metadata, avoid, listener);
    }
    Forgetful forgetful = new Forgetful(listener);
    StreamCall stream = super.stream(method, metadata, avoid, forgetful);
    forgetful.stream = stream;
    return stream;
  }

  private final class Forgetful implements StreamListener {
    private final StreamListener listener;
    private @Nullable StreamCall stream;

    Forgetful(StreamListener listener) {
      this.listener = listener;
    }

    @Override
    public void message(Bytes message) {
      StreamCall present = stream;
      if (present != null && message.toUtf8().contains("/s/s") && ++heard % SKIPPED == 0) {
        present.request(1);
      } else {
        listener.message(message);
      }
    }

    @Override
    public void ended(Answer end) {
      listener.ended(end);
    }
  }
}
