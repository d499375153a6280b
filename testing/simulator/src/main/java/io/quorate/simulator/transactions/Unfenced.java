package io.quorate.simulator.transactions;

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

/**
 * Takes out of every transaction of the store that an incarnation must live: {@link
 * Planted#UNFENCED}.
 */
final class Unfenced implements Channel {
  private static final int COMPARES = 1;
  private static final String INCARNATION = "/inc/";

  private final Channel channel;

  Unfenced(Channel channel) {
    this.channel = channel;
  }

  private static Bytes without(Bytes request) {
    ProtoReader reader = new ProtoReader(request);
    ProtoWriter writer = new ProtoWriter(request.length());
    while (reader.next()) {
      Bytes part = reader.bytes();
      if (reader.field() != COMPARES || !part.toUtf8().contains(INCARNATION)) {
        writer.bytes(reader.field(), part);
      }
    }
    return writer.toBytes();
  }

  @Override
  public CompletableFuture<Answer> unary(String method, Bytes request, CallOptions options) {
    return channel.unary(method, method.endsWith("/Txn") ? without(request) : request, options);
  }

  @Override
  public StreamCall stream(
      String method, Metadata metadata, String avoid, StreamListener listener) {
    return channel.stream(method, metadata, avoid, listener);
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
