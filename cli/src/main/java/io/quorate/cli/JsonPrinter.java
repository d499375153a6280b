package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.AlarmMember;
import io.quorate.client.AlarmResponse;
import io.quorate.client.AuthStatusResponse;
import io.quorate.client.DeleteResponse;
import io.quorate.client.DowngradeResponse;
import io.quorate.client.Event;
import io.quorate.client.Header;
import io.quorate.client.KeyValue;
import io.quorate.client.LeaseGrantResponse;
import io.quorate.client.LeaseKeepAliveResponse;
import io.quorate.client.LeaseLeasesResponse;
import io.quorate.client.LeaseTimeToLiveResponse;
import io.quorate.client.Member;
import io.quorate.client.MemberAddResponse;
import io.quorate.client.MemberListResponse;
import io.quorate.client.NamesResponse;
import io.quorate.client.OpResponse;
import io.quorate.client.Permission;
import io.quorate.client.PutResponse;
import io.quorate.client.RangeResponse;
import io.quorate.client.RoleGetResponse;
import io.quorate.client.StatusResponse;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchResponse;
import java.io.PrintStream;
import java.util.Base64;
import java.util.List;

/**
 * {@code -w json}: etcd's messages as Go's JSON encoder writes them: fields at their default left
 * out, bytes in base64, numbers as numbers.
 */
final class JsonPrinter extends OwnJsonPrinter {
  JsonPrinter(PrintStream out) {
    super(out);
  }

  @Override
  public String format() {
    return "json";
  }

  @Override
  public void put(PutResponse response) {
    putObject(response);
    print();
  }

  @Override
  public void range(RangeResponse response, RangeStyle style) {
    rangeObject(response);
    print();
  }

  @Override
  public void delete(DeleteResponse response) {
    deleteObject(response);
    print();
  }

  @Override
  public void txn(TxnResponse response) {
    txnObject(response);
    print();
  }

  /** Of the client's own message, not the wire's: names in upper case, nothing left out. */
  @Override
  public void watch(WatchResponse response) {
    open();
    name("Header");
    open();
    headerFields(response.header());
    close();
    name("Events").append('[');
    for (Event event : response.events()) {
      separate();
      open();
      number("type", event.kind().number());
      name("kv");
      keyValue(event.kv());
      if (event.prevKv() != null) {
        name("prev_kv");
        keyValue(event.prevKv());
      }
      close();
    }
    json.append(']');
    name("CompactRevision").append(response.compactRevision());
    name("Canceled").append(response.canceled());
    name("Created").append(response.created());
    close();
    print();
  }

  @Override
  public void leaseGrant(LeaseGrantResponse response) {
    open();
    headerFields(response.header());
    name("ID").append(response.id());
    name("TTL").append(response.ttlSeconds());
    quoted(name("Error"), "");
    close();
    print();
  }

  @Override
  public void leaseKeepAlive(LeaseKeepAliveResponse response) {
    open();
    headerFields(response.header());
    name("ID").append(response.id());
    name("TTL").append(response.ttlSeconds());
    close();
    print();
  }

  @Override
  public void leaseTimeToLive(LeaseTimeToLiveResponse response, boolean keys) {
    open();
    headerFields(response.header());
    name("id").append(response.id());
    name("ttl").append(response.ttlSeconds());
    name("granted-ttl").append(response.grantedTtlSeconds());
    if (response.keys().isEmpty()) {
      name("keys").append("null");
    } else {
      name("keys").append('[');
      for (Bytes key : response.keys()) {
        separate();
        json.append('"').append(Base64.getEncoder().encodeToString(key.toArray())).append('"');
      }
      json.append(']');
    }
    close();
    print();
  }

  @Override
  public void leases(LeaseLeasesResponse response) {
    open();
    headerFields(response.header());
    name("leases").append('[');
    for (long id : response.ids()) {
      separate();
      open();
      name("id").append(id);
      close();
    }
    json.append(']');
    close();
    print();
  }

  @Override
  public void done(Header header, String words) {
    open();
    header(header);
    close();
    print();
  }

  @Override
  public void downgrade(DowngradeResponse response, String words) {
    open();
    header(response.header());
    text("version", response.version());
    close();
    print();
  }

  @Override
  public void alarms(AlarmResponse response) {
    open();
    header(response.header());
    if (!response.alarms().isEmpty()) {
      name("alarms").append('[');
      for (AlarmMember alarm : response.alarms()) {
        separate();
        open();
        unsigned("memberID", alarm.memberId());
        number("alarm", alarm.alarm().number());
        close();
      }
      json.append(']');
    }
    close();
    print();
  }

  @Override
  public void memberList(MemberListResponse response) {
    open();
    header(response.header());
    members(response.members());
    close();
    print();
  }

  @Override
  public void memberChanged(MemberListResponse response, String words) {
    memberList(response);
  }

  @Override
  public void memberAdded(MemberAddResponse response, String words) {
    open();
    header(response.header());
    name("member");
    member(response.member());
    members(response.members());
    close();
    print();
  }

  private void members(List<Member> members) {
    if (!members.isEmpty()) {
      name("members").append('[');
      for (Member member : members) {
        separate();
        member(member);
      }
      json.append(']');
    }
  }

  private void member(Member member) {
    open();
    unsigned("ID", member.id());
    text("name", member.name());
    texts("peerURLs", member.peerUrls());
    texts("clientURLs", member.clientUrls());
    flag("isLearner", member.learner());
    close();
  }

  @Override
  public void authStatus(AuthStatusResponse response) {
    open();
    header(response.header());
    flag("enabled", response.enabled());
    unsigned("authRevision", response.authRevision());
    close();
    print();
  }

  @Override
  public void userGet(String user, NamesResponse response) {
    names("roles", response);
  }

  @Override
  public void userList(NamesResponse response) {
    names("users", response);
  }

  @Override
  public void roleList(NamesResponse response) {
    names("roles", response);
  }

  private void names(String what, NamesResponse response) {
    open();
    header(response.header());
    texts(what, response.names());
    close();
    print();
  }

  @Override
  public void roleGet(String role, RoleGetResponse response) {
    open();
    header(response.header());
    if (!response.permissions().isEmpty()) {
      name("perm").append('[');
      for (Permission permission : response.permissions()) {
        separate();
        open();
        number("permType", permission.type().number());
        bytes("key", permission.key());
        bytes("range_end", permission.rangeEnd());
        close();
      }
      json.append(']');
    }
    close();
    print();
  }

  @Override
  public void endpointHashKv(List<EndpointHash> hashes) {
    json.append('[');
    for (EndpointHash one : hashes) {
      separate();
      open();
      quoted(name("Endpoint"), one.endpoint());
      name("HashKV");
      open();
      header(one.hash().header());
      number("hash", Integer.toUnsignedLong(one.hash().hash()));
      number("compact_revision", one.hash().compactRevision());
      number("hash_revision", one.hash().hashRevision());
      close();
      close();
    }
    json.append(']');
    print();
  }

  @Override
  public void endpointStatus(List<EndpointStatus> statuses) {
    json.append('[');
    for (EndpointStatus one : statuses) {
      StatusResponse status = one.status();
      separate();
      open();
      quoted(name("Endpoint"), one.endpoint());
      name("Status");
      open();
      header(status.header());
      text("version", status.version());
      number("dbSize", status.dbSize());
      unsigned("leader", status.leader());
      unsigned("raftIndex", status.raftIndex());
      unsigned("raftTerm", status.raftTerm());
      unsigned("raftAppliedIndex", status.raftAppliedIndex());
      texts("errors", status.errors());
      number("dbSizeInUse", status.dbSizeInUse());
      flag("isLearner", status.learner());
      text("storageVersion", status.storageVersion());
      number("dbSizeQuota", status.dbSizeQuota());
      close();
      close();
    }
    json.append(']');
    print();
  }

  @Override
  public void endpointHealth(List<EndpointHealth> healths) {
    json.append('[');
    for (EndpointHealth one : healths) {
      separate();
      open();
      quoted(name("endpoint"), one.endpoint());
      name("health").append(one.health());
      quoted(name("took"), one.took());
      text("error", one.error());
      close();
    }
    json.append(']');
    print();
  }

  private void putObject(PutResponse response) {
    open();
    header(response.header());
    if (response.prevKv() != null) {
      name("prev_kv");
      keyValue(response.prevKv());
    }
    close();
  }

  private void rangeObject(RangeResponse response) {
    open();
    header(response.header());
    keyValues("kvs", response.kvs());
    flag("more", response.more());
    number("count", response.count());
    close();
  }

  private void deleteObject(DeleteResponse response) {
    open();
    header(response.header());
    number("deleted", response.deleted());
    keyValues("prev_kvs", response.prevKvs());
    close();
  }

  private void txnObject(TxnResponse response) {
    open();
    header(response.header());
    flag("succeeded", response.succeeded());
    if (!response.responses().isEmpty()) {
      name("responses").append('[');
      for (OpResponse part : response.responses()) {
        separate();
        open();
        name("Response");
        open();
        switch (part) {
          case PutResponse put -> {
            name("ResponsePut");
            putObject(put);
          }
          case RangeResponse range -> {
            name("ResponseRange");
            rangeObject(range);
          }
          case DeleteResponse delete -> {
            name("ResponseDeleteRange");
            deleteObject(delete);
          }
          case TxnResponse txn -> {
            name("ResponseTxn");
            txnObject(txn);
          }
        }
        close();
        close();
      }
      json.append(']');
    }
    close();
  }

  /** Left out where there is none. */
  private void header(Header header) {
    if (!header.equals(Header.NONE)) {
      name("header");
      open();
      headerFields(header);
      close();
    }
  }

  private void headerFields(Header header) {
    unsigned("cluster_id", header.clusterId());
    unsigned("member_id", header.memberId());
    number("revision", header.revision());
    unsigned("raft_term", header.raftTerm());
  }

  // ---- parts -----------------------------------------------------------------------------------

  private void keyValues(String name, List<KeyValue> kvs) {
    if (!kvs.isEmpty()) {
      name(name).append('[');
      for (KeyValue kv : kvs) {
        separate();
        keyValue(kv);
      }
      json.append(']');
    }
  }

  private void keyValue(KeyValue kv) {
    open();
    bytes("key", kv.key());
    number("create_revision", kv.createRevision());
    number("mod_revision", kv.modRevision());
    number("version", kv.version());
    bytes("value", kv.value());
    number("lease", kv.lease());
    close();
  }
}
