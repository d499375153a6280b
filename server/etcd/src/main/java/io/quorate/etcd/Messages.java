package io.quorate.etcd;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.quorate.base.Bytes;
import io.quorate.node.Replica;
import io.quorate.protocol.etcdserverpb.ResponseHeader;
import io.quorate.protocol.mvccpb.KeyValue;

/**
 * The generated messages, for the services that are not called a hundred thousand times a second.
 */
final class Messages {
  private final Replica replica;
  private final ApiSettings settings;

  Messages(Replica replica, ApiSettings settings) {
    this.replica = replica;
    this.settings = settings;
  }

  /** Reads a request; one that can't be read ends the call as grpc-go would. */
  static <T extends Message> T read(Parser<T> parser, Bytes message) {
    try {
      return parser.parseFrom(message.array(), message.arrayOffset(), message.length());
    } catch (InvalidProtocolBufferException e) {
      throw RequestReader.malformed(e);
    }
  }

  /** The bytes of an answer. */
  static Bytes bytes(Message answer) {
    return Bytes.wrap(answer.toByteArray());
  }

  /** A field's bytes. */
  static Bytes bytes(ByteString field) {
    return Bytes.wrap(field.toByteArray());
  }

  /** Bytes as a field. */
  static ByteString byteString(Bytes bytes) {
    return ByteString.copyFrom(bytes.array(), bytes.arrayOffset(), bytes.length());
  }

  /** A key with its value, as a message. */
  static KeyValue keyValue(io.quorate.kv.KeyValue kv) {
    return KeyValue.newBuilder()
        .setKey(byteString(kv.key()))
        .setCreateRevision(kv.createRevision())
        .setModRevision(kv.modRevision())
        .setVersion(kv.version())
        .setValue(byteString(kv.value()))
        .setLease(kv.lease())
        .build();
  }

  /** The header of an answer of now, with the store's revision. */
  ResponseHeader header() {
    return replica.hasState()
        ? identity().setRevision(replica.latest().revision()).build()
        : headerWithoutRevision();
  }

  /** The header of an answer about the store as it was at a revision. */
  ResponseHeader header(long revision) {
    return identity().setRevision(revision).build();
  }

  /** The header of an answer that doesn't concern the store. */
  ResponseHeader headerWithoutRevision() {
    return identity().build();
  }

  private ResponseHeader.Builder identity() {
    return ResponseHeader.newBuilder()
        .setClusterId(settings.clusterId())
        .setMemberId(settings.memberId())
        .setRaftTerm(replica.term());
  }
}
