package io.quorate.cli;

import io.quorate.client.LeaseTimeToLiveResponse;
import io.quorate.client.MemberListResponse;
import io.quorate.events.AppendResult;
import io.quorate.events.RecordedEvent;
import io.quorate.recipes.NamedQueue;
import io.quorate.recipes.QueueEntry;
import io.quorate.recipes.Queues;
import io.quorate.xa.TransactionLog;
import io.quorate.xa.TransactionReport;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** {@code -w table}: members and endpoints in a frame. Keys and values have no table. */
final class TablePrinter implements Printer {
  /** Cells with blanks in them are broken into lines of about this length. */
  private static final int CELL_WIDTH_MAX = 30;

  private static final List<String> MEMBER_TITLES =
      List.of("ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER");
  private static final List<String> STATUS_TITLES =
      List.of(
          "ENDPOINT",
          "ID",
          "VERSION",
          "DB SIZE",
          "IS LEADER",
          "IS LEARNER",
          "RAFT TERM",
          "RAFT INDEX",
          "RAFT APPLIED INDEX",
          "ERRORS");
  private static final List<String> HEALTH_TITLES = List.of("ENDPOINT", "HEALTH", "TOOK", "ERROR");

  private static final List<String> HASH_TITLES = List.of("ENDPOINT", "HASH", "HASH REVISION");

  private static final List<String> LOCK_TITLES =
      List.of("NAME", "KIND", "STATE", "OWNER", "LEASE", "TTL", "SINCE", "TOKEN");

  private static final List<String> ID_TITLES =
      List.of("ID", "TIME", "DATACENTER", "WORKER", "SEQUENCE");

  private static final List<String> TRANSACTION_TITLES =
      List.of("ID", "KIND", "SINCE", "COORDINATOR", "RESOURCES");

  private static final List<String> COORDINATOR_TITLES =
      List.of("NUMBER", "STATE", "ABOUT", "UNSWEPT");

  private static final List<String> APPENDED_TITLES =
      List.of("STREAM", "VERSION", "POSITION", "RESULT");

  private static final List<String> EVENT_TITLES =
      List.of("POSITION", "STREAM", "VERSION", "TIME", "TYPE", "TAGS", "PAYLOAD");

  private static final List<String> STREAM_TITLES = List.of("STREAM");

  private static final List<String> SUBSCRIPTION_TITLES =
      List.of("GROUP", "PARTITION", "OWNER", "CHECKPOINT");

  private static final List<String> PARKED_TITLES =
      List.of("GROUP", "POSITION", "EVENT", "ATTEMPTS", "REASON");

  private static final List<String> FIELD_TITLES = List.of("FIELD", "VALUE");

  private final PrintStream out;

  TablePrinter(PrintStream out) {
    this.out = out;
  }

  @Override
  public String format() {
    return "table";
  }

  @Override
  public void memberList(MemberListResponse response) {
    print(MEMBER_TITLES, Rows.members(response));
  }

  @Override
  public void endpointStatus(List<EndpointStatus> statuses) {
    List<List<String>> rows = new ArrayList<>();
    for (EndpointStatus status : statuses) {
      rows.add(Rows.status(status));
    }
    print(STATUS_TITLES, rows);
  }

  @Override
  public void endpointHealth(List<EndpointHealth> healths) {
    List<List<String>> rows = new ArrayList<>();
    for (EndpointHealth health : healths) {
      rows.add(Rows.health(health));
    }
    print(HEALTH_TITLES, rows);
  }

  @Override
  public void endpointHashKv(List<EndpointHash> hashes) {
    List<List<String>> rows = new ArrayList<>();
    for (EndpointHash hash : hashes) {
      rows.add(Rows.hash(hash));
    }
    boolean revisions = rows.stream().anyMatch(row -> row.size() == HASH_TITLES.size());
    print(revisions ? HASH_TITLES : HASH_TITLES.subList(0, 2), rows);
  }

  @Override
  public void locks(Queues queues, Map<Long, LeaseTimeToLiveResponse> leases) {
    List<List<String>> rows = new ArrayList<>();
    for (NamedQueue queue : queues.each()) {
      for (QueueEntry entry : queue.entries()) {
        List<String> row = new ArrayList<>(List.of(queue.name().toString()));
        row.addAll(Rows.lock(queues, queue, entry, leases));
        rows.add(row);
      }
    }
    print(LOCK_TITLES, rows);
  }

  @Override
  public void ids(List<MadeId> ids) {
    decodedIds(ids);
  }

  @Override
  public void decodedIds(List<MadeId> ids) {
    print(ID_TITLES, ids.stream().map(Rows::id).toList());
  }

  @Override
  public void transactions(List<TransactionLog.Entry> entries) {
    print(TRANSACTION_TITLES, entries.stream().map(Rows::transaction).toList());
  }

  @Override
  public void coordinators(List<TransactionLog.Coordinator> coordinators) {
    print(COORDINATOR_TITLES, coordinators.stream().map(Rows::coordinator).toList());
  }

  @Override
  public void transaction(TransactionReport report) {
    print(FIELD_TITLES, Rows.transaction(report));
  }

  @Override
  public void answered(String id, String answer, String words) {
    print(FIELD_TITLES, List.of(List.of("id", id), List.of("answer", answer)));
  }

  @Override
  public void appended(AppendResult result) {
    print(APPENDED_TITLES, Rows.appended(result));
  }

  /** Payloads as texts. Each page is a table, since all of its rows have to be known. */
  @Override
  public void events(Iterator<List<RecordedEvent>> pages) {
    boolean isPrinted = false;
    while (pages.hasNext()) {
      List<List<String>> rows = new ArrayList<>();
      for (RecordedEvent event : pages.next()) {
        List<String> row = new ArrayList<>(Rows.event(event));
        row.add(event.payload().toUtf8());
        rows.add(row);
      }
      if (!rows.isEmpty() || (!isPrinted && !pages.hasNext())) {
        print(EVENT_TITLES, rows);
        isPrinted = true;
      }
    }
  }

  @Override
  public void streams(List<String> names) {
    print(STREAM_TITLES, names.stream().map(List::of).toList());
  }

  @Override
  public void subscriptions(List<GroupStatus> groups) {
    print(SUBSCRIPTION_TITLES, Rows.subscriptions(groups));
  }

  @Override
  public void parked(List<GroupParked> groups) {
    print(PARKED_TITLES, Rows.parked(groups));
  }

  void print(List<String> titles, List<List<String>> rows) {
    List<List<List<String>>> cells = new ArrayList<>(); // row, column, line
    int[] widths = new int[titles.size()];
    for (int column = 0; column < widths.length; column++) {
      widths[column] = titles.get(column).length();
    }
    for (List<String> row : rows) {
      List<List<String>> broken = new ArrayList<>();
      for (int column = 0; column < widths.length; column++) {
        List<String> lines = broken(row.get(column));
        broken.add(lines);
        for (String line : lines) {
          widths[column] = Math.max(widths[column], width(line));
        }
      }
      cells.add(broken);
    }
    frame(widths);
    StringBuilder head = new StringBuilder("|");
    for (int column = 0; column < widths.length; column++) {
      int gap = widths[column] - titles.get(column).length();
      head.append(' ')
          .append(" ".repeat(gap / 2))
          .append(titles.get(column))
          .append(" ".repeat(gap - gap / 2))
          .append(" |");
    }
    out.print(head.append('\n'));
    frame(widths);
    for (List<List<String>> row : cells) {
      int height = 1;
      for (List<String> cell : row) {
        height = Math.max(height, cell.size());
      }
      for (int i = 0; i < height; i++) {
        StringBuilder line = new StringBuilder("|");
        for (int column = 0; column < widths.length; column++) {
          String text = i < row.get(column).size() ? row.get(column).get(i) : "";
          line.append(' ')
              .append(" ".repeat(widths[column] - width(text)))
              .append(text)
              .append(" |");
        }
        out.print(line.append('\n'));
      }
    }
    frame(widths);
  }

  private void frame(int[] widths) {
    StringBuilder line = new StringBuilder("+");
    for (int width : widths) {
      line.append("-".repeat(width + 2)).append('+');
    }
    out.print(line.append('\n'));
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }

  private static List<String> broken(String text) {
    if (width(text) <= CELL_WIDTH_MAX) {
      return List.of(text);
    }
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.trim().split("\\s+", -1)) {
      if (!line.isEmpty() && width(line.toString()) + 1 + width(word) > CELL_WIDTH_MAX) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
