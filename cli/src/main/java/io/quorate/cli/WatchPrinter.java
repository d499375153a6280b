package io.quorate.cli;

import io.quorate.base.Bytes;
import io.quorate.base.QuorateException;
import io.quorate.client.Event;
import io.quorate.client.Header;
import io.quorate.client.WatchEnd;
import io.quorate.client.WatchListener;
import io.quorate.client.WatchResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Prints what a watch tells, and runs a command for each event. */
final class WatchPrinter implements WatchListener {
  private final Session session;
  private final Printer printer;
  private final List<String> command;
  private final @Nullable CompletableFuture<Integer> ended;
  private final CompletableFuture<Header> created = new CompletableFuture<>();
  private volatile @Nullable QuorateException interruption;

  /**
   * Prints a watch.
   *
   * @param command what is run for each event; empty for nothing
   * @param ended told the exit code when the watch is over; null if the process goes on then
   */
  WatchPrinter(
      Session session,
      Printer printer,
      List<String> command,
      @Nullable CompletableFuture<Integer> ended) {
    this.session = session;
    this.printer = printer;
    this.command = command;
    this.ended = ended;
  }

  /** Waits until a member has taken the watch up; fails if none can be reached. */
  void awaitCreated() {
    try {
      created.get(session.globals().dialTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      QuorateException why = interruption;
      if (why != null) {
        throw why;
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException(e); // nobody fails it
    }
  }

  @Override
  public void created(Header header) {
    created.complete(header);
  }

  @Override
  public void interrupted(QuorateException why) {
    interruption = why;
  }

  @Override
  public void events(WatchResponse response) {
    printer.watch(response);
    session.out().flush();
    if (session.out().checkError()) {
      stop(ExitCodes.FAILED); // nobody reads it any more
    }
    for (Event event : response.events()) {
      if (!command.isEmpty() && !run(event, response.header())) {
        stop(ExitCodes.FAILED);
        return;
      }
    }
  }

  @Override
  public void progress(Header header) {
    session.out().print("progress notify: " + header.revision() + "\n");
    printer.watch(new WatchResponse(header, 0, false, false, 0, "", false, List.of()));
    session.out().flush();
  }

  @Override
  public void ended(WatchEnd end) {
    created.complete(end.header());
    session.err().print("watch was canceled (" + end.reason() + ")\n");
    printer.watch(
        new WatchResponse(
            end.header(), 0, false, true, end.compactRevision(), "", false, List.of()));
    session.out().flush();
    if (ended != null) {
      session.err().print("Error: watch is canceled by the server\n");
      stop(ExitCodes.INTERRUPTED);
    }
    session.err().flush();
  }

  private void stop(int code) {
    if (ended != null) {
      ended.complete(code);
    } else {
      session.err().flush();
      session.out().flush();
      System.exit(code); // as etcdctl does, though other watches go on
    }
  }

  private boolean run(Event event, Header header) {
    List<String> words = new ArrayList<>();
    command.forEach(word -> words.add(Session.text(word)));
    Map<String, String> variables =
        Map.of(
            "ETCD_WATCH_REVISION", Long.toString(header.revision()),
            "ETCD_WATCH_EVENT_TYPE", GoQuote.quote(event.kind().name()),
            "ETCD_WATCH_KEY", GoQuote.quote(event.kv().key()),
            "ETCD_WATCH_VALUE", GoQuote.quote(event.kv().value()));
    String wrong;
    try {
      int code = Child.start(words, variables).await();
      wrong = code == 0 ? "" : "exit status " + code;
    } catch (IOException e) {
      wrong = String.valueOf(e.getMessage());
    }
    if (!wrong.isEmpty()) {
      List<String> quoted = new ArrayList<>();
      command.forEach(word -> quoted.add(GoQuote.quote(Bytes.utf8(Session.text(word)))));
      session.err().print("command [" + String.join(" ", quoted) + "] error (" + wrong + ")\n");
      session.err().flush();
    }
    return wrong.isEmpty();
  }
}
