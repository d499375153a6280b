package io.quorate.simulator.recipes;

import io.quorate.base.Bytes;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.client.channel.Answer;
import io.quorate.client.channel.CallOptions;
import io.quorate.client.channel.Channel;
import io.quorate.client.channel.ConnectionListener;
import io.quorate.client.channel.Metadata;
import io.quorate.client.channel.StreamCall;
import io.quorate.client.channel.StreamListener;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * A way to the store on which something is wrong on purpose: of each transaction, some comparisons
 * are left out.
 */
public class WithoutCompares implements Channel {
  private static final int COMPARES = 1;

  private final Channel channel;
  private final Predicate<String> leftOut;

  /**
   * @param leftOut which comparisons, as texts
   */
  public WithoutCompares(Channel channel, Predicate<String> leftOut) {
    this.channel = channel;
    this.leftOut = leftOut;
  }

  private Bytes without(Bytes request) {
    ProtoReader reader = new ProtoReader(request);
    ProtoWriter writer = new ProtoWriter(request.length());
    while (reader.next()) {
      Bytes part = reader.bytes();
      if (reader.field() != COMPARES || !leftOut.test(part.toUtf8())) {
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
