package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.AlarmMember;
import io.quorate.client.AlarmResponse;
import io.quorate.client.AuthStatusResponse;
import io.quorate.client.DeleteResponse;
import io.quorate.client.Event;
import io.quorate.client.Header;
import io.quorate.client.KeyValue;
import io.quorate.client.Keys;
import io.quorate.client.LeaseGrantResponse;
import io.quorate.client.LeaseKeepAliveResponse;
import io.quorate.client.LeaseLeasesResponse;
import io.quorate.client.LeaseTimeToLiveResponse;
import io.quorate.client.MemberAddResponse;
import io.quorate.client.MemberListResponse;
import io.quorate.client.NamesResponse;
import io.quorate.client.OpResponse;
import io.quorate.client.Permission;
import io.quorate.client.PutResponse;
import io.quorate.client.RangeResponse;
import io.quorate.client.RoleGetResponse;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchResponse;
import io.quorate.events.AppendResult;
import io.quorate.events.RecordedEvent;
import io.quorate.recipes.NamedQueue;
import io.quorate.recipes.QueueEntry;
import io.quorate.recipes.Queues;
import io.quorate.recipes.ids.ClaimedWorker;
import io.quorate.xa.TransactionLog;
import io.quorate.xa.TransactionReport;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** {@code -w simple}: what a person reads, and a shell's pipe. */
final class SimplePrinter implements Printer {
  private final PrintStream out;
  private final PrintStream err;
  private final boolean hex;

  SimplePrinter(PrintStream out, PrintStream err, boolean hex) {
    this.out = out;
    this.err = err;
    this.hex = hex;
  }

  @Override
  public String format() {
    return "simple";
  }

  @Override
  public void put(PutResponse response) {
    line("OK");
    if (response.prevKv() != null) {
      pair(response.prevKv());
    }
  }

  @Override
  public void range(RangeResponse response, RangeStyle style) {
    switch (style) {
      case COUNT_ONLY -> line(Long.toString(response.count()));
      case VALUES_ONLY -> {
        for (KeyValue kv : response.kvs()) {
          line(kv.value());
        }
      }
      case PAIRS -> {
        for (KeyValue kv : response.kvs()) {
          pair(kv);
        }
      }
    }
  }

  @Override
  public void delete(DeleteResponse response) {
    line(Long.toString(response.deleted()));
    for (KeyValue kv : response.prevKvs()) {
      pair(kv);
    }
  }

  @Override
  public void txn(TxnResponse response) {
    line(response.succeeded() ? "SUCCESS" : "FAILURE");
    for (OpResponse part : response.responses()) {
      line("");
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
    for (Event event : response.events()) {
      line(event.kind().name());
      if (event.prevKv() != null) {
        pair(event.prevKv());
      }
      pair(event.kv());
    }
  }

  @Override
  public void leaseGrant(LeaseGrantResponse response) {
    line(
        "lease " + Hex.padded(response.id()) + " granted with TTL(" + response.ttlSeconds() + "s)");
  }

  @Override
  public void leaseKeepAlive(LeaseKeepAliveResponse response) {
    line(
        "lease "
            + Hex.padded(response.id())
            + " keepalived with TTL("
            + response.ttlSeconds()
            + ")");
  }

  @Override
  public void leaseTimeToLive(LeaseTimeToLiveResponse response, boolean keys) {
    String lease = "lease " + Hex.padded(response.id());
    if (response.ttlSeconds() == -1 && response.grantedTtlSeconds() == 0) {
      line(lease + " already expired");
      return;
    }
    out.print(
        lease
            + " granted with TTL("
            + response.grantedTtlSeconds()
            + "s), remaining("
            + response.ttlSeconds()
            + "s)");
    if (keys) {
      out.print(", attached keys([");
      String separator = "";
      for (Bytes key : response.keys()) {
        out.print(separator);
        out.write(key.array(), key.arrayOffset(), key.length());
        separator = " ";
      }
      out.print("])");
    }
    line("");
  }

  @Override
  public void leases(LeaseLeasesResponse response) {
    line("found " + response.ids().size() + " leases");
    for (long id : response.ids()) {
      line(Hex.padded(id));
    }
  }

  @Override
  public void done(Header header, String words) {
    line(words);
  }

  @Override
  public void alarms(AlarmResponse response) {
    for (AlarmMember alarm : response.alarms()) {
      line(Rows.alarm(alarm));
    }
  }

  @Override
  public void memberChanged(MemberListResponse response, String words) {
    line(words);
  }

  @Override
  public void memberAdded(MemberAddResponse response, String words) {
    line(words);
  }

  @Override
  public void authStatus(AuthStatusResponse response) {
    line("Authentication Status: " + response.enabled());
    line("AuthRevision: " + Long.toUnsignedString(response.authRevision()));
  }

  @Override
  public void userGet(String user, NamesResponse response) {
    line("User: " + user);
    StringBuilder roles = new StringBuilder("Roles:");
    response.names().forEach(role -> roles.append(' ').append(role));
    line(roles.toString());
  }

  @Override
  public void userList(NamesResponse response) {
    response.names().forEach(this::line);
  }

  @Override
  public void roleList(NamesResponse response) {
    response.names().forEach(this::line);
  }

  @Override
  public void roleGet(String role, RoleGetResponse response) {
    line("Role " + role);
    line("KV Read:");
    permissions(response, Permission.Type.WRITE);
    line("KV Write:");
    permissions(response, Permission.Type.READ);
  }

  /** All permissions but those of one type. */
  private void permissions(RoleGetResponse response, Permission.Type except) {
    for (Permission permission : response.permissions()) {
      if (permission.type() == except) {
        continue;
      }
      Bytes key = permission.key();
      Bytes end = permission.rangeEnd();
      if (end.isEmpty()) {
        raw(joined("\t", key));
      } else {
        Bytes range =
            end.equals(Keys.ZERO)
                ? joined("\t[", key, ", <open ended>")
                : joined("\t[", key, ", ", end, ")");
        boolean prefix = !key.isEmpty() && Keys.prefixEnd(key).equals(end);
        raw(prefix ? joined("", range, " (prefix ", key, ")") : range);
      }
    }
  }

  /** Texts and bytes behind each other. */
  private static Bytes joined(Object... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (Object part : parts) {
      Bytes bytes = part instanceof Bytes as ? as : Bytes.utf8((String) part);
      joined.write(bytes.array(), bytes.arrayOffset(), bytes.length());
    }
    return Bytes.wrap(joined.toByteArray());
  }

  @Override
  public void endpointHashKv(List<EndpointHash> hashes) {
    for (EndpointHash hash : hashes) {
      line(String.join(", ", Rows.hash(hash)));
    }
  }

  @Override
  public void memberList(MemberListResponse response) {
    for (List<String> row : Rows.members(response)) {
      line(String.join(", ", row));
    }
  }

  @Override
  public void endpointStatus(List<EndpointStatus> statuses) {
    for (EndpointStatus status : statuses) {
      line(String.join(", ", Rows.status(status)));
    }
  }

  @Override
  public void endpointHealth(List<EndpointHealth> healths) {
    for (EndpointHealth one : healths) {
      if (one.health()) {
        line(one.endpoint() + " is healthy: successfully committed proposal: took = " + one.took());
      } else {
        err.print(
            one.endpoint() + " is unhealthy: failed to commit proposal: " + one.error() + "\n");
      }
    }
  }

  @Override
  public void locks(Queues queues, Map<Long, LeaseTimeToLiveResponse> leases) {
    for (NamedQueue queue : queues.each()) {
      for (QueueEntry entry : queue.entries()) {
        List<String> row = Rows.lock(queues, queue, entry, leases);
        raw(joined("", shown(queue.name().bytes()), ", " + String.join(", ", row)));
      }
    }
  }

  @Override
  public void ids(List<MadeId> ids) {
    ids.forEach(id -> line(id.text()));
  }

  @Override
  public void decodedIds(List<MadeId> ids) {
    ids.forEach(id -> line(String.join(", ", Rows.id(id))));
  }

  @Override
  public void worker(String name, ClaimedWorker worker) {
    line(
        worker.worker()
            + ", "
            + worker.datacenter()
            + ", "
            + worker.from().toEpochMilli()
            + ", "
            + worker.reservedUntil().toEpochMilli());
  }

  @Override
  public void transactions(List<TransactionLog.Entry> entries) {
    entries.forEach(entry -> line(String.join(", ", Rows.transaction(entry))));
  }

  @Override
  public void coordinators(List<TransactionLog.Coordinator> coordinators) {
    coordinators.forEach(each -> line(String.join(", ", Rows.coordinator(each))));
  }

  @Override
  public void transaction(TransactionReport report) {
    Rows.transaction(report).forEach(row -> line(String.join(": ", row)));
  }

  @Override
  public void answered(String id, String answer, String words) {
    line(words);
  }

  @Override
  public void appended(AppendResult result) {
    Rows.appended(result).forEach(row -> line(String.join(", ", row)));
  }

  @Override
  public void events(Iterator<List<RecordedEvent>> pages) {
    while (pages.hasNext()) {
      for (RecordedEvent event : pages.next()) {
        line(String.join(", ", Rows.event(event)));
        line(event.payload());
      }
    }
  }

  @Override
  public void streams(List<String> names) {
    names.forEach(this::line);
  }

  @Override
  public void subscriptions(List<GroupStatus> groups) {
    Rows.subscriptions(groups).forEach(row -> line(String.join(", ", row)));
  }

  @Override
  public void parked(List<GroupParked> groups) {
    Rows.parked(groups).forEach(row -> line(String.join(", ", row)));
  }

  private void pair(KeyValue kv) {
    line(kv.key());
    line(kv.value());
  }

  private void line(Bytes bytes) {
    raw(shown(bytes));
  }

  /** As they are, or the digits of each. */
  private Bytes shown(Bytes bytes) {
    if (hex) {
      StringBuilder text = new StringBuilder(bytes.length() * 4);
      for (int i = 0; i < bytes.length(); i++) {
        text.append("\\x")
            .append(Character.forDigit((bytes.at(i) >> 4) & 0xf, 16))
            .append(Character.forDigit(bytes.at(i) & 0xf, 16));
      }
      return Bytes.utf8(text.toString());
    }
    return bytes;
  }

  private void raw(Bytes bytes) {
    out.write(bytes.array(), bytes.arrayOffset(), bytes.length());
    out.write('\n');
  }

  private void line(String text) {
    out.print(text);
    out.write('\n');
  }
}
