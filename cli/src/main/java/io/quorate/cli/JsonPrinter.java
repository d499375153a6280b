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
import io.quorate.recipes.NamedQueue;
import io.quorate.recipes.QueueEntry;
import io.quorate.recipes.Queues;
import io.quorate.recipes.ids.ClaimedWorker;
import io.quorate.xa.TransactionLog;
import io.quorate.xa.TransactionReport;
import java.io.PrintStream;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code -w json}: etcd's messages as Go's JSON encoder writes them: fields at their default left
 * out, bytes in base64, numbers as numbers.
 */
final class JsonPrinter implements Printer {
  private final PrintStream out;
  private final StringBuilder json = new StringBuilder();

  JsonPrinter(PrintStream out) {
    this.out = out;
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

  // ---- what etcdctl hasn't: nothing is left out here ------------------------------------------

  @Override
  public void locks(Queues queues, Map<Long, LeaseTimeToLiveResponse> leases) {
    open();
    name("revision").append(queues.revision());
    name("epoch").append(queues.epoch());
    name("locks").append('[');
    for (NamedQueue queue : queues.each()) {
      separate();
      open();
      quoted(name("name"), queue.name().toString());
      quoted(name("kind"), word(queue.kind()));
      name("permits").append(queue.permits());
      name("queue").append('[');
      for (QueueEntry entry : queue.entries()) {
        separate();
        queueEntry(queues, entry, leases.get(entry.lease()));
      }
      json.append(']');
      close();
    }
    json.append(']');
    close();
    print();
  }

  private void queueEntry(
      Queues queues, QueueEntry entry, @Nullable LeaseTimeToLiveResponse lease) {
    open();
    quoted(name("role"), word(entry.role()));
    name("holds").append(entry.holds());
    quoted(name("owner"), entry.owner());
    bytes("key", entry.key());
    quoted(name("lease"), Long.toHexString(entry.lease()));
    name("ttl").append(lease == null ? -1 : lease.ttlSeconds());
    name("granted_ttl").append(lease == null ? 0 : lease.grantedTtlSeconds());
    name("since").append(entry.since());
    quoted(name("token"), Rows.token(queues, entry));
    close();
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** As texts: they are more than JavaScript's numbers hold. */
  @Override
  public void ids(List<MadeId> ids) {
    open();
    name("ids").append('[');
    for (MadeId id : ids) {
      separate();
      quoted(json, id.text());
    }
    json.append(']');
    close();
    print();
  }

  @Override
  public void decodedIds(List<MadeId> ids) {
    open();
    name("ids").append('[');
    for (MadeId id : ids) {
      separate();
      open();
      quoted(name("id"), id.text());
      quoted(name("time"), id.parts().time().toString());
      name("time_millis").append(id.parts().time().toEpochMilli());
      name("datacenter").append(id.parts().datacenter());
      name("worker").append(id.parts().worker());
      name("sequence").append(id.parts().sequence());
      close();
    }
    json.append(']');
    close();
    print();
  }

  @Override
  public void worker(String name, ClaimedWorker worker) {
    open();
    quoted(name("name"), name);
    name("worker").append(worker.worker());
    name("datacenter").append(worker.datacenter());
    name("from_millis").append(worker.from().toEpochMilli());
    name("until_millis").append(worker.reservedUntil().toEpochMilli());
    quoted(name("layout"), IdLayout.widths(worker.layout()));
    name("epoch_millis").append(worker.layout().epoch().toEpochMilli());
    close();
    print();
  }

  /** Numbers of coordinators as texts of hexadecimal digits, as they are in ids. */
  @Override
  public void transactions(List<TransactionLog.Entry> entries) {
    open();
    name("transactions").append('[');
    for (TransactionLog.Entry entry : entries) {
      separate();
      open();
      quoted(name("id"), entry.id());
      quoted(name("kind"), entry.kind().name());
      quoted(name("since"), Rows.time(entry.since()));
      name("coordinator_lives").append(entry.coordinatorLives());
      all("resources", entry.resources());
      close();
    }
    json.append(']');
    close();
    print();
  }

  @Override
  public void coordinators(List<TransactionLog.Coordinator> coordinators) {
    open();
    name("coordinators").append('[');
    for (TransactionLog.Coordinator each : coordinators) {
      separate();
      open();
      quoted(name("number"), Hex.padded(each.number()));
      name("lives").append(each.lives());
      quoted(name("about"), each.about());
      all("unswept", each.unswept());
      close();
    }
    json.append(']');
    close();
    print();
  }

  @Override
  public void transaction(TransactionReport report) {
    open();
    quoted(name("id"), report.id());
    quoted(name("fate"), report.fate().name());
    quoted(name("decided"), Rows.time(report.decided()));
    quoted(name("coordinator"), report.coordinator().name());
    quoted(name("about"), report.about());
    all("committing", report.committing());
    all("contradicted", report.contradicted());
    all("asking", report.asking());
    quoted(name("postgresql_name"), report.postgreSqlName());
    quoted(name("mariadb_name"), report.mariaDbName());
    close();
    print();
  }

  @Override
  public void answered(String id, String answer, String words) {
    open();
    quoted(name("id"), id);
    quoted(name("answer"), answer);
    close();
    print();
  }

  private void all(String name, List<String> values) {
    name(name).append('[');
    for (String value : values) {
      separate();
      quoted(json, value);
    }
    json.append(']');
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

  private void bytes(String name, Bytes value) {
    if (!value.isEmpty()) {
      name(name)
          .append('"')
          .append(Base64.getEncoder().encodeToString(value.toArray()))
          .append('"');
    }
  }

  private void number(String name, long value) {
    if (value != 0) {
      name(name).append(value);
    }
  }

  private void unsigned(String name, long value) {
    if (value != 0) {
      name(name).append(Long.toUnsignedString(value));
    }
  }

  private void flag(String name, boolean value) {
    if (value) {
      name(name).append("true");
    }
  }

  private void text(String name, String value) {
    if (!value.isEmpty()) {
      quoted(name(name), value);
    }
  }

  private void texts(String name, List<String> values) {
    if (!values.isEmpty()) {
      name(name).append('[');
      for (String value : values) {
        separate();
        quoted(json, value);
      }
      json.append(']');
    }
  }

  private void open() {
    json.append('{');
  }

  private void close() {
    json.append('}');
  }

  private StringBuilder name(String name) {
    separate();
    return json.append('"').append(name).append("\":");
  }

  /** A comma, unless this is the first in its object or list. */
  private void separate() {
    if (!json.isEmpty()) {
      char last = json.charAt(json.length() - 1);
      if (last != '{' && last != '[' && last != ':') {
        json.append(',');
      }
    }
  }

  /** Go escapes what HTML would read as markup, too. */
  private static void quoted(StringBuilder into, String value) {
    into.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> into.append("\\\"");
        case '\\' -> into.append("\\\\");
        case '\n' -> into.append("\\n");
        case '\r' -> into.append("\\r");
        case '\t' -> into.append("\\t");
        default -> {
          boolean escaped =
              c < 0x20 || c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029;
          if (escaped) {
            into.append("\\u");
            for (int shift = 12; shift >= 0; shift -= 4) {
              into.append(Character.forDigit((c >> shift) & 0xf, 16));
            }
          } else {
            into.append(c);
          }
        }
      }
    }
    into.append('"');
  }

  private void print() {
    out.print(json.append('\n'));
    json.setLength(0);
  }
}
