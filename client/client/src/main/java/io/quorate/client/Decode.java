package io.quorate.client;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
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
    return new CompactResponse(done(message).header());
  }

  static Done done(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    while (in.next()) {
      if (in.field() == 1) {
        header = header(in.message());
      }
    }
    return new Done(header);
  }

  static WatchResponse watchResponse(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    long watchId = 0;
    boolean created = false;
    boolean canceled = false;
    long compactRevision = 0;
    String cancelReason = "";
    boolean fragment = false;
    List<Event> events = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> watchId = in.number();
        case 3 -> created = in.flag();
        case 4 -> canceled = in.flag();
        case 5 -> compactRevision = in.number();
        case 6 -> cancelReason = in.text();
        case 7 -> fragment = in.flag();
        case 11 -> events.add(event(in.message()));
        default -> {}
      }
    }
    return new WatchResponse(
        header,
        watchId,
        created,
        canceled,
        compactRevision,
        cancelReason,
        fragment,
        List.copyOf(events));
  }

  private static Event event(ProtoReader in) {
    Event.Kind kind = Event.Kind.PUT;
    KeyValue kv = new KeyValue(Bytes.EMPTY, Bytes.EMPTY, 0, 0, 0, 0);
    @Nullable KeyValue prevKv = null;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> kind = of(Event.Kind.values(), in.number());
        case 2 -> kv = keyValue(in.message());
        case 3 -> prevKv = keyValue(in.message());
        default -> {}
      }
    }
    return new Event(kind, kv, prevKv);
  }

  /** The constant with this number. */
  private static <E> E of(E[] values, long number) {
    if (number < 0 || number >= values.length) {
      throw new MalformedMessage("no " + values[0].getClass().getSimpleName() + ": " + number);
    }
    return values[(int) number];
  }

  static LeaseGrantResponse leaseGrant(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    long id = 0;
    long ttl = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> id = in.number();
        case 3 -> ttl = in.number();
        default -> {}
      }
    }
    return new LeaseGrantResponse(header, id, ttl);
  }

  static LeaseKeepAliveResponse leaseKeepAlive(Bytes message) {
    LeaseGrantResponse same = leaseGrant(message); // the same fields, under the same numbers
    return new LeaseKeepAliveResponse(same.header(), same.id(), same.ttlSeconds());
  }

  static LeaseTimeToLiveResponse leaseTimeToLive(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    long id = 0;
    long ttl = 0;
    long granted = 0;
    List<Bytes> keys = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> id = in.number();
        case 3 -> ttl = in.number();
        case 4 -> granted = in.number();
        case 5 -> keys.add(in.bytes());
        default -> {}
      }
    }
    return new LeaseTimeToLiveResponse(header, id, ttl, granted, List.copyOf(keys));
  }

  static LeaseLeasesResponse leaseLeases(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    List<Long> ids = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> {
          ProtoReader status = in.message();
          long id = 0;
          while (status.next()) {
            if (status.field() == 1) {
              id = status.number();
            }
          }
          ids.add(id);
        }
        default -> {}
      }
    }
    return new LeaseLeasesResponse(header, List.copyOf(ids));
  }

  static MemberAddResponse memberAdd(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    Member member = new Member(0, "", List.of(), List.of(), false);
    List<Member> members = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> member = member(in.message());
        case 3 -> members.add(member(in.message()));
        default -> {}
      }
    }
    return new MemberAddResponse(header, member, List.copyOf(members));
  }

  static AlarmResponse alarm(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    List<AlarmMember> alarms = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> {
          ProtoReader one = in.message();
          long member = 0;
          AlarmMember.Type type = AlarmMember.Type.NONE;
          while (one.next()) {
            switch (one.field()) {
              case 1 -> member = one.number();
              case 2 -> type = of(AlarmMember.Type.values(), one.number());
              default -> {}
            }
          }
          alarms.add(new AlarmMember(member, type));
        }
        default -> {}
      }
    }
    return new AlarmResponse(header, List.copyOf(alarms));
  }

  static HashResponse hash(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    int hash = 0;
    long compactRevision = 0;
    long hashRevision = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> hash = (int) in.number();
        case 3 -> compactRevision = in.number();
        case 4 -> hashRevision = in.number();
        default -> {}
      }
    }
    return new HashResponse(header, hash, compactRevision, hashRevision);
  }

  static DowngradeResponse downgrade(Bytes message) {
    TextAnswer answer = textAnswer(message);
    return new DowngradeResponse(answer.header(), answer.text());
  }

  /** Of an authentication. */
  static String token(Bytes message) {
    return textAnswer(message).text();
  }

  private record TextAnswer(Header header, String text) {}

  private static TextAnswer textAnswer(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    String text = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> text = in.text();
        default -> {}
      }
    }
    return new TextAnswer(header, text);
  }

  static SnapshotPart snapshotPart(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    long remaining = 0;
    Bytes blob = Bytes.EMPTY;
    String version = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> remaining = in.number();
        case 3 -> blob = in.bytes();
        case 4 -> version = in.text();
        default -> {}
      }
    }
    return new SnapshotPart(header, remaining, blob, version);
  }

  static AuthStatusResponse authStatus(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    boolean enabled = false;
    long revision = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> enabled = in.flag();
        case 3 -> revision = in.number();
        default -> {}
      }
    }
    return new AuthStatusResponse(header, enabled, revision);
  }

  static NamesResponse names(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    List<String> names = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> names.add(in.text());
        default -> {}
      }
    }
    return new NamesResponse(header, List.copyOf(names));
  }

  static RoleGetResponse roleGet(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    List<Permission> permissions = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> {
          ProtoReader one = in.message();
          Permission.Type type = Permission.Type.READ;
          Bytes key = Bytes.EMPTY;
          Bytes rangeEnd = Bytes.EMPTY;
          while (one.next()) {
            switch (one.field()) {
              case 1 -> type = of(Permission.Type.values(), one.number());
              case 2 -> key = one.bytes();
              case 3 -> rangeEnd = one.bytes();
              default -> {}
            }
          }
          permissions.add(new Permission(type, key, rangeEnd));
        }
        default -> {}
      }
    }
    return new RoleGetResponse(header, List.copyOf(permissions));
  }

  static LockResponse lock(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    Bytes key = Bytes.EMPTY;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> key = in.bytes();
        default -> {}
      }
    }
    return new LockResponse(header, key);
  }

  static CampaignResponse campaign(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    LeaderKey leader = new LeaderKey(Bytes.EMPTY, Bytes.EMPTY, 0, 0);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> leader = leaderKey(in.message());
        default -> {}
      }
    }
    return new CampaignResponse(header, leader);
  }

  private static LeaderKey leaderKey(ProtoReader in) {
    Bytes name = Bytes.EMPTY;
    Bytes key = Bytes.EMPTY;
    long revision = 0;
    long lease = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.bytes();
        case 2 -> key = in.bytes();
        case 3 -> revision = in.number();
        case 4 -> lease = in.number();
        default -> {}
      }
    }
    return new LeaderKey(name, key, revision, lease);
  }

  static LeaderResponse leader(Bytes message) {
    ProtoReader in = new ProtoReader(message);
    Header header = Header.NONE;
    KeyValue kv = new KeyValue(Bytes.EMPTY, Bytes.EMPTY, 0, 0, 0, 0);
    while (in.next()) {
      switch (in.field()) {
        case 1 -> header = header(in.message());
        case 2 -> kv = keyValue(in.message());
        default -> {}
      }
    }
    return new LeaderResponse(header, kv);
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

  static Header header(ProtoReader in) {
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

  static KeyValue keyValue(ProtoReader in) {
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
