package io.quorate.conformance;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.quorate.protocol.etcdserverpb.CompactionRequest;
import io.quorate.protocol.etcdserverpb.CompactionResponse;
import io.quorate.protocol.etcdserverpb.DeleteRangeRequest;
import io.quorate.protocol.etcdserverpb.DeleteRangeResponse;
import io.quorate.protocol.etcdserverpb.PutRequest;
import io.quorate.protocol.etcdserverpb.PutResponse;
import io.quorate.protocol.etcdserverpb.RangeRequest;
import io.quorate.protocol.etcdserverpb.RangeResponse;
import io.quorate.protocol.etcdserverpb.TxnRequest;
import io.quorate.protocol.etcdserverpb.TxnResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One connection to one member, through grpc-java: it sends whatever it is given, retries nothing,
 * and tells what came back in gRPC's own terms.
 */
final class Api implements AutoCloseable {
  /** A bound for every wait: far above what anything takes on a busy machine. */
  static final int WAIT_SECONDS_MAX = 30;

  private final ManagedChannel connection;
  private final Channel channel;

  private Api(ManagedChannel connection, Channel channel) {
    this.connection = connection;
    this.channel = channel;
  }

  static Api open(String endpoint) {
    ManagedChannel connection =
        NettyChannelBuilder.forTarget("dns:///" + endpoint)
            .usePlaintext()
            .maxInboundMessageSize(Integer.MAX_VALUE)
            .build();
    return new Api(connection, connection);
  }

  /** The same connection, with more metadata on each call. */
  Api with(String name, String value) {
    Metadata metadata = new Metadata();
    metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
    return new Api(
        connection,
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata)));
  }

  private static CallOptions options() {
    return CallOptions.DEFAULT.withDeadlineAfter(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
  }

  <Q, A> A call(MethodDescriptor<Q, A> method, Q request) {
    return ClientCalls.blockingUnaryCall(channel, method, options(), request);
  }

  <Q, A> ListenableFuture<A> start(MethodDescriptor<Q, A> method, Q request) {
    return ClientCalls.futureUnaryCall(channel.newCall(method, options()), request);
  }

  /** All answers of a method that answers with a stream. */
  <Q, A> List<A> all(MethodDescriptor<Q, A> method, Q request) {
    List<A> answers = new ArrayList<>();
    Iterator<A> stream =
        ClientCalls.blockingServerStreamingCall(channel, method, options(), request);
    stream.forEachRemaining(answers::add);
    return answers;
  }

  <Q, A> Duplex<Q, A> open(MethodDescriptor<Q, A> method) {
    return new Duplex<>(channel.newCall(method, CallOptions.DEFAULT));
  }

  /** What the server says to a request that it refuses: the status code's name and its text. */
  <Q, A> String refusal(MethodDescriptor<Q, A> method, Q request) {
    try {
      if (method.getType() == MethodDescriptor.MethodType.UNARY) {
        return "answered: " + call(method, request);
      }
      return "answered: " + all(method, request);
    } catch (StatusRuntimeException e) {
      return text(e.getStatus());
    }
  }

  static String text(Status status) {
    return status.getCode() + " " + status.getDescription();
  }

  PutResponse put(PutRequest.Builder request) {
    return call(Rpc.PUT, request.build());
  }

  RangeResponse range(RangeRequest.Builder request) {
    return call(Rpc.RANGE, request.build());
  }

  DeleteRangeResponse delete(DeleteRangeRequest.Builder request) {
    return call(Rpc.DELETE_RANGE, request.build());
  }

  TxnResponse txn(TxnRequest.Builder request) {
    return call(Rpc.TXN, request.build());
  }

  CompactionResponse compact(long revision) {
    return call(Rpc.COMPACT, CompactionRequest.newBuilder().setRevision(revision).build());
  }

  /** Answered only when what is before the revision is really gone. */
  CompactionResponse compactPhysically(long revision) {
    return call(
        Rpc.COMPACT,
        CompactionRequest.newBuilder().setRevision(revision).setPhysical(true).build());
  }

  String refusal(PutRequest.Builder request) {
    return refusal(Rpc.PUT, request.build());
  }

  String refusal(RangeRequest.Builder request) {
    return refusal(Rpc.RANGE, request.build());
  }

  String refusal(DeleteRangeRequest.Builder request) {
    return refusal(Rpc.DELETE_RANGE, request.build());
  }

  String refusal(TxnRequest.Builder request) {
    return refusal(Rpc.TXN, request.build());
  }

  @Override
  public void close() {
    connection.shutdownNow();
  }
}
