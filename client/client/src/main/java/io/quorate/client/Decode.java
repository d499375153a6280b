package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.client.wire.MalformedMessage;
import io.quorate.client.wire.ProtoReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Responses out of etcd's protobuf messages. Field numbers are the protocol's; fields of later
 * versions are passed over.
 */
final class Decode {
  private Decode() {}

  static PutResponse putResponse(Bytes message) {
    return putResponse(new ProtoReader(message));
  }

  static RangeResponse rangeResponse(Bytes message) {
    return rangeResponse(new ProtoReader(message));
  }

  static DeleteResponse deleteResponse(Bytes message) {
    return deleteResponse(new ProtoReader(message));
  }

  static TxnResponse txnResponse(Bytes message) {
    return txnResponse(new ProtoReader(message), 1);
  }

  static CompactResponse compactResponse(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    while (in.next()) {
      if (in.field() == 1) {
        header = header(in.message());
      }
    }
    return new CompactResponse(header);
  }

  static MemberListResponse memberListResponse(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    List<Member> members = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> members.add(member(in.message()));
        default -> {}
      }
    }
    return new MemberListResponse(header, List.copyOf(members));
  }

  static StatusResponse statusResponse(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    String version = "";
    long dbSize = 0;
    long leader = 0;
    long raftIndex = 0;
    long raftTerm = 0;
    long raftAppliedIndex = 0;
    List<String> errors = new ArrayList<>();
    long dbSizeInUse = 0;
    boolean learner = false;
    String storageVersion = "";
    long dbSizeQuota = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> version = in.text();
        case 3 -> dbSize = in.number();
        case 4 -> leader = in.number();
        case 5 -> raftIndex = in.number();
        case 6 -> raftTerm = in.number();
        case 7 -> raftAppliedIndex = in.number();
        case 8 -> errors.add(in.text());
        case 9 -> dbSizeInUse = in.number();
        case 10 -> learner = in.flag();
        case 11 -> storageVersion = in.text();
        case 12 -> dbSizeQuota = in.number();
        default -> {}
      }
    }
    return new StatusResponse(
        header,
        version,
        dbSize,
        leader,
        raftIndex,
        raftTerm,
        raftAppliedIndex,
        List.copyOf(errors),
        dbSizeInUse,
        learner,
        storageVersion,
        dbSizeQuota);
  }

  private static PutResponse putResponse(ProtoReader in) {
    Header header = Header.NONE;
    @Nullable KeyValue prevKv = null;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> prevKv = keyValue(in.message());
        default -> {}
      }
    }
    return new PutResponse(header, prevKv);
  }

  private static RangeResponse rangeResponse(ProtoReader in) {
    Header header = Header.NONE;
    List<KeyValue> kvs = new ArrayList<>();
    boolean more = false;
    long count = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> kvs.add(keyValue(in.message()));
        case 3 -> more = in.flag();
        case 4 -> count = in.number();
        default -> {}
      }
    }
    return new RangeResponse(header, List.copyOf(kvs), more, count);
  }

  private static DeleteResponse deleteResponse(ProtoReader in) {
    Header header = Header.NONE;
    long deleted = 0;
    List<KeyValue> prevKvs = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> deleted = in.number();
        case 3 -> prevKvs.add(keyValue(in.message()));
        default -> {}
      }
    }
    return new DeleteResponse(header, deleted, List.copyOf(prevKvs));
  }

  private static TxnResponse txnResponse(ProtoReader in, int depth) {
    if (depth > Limits.TXN_DEPTH_MAX + 1) {
      throw new MalformedMessage("transactions nested deeper than " + Limits.TXN_DEPTH_MAX);
    }
    Header header = Header.NONE;
    boolean succeeded = false;
    List<OpResponse> responses = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> succeeded = in.flag();
        case 3 -> responses.add(opResponse(in.message(), depth));
        default -> {}
      }
    }
    return new TxnResponse(header, succeeded, List.copyOf(responses));
  }

  private static OpResponse opResponse(ProtoReader in, int depth) {
    @Nullable OpResponse response = null;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> response = rangeResponse(in.message());
        case 2 -> response = putResponse(in.message());
        case 3 -> response = deleteResponse(in.message());
        case 4 -> response = txnResponse(in.message(), depth + 1);
        default -> {}
      }
    }
    if (response == null) {
      throw new MalformedMessage("an operation's response of no known kind");
    }
    return response;
  }

  private static Header header(ProtoReader in) {
    long clusterId = 0;
    long memberId = 0;
    long revision = 0;
    long raftTerm = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> clusterId = in.number();
        case 2 -> memberId = in.number();
        case 3 -> revision = in.number();
        case 4 -> raftTerm = in.number();
        default -> {}
      }
    }
    return new Header(clusterId, memberId, revision, raftTerm);
  }

  private static KeyValue keyValue(ProtoReader in) {
    Bytes key = Bytes.EMPTY;
    Bytes value = Bytes.EMPTY;
    long createRevision = 0;
    long modRevision = 0;
    long version = 0;
    long lease = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> key = in.bytes();
        case 2 -> createRevision = in.number();
        case 3 -> modRevision = in.number();
        case 4 -> version = in.number();
        case 5 -> value = in.bytes();
        case 6 -> lease = in.number();
        default -> {}
      }
    }
    return new KeyValue(key, value, createRevision, modRevision, version, lease);
  }

  private static Member member(ProtoReader in) {
    long id = 0;
    String name = "";
    List<String> peerUrls = new ArrayList<>();
    List<String> clientUrls = new ArrayList<>();
    boolean learner = false;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> id = in.number();
        case 2 -> name = in.text();
        case 3 -> peerUrls.add(in.text());
        case 4 -> clientUrls.add(in.text());
        case 5 -> learner = in.flag();
        default -> {}
      }
    }
    return new Member(id, name, List.copyOf(peerUrls), List.copyOf(clientUrls), learner);
  }
}
