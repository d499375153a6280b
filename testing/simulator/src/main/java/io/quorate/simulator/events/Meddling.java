package io.quorate.simulator.events;

import io.quorate.base.Bytes;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.ConnectionListener;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import io.quorate.client.wire.ProtoReader;
import io.quorate.client.wire.ProtoWriter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Makes of a way to the store one on which something is wrong. */
final class Meddling implements Channel {
  private static final int COMPARES = 1;
  private static final int SKIPPED = 20;

  private final Channel channel;
  private final Planted planted;
  private int heard;

  Meddling(Channel channel, Planted planted) {
    this.channel = channel;
    this.planted = planted;
  }

  /** Whether a comparison is left out. */
  private boolean isLeftOut(String compare) {
    return switch (planted) {
      case APPENDS_WITHOUT_LOOKING -> compare.contains("/s/");
      case REPEATS_WITHOUT_LOOKING -> compare.contains("/d/");
      case DECIDES_WITHOUT_LOOKING -> compare.contains("/t/");
      case MOVES_WITHOUT_LOOKING ->
          compare.contains("#live#owner#") || compare.contains("#checkpoint#");
      case NOTHING, SKIPS_WHAT_IT_HEARS -> false;
    };
  }

  private Bytes changed(Bytes request) {
    ProtoReader reader = new ProtoReader(request);
    ProtoWriter writer = new ProtoWriter(request.length());
    while (reader.next()) {
      Bytes part = reader.bytes();
      if (reader.field() != COMPARES || !isLeftOut(part.toUtf8())) {
        writer.bytes(reader.field(), part);
      }
    }
    return writer.toBytes();
  }

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    return channel.unary(method, method.endsWith("/Txn") ? changed(request) : request, options);
  }

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    boolean skips = planted == Planted.SKIPS_WHAT_IT_HEARS && method.endsWith("/Watch");
    if (!skips) {
      return channel.stream(method, metadata, avoid, listener);
    }
    Forgetful forgetful = new Forgetful(listener);
    StreamCall stream = channel.stream(method, metadata, avoid, forgetful);
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

  @Override
  public List<String> endpoints() {
    return channel.endpoints();
  }

  @Override
  public void observe(ConnectionListener listener) {
    channel.observe(listener);
  }

  @Override
  public boolean mustNotBlock() {
    return channel.mustNotBlock();
  }

  @Override
  public void close() {
    channel.close();
  }
}
