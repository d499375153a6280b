package io.quorate.cli;

import io.quorate.client.AlarmMember;
import io.quorate.client.AlarmResponse;
import io.quorate.client.AuthStatusResponse;
import io.quorate.client.DeleteResponse;
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
import java.util.List;

/** {@code -w fields}: a line a field, name and value quoted. */
final class FieldsPrinter implements Printer {
  private final PrintStream out;

  FieldsPrinter(PrintStream out) {
    this.out = out;
  }

  @Override
  public String format() {
    return "fields";
  }

  @Override
  public void put(PutResponse response) {
    header(response.header());
    if (response.prevKv() != null) {
      keyValue("Prev", response.prevKv());
    }
  }

  @Override
  public void range(RangeResponse response, RangeStyle style) {
    header(response.header());
    for (KeyValue kv : response.kvs()) {
      keyValue("", kv);
    }
    field("More", response.more());
    field("Count", response.count());
  }

  @Override
  public void delete(DeleteResponse response) {
    header(response.header());
    field("Deleted", response.deleted());
    for (KeyValue kv : response.prevKvs()) {
      keyValue("Prev", kv);
    }
  }

  @Override
  public void txn(TxnResponse response) {
    header(response.header());
    field("Succeeded", response.succeeded());
    for (OpResponse part : response.responses()) {
      switch (part) {
        case PutResponse put -> put(put);
        case RangeResponse range -> range(range, RangeStyle.PAIRS);
        case DeleteResponse delete -> delete(delete);
        case TxnResponse txn -> txn(txn);
      }
    }
  }

  @Override
  public void watch(WatchResponse response) {
    header(response.header());
    for (Event event : response.events()) {
      field("Type", event.kind());
      if (event.prevKv() != null) {
        keyValue("Prev", event.prevKv());
      }
      keyValue("", event.kv());
    }
  }

  @Override
  public void leaseGrant(LeaseGrantResponse response) {
    header(response.header());
    field("ID", response.id());
    field("TTL", response.ttlSeconds());
  }

  @Override
  public void leaseKeepAlive(LeaseKeepAliveResponse response) {
    header(response.header());
    field("ID", response.id());
    field("TTL", response.ttlSeconds());
  }

  @Override
  public void leaseTimeToLive(LeaseTimeToLiveResponse response, boolean keys) {
    header(response.header());
    field("ID", response.id());
    field("TTL", response.ttlSeconds());
    field("GrantedTTL", response.grantedTtlSeconds());
    response.keys().forEach(key -> field("Key", GoQuote.quote(key)));
  }

  @Override
  public void leases(LeaseLeasesResponse response) {
    header(response.header());
    response.ids().forEach(id -> field("ID", id));
  }

  @Override
  public void done(Header header, String words) {
    header(header);
  }

  @Override
  public void alarms(AlarmResponse response) {
    header(response.header());
    for (AlarmMember alarm : response.alarms()) {
      unsigned("MemberID", alarm.memberId());
      field("AlarmType", alarm.alarm());
      out.write('\n');
    }
  }

  @Override
  public void memberChanged(MemberListResponse response, String words) {
    memberList(response);
  }

  @Override
  public void memberAdded(MemberAddResponse response, String words) {
    memberList(new MemberListResponse(response.header(), response.members()));
  }

  @Override
  public void authStatus(AuthStatusResponse response) {
    header(response.header());
    field("Enabled", response.enabled());
    unsigned("AuthRevision", response.authRevision());
  }

  @Override
  public void userGet(String user, NamesResponse response) {
    names("Roles", response);
  }

  @Override
  public void userList(NamesResponse response) {
    names("Users", response);
  }

  @Override
  public void roleList(NamesResponse response) {
    names("Roles", response);
  }

  private void names(String what, NamesResponse response) {
    header(response.header());
    StringBuilder line = new StringBuilder("\"" + what + "\" :");
    response.names().forEach(name -> line.append(' ').append(GoQuote.quote(name)));
    out.print(line.append('\n'));
  }

  @Override
  public void roleGet(String role, RoleGetResponse response) {
    header(response.header());
    for (Permission permission : response.permissions()) {
      field("PermType", " " + permission.type());
      field("Key", GoQuote.quote(permission.key()));
      field("RangeEnd", GoQuote.quote(permission.rangeEnd()));
    }
  }

  @Override
  public void endpointHashKv(List<EndpointHash> hashes) {
    for (EndpointHash one : hashes) {
      header(one.hash().header());
      text("Endpoint", one.endpoint());
      field("Hash", Integer.toUnsignedString(one.hash().hash()));
      if (one.hash().hashRevision() != 0) {
        field("HashRevision", one.hash().hashRevision());
      }
      out.write('\n');
    }
  }

  @Override
  public void memberList(MemberListResponse response) {
    header(response.header());
    for (Member member : response.members()) {
      unsigned("ID", member.id());
      text("Name", member.name());
      for (String url : member.peerUrls()) {
        text("PeerURL", url);
      }
      for (String url : member.clientUrls()) {
        text("ClientURL", url);
      }
      field("IsLearner", member.learner());
      out.write('\n');
    }
  }

  @Override
  public void endpointStatus(List<EndpointStatus> statuses) {
    for (EndpointStatus one : statuses) {
      StatusResponse status = one.status();
      header(status.header());
      text("Version", status.version());
      field("DBSize", status.dbSize());
      unsigned("Leader", status.leader());
      field("IsLearner", status.learner());
      unsigned("RaftIndex", status.raftIndex());
      unsigned("RaftTerm", status.raftTerm());
      unsigned("RaftAppliedIndex", status.raftAppliedIndex());
      StringBuilder errors = new StringBuilder("[");
      for (String error : status.errors()) {
        errors.append(errors.length() == 1 ? "" : " ").append(GoQuote.quote(error));
      }
      field("Errors", errors.append(']'));
      text("Endpoint", one.endpoint());
      out.write('\n');
    }
  }

  @Override
  public void endpointHealth(List<EndpointHealth> healths) {
    for (EndpointHealth one : healths) {
      text("Endpoint", one.endpoint());
      field("Health", one.health());
      field("Took", one.took());
      field("Error", one.error());
      out.write('\n');
    }
  }

  private void header(Header header) {
    unsigned("ClusterID", header.clusterId());
    unsigned("MemberID", header.memberId());
    field("Revision", header.revision());
    unsigned("RaftTerm", header.raftTerm());
  }

  private void keyValue(String prefix, KeyValue kv) {
    field(prefix + "Key", GoQuote.quote(kv.key()));
    field(prefix + "CreateRevision", kv.createRevision());
    field(prefix + "ModRevision", kv.modRevision());
    field(prefix + "Version", kv.version());
    field(prefix + "Value", GoQuote.quote(kv.value()));
    field(prefix + "Lease", kv.lease());
  }

  private void unsigned(String name, long value) {
    field(name, Long.toUnsignedString(value));
  }

  private void text(String name, String value) {
    field(name, GoQuote.quote(value));
  }

  private void field(String name, Object value) {
    out.print("\"" + name + "\" : " + value + "\n");
  }
}
