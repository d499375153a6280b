package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.client.LeaseTimeToLiveResponse;
import io.quorate.events.AppendResult;
import io.quorate.events.RecordedEvent;
import io.quorate.events.StreamConflict;
import io.quorate.events.group.ParkedEvent;
import io.quorate.events.group.PartitionStatus;
import io.quorate.recipes.NamedQueue;
import io.quorate.recipes.QueueEntry;
import io.quorate.recipes.Queues;
import io.quorate.recipes.ids.ClaimedWorker;
import io.quorate.xa.TransactionLog;
import io.quorate.xa.TransactionReport;
import java.io.PrintStream;
import java.time.Instant;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code -w json} of what etcdctl hasn't, where nothing is left out; and how objects are written.
 */
abstract class OwnJsonPrinter implements Printer {
  private final PrintStream out;

  /** What is being written. */
  final StringBuilder json = new StringBuilder();

  OwnJsonPrinter(PrintStream out) {
    this.out = out;
  }

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

  // ---- events ----------------------------------------------------------------------------------

  @Override
  public void appended(AppendResult result) {
    open();
    name("appended").append(result instanceof AppendResult.Appended);
    quoted(name("position"), result.orThrow().toText());
    name("streams").append('[');
    for (List<String> row : Rows.appended(result)) {
      separate();
      open();
      quoted(name("stream"), row.get(0));
      name("version").append(row.get(1));
      close();
    }
    json.append(']');
    close();
    print();
  }

  @Override
  public void conflict(AppendResult.Conflict conflict) {
    open();
    name("conflicts").append('[');
    for (StreamConflict each : conflict.streams()) {
      separate();
      open();
      quoted(name("stream"), each.stream());
      name("version").append(each.actual());
      flag("closed", each.closed());
      name("events").append('[');
      each.events().forEach(this::event);
      json.append(']');
      flag("more", each.more());
      close();
    }
    json.append(']');
    close();
    print();
  }

  @Override
  public void events(Iterator<List<RecordedEvent>> pages) {
    open();
    name("events").append('[');
    while (pages.hasNext()) {
      pages.next().forEach(this::event);
      printSoFar();
    }
    json.append(']');
    close();
    print();
  }

  private void event(RecordedEvent event) {
    separate();
    open();
    quoted(name("position"), event.position().toText());
    quoted(name("stream"), event.stream());
    name("version").append(event.version());
    quoted(name("id"), event.id().toString());
    quoted(name("time"), Instant.ofEpochMilli(event.timeMillis()).toString());
    quoted(name("type"), event.type());
    name("schema").append(event.schema());
    texts("tags", event.tags());
    text("correlation", event.correlation());
    text("causation", event.causation());
    headers(event.headers());
    bytes("payload", event.payload());
    close();
  }

  private void headers(Map<String, String> headers) {
    if (!headers.isEmpty()) {
      name("headers");
      open();
      headers.forEach((name, value) -> {
        separate();
        quoted(json, name);
        json.append(':');
        quoted(json, value);
      });
      close();
    }
  }

  @Override
  public void streams(List<String> names) {
    open();
    all("streams", names);
    close();
    print();
  }

  @Override
  public void subscriptions(List<GroupStatus> groups) {
    open();
    name("groups").append('[');
    for (GroupStatus group : groups) {
      separate();
      open();
      quoted(name("group"), group.group());
      name("partitions").append('[');
      for (PartitionStatus each : group.partitions()) {
        separate();
        open();
        name("partition").append(each.partition());
        text("owner", each.owner());
        quoted(name("checkpoint"), each.checkpoint().toText());
        close();
      }
      json.append(']');
      close();
    }
    json.append(']');
    close();
    print();
  }

  @Override
  public void parked(List<GroupParked> groups) {
    open();
    name("parked").append('[');
    for (GroupParked group : groups) {
      for (ParkedEvent each : group.events()) {
        separate();
        open();
        quoted(name("group"), group.group());
        name("partition").append(each.partition());
        quoted(name("position"), each.position().toText());
        quoted(name("stream"), each.stream());
        name("version").append(each.version());
        name("attempts").append(each.attempts());
        quoted(name("reason"), each.reason());
        close();
      }
    }
    json.append(']');
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

  final void bytes(String name, Bytes value) {
    if (!value.isEmpty()) {
      name(name)
          .append('"')
          .append(Base64.getEncoder().encodeToString(value.toArray()))
          .append('"');
    }
  }

  final void number(String name, long value) {
    if (value != 0) {
      name(name).append(value);
    }
  }

  final void unsigned(String name, long value) {
    if (value != 0) {
      name(name).append(Long.toUnsignedString(value));
    }
  }

  final void flag(String name, boolean value) {
    if (value) {
      name(name).append("true");
    }
  }

  final void text(String name, String value) {
    if (!value.isEmpty()) {
      quoted(name(name), value);
    }
  }

  final void texts(String name, List<String> values) {
    if (!values.isEmpty()) {
      name(name).append('[');
      for (String value : values) {
        separate();
        quoted(json, value);
      }
      json.append(']');
    }
  }

  final void open() {
    json.append('{');
  }

  final void close() {
    json.append('}');
  }

  final StringBuilder name(String name) {
    separate();
    return json.append('"').append(name).append("\":");
  }

  /** A comma, unless this is the first in its object or list. */
  final void separate() {
    if (!json.isEmpty()) {
      char last = json.charAt(json.length() - 1);
      if (last != '{' && last != '[' && last != ':') {
        json.append(',');
      }
    }
  }

  /** Go escapes what HTML would read as markup, too. */
  static void quoted(StringBuilder into, String value) {
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

  /** All but the last character, which says whether a comma comes next. */
  private void printSoFar() {
    int last = json.length() - 1;
    out.print(json.substring(0, last));
    json.delete(0, last);
  }

  final void print() {
    out.print(json.append('\n'));
    json.setLength(0);
  }
}
