package io.quorate.conformance;

import io.quorate.base.QuorateException;
import io.quorate.client.KeyValue;
import io.quorate.client.QuorateClient;
import io.quorate.client.Range;
import io.quorate.conformance.Watching.Seen;
import io.quorate.conformance.Watching.Way;
import io.quorate.system.ProcessCluster;
import io.quorate.system.Program;
import io.quorate.system.Relay;
import io.quorate.tls.CertificateAuthority;
import io.quorate.tls.CertificateAuthority.Wish;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** What a watch is put through; all that happened is compared to what it was told. */
enum WatchTrial {
  /** Each of three members is killed and started again, while somebody writes. */
  MEMBERS_RESTART_ONE_BY_ONE {
    @Override
    Outcome run(Program program, Watching.By by, Duration outage) throws Exception {
      try (ProcessCluster cluster = ProcessCluster.start(program, MEMBERS);
          Story story = new Story(by, direct(cluster), direct(cluster))) {
        try (Writing writing = story.writing()) {
          for (int i = 0; i < MEMBERS; i++) {
            writing.awaitMore();
            cluster.member(i).kill();
            writing.awaitMore();
            cluster.restart(i);
          }
          writing.awaitMore();
        }
        return story.outcome();
      }
    }
  },

  /** No member runs for a while. */
  ALL_MEMBERS_ARE_DOWN {
    @Override
    Outcome run(Program program, Watching.By by, Duration outage) throws Exception {
      try (ProcessCluster cluster = ProcessCluster.start(program, MEMBERS);
          Story story = new Story(by, direct(cluster), direct(cluster))) {
        try (Writing writing = story.writing()) {
          writing.awaitMore();
          for (int i = 0; i < MEMBERS; i++) {
            cluster.member(i).kill();
          }
          Thread.sleep(outage); // what is tried is how long it lasts
          for (int i = 0; i < MEMBERS; i++) {
            var _ = cluster.launch(i);
          }
          for (int i = 0; i < MEMBERS; i++) {
            var _ = cluster.member(i).awaitLine(ProcessCluster.READY);
          }
          writing.awaitMore();
        }
        return story.outcome();
      }
    }
  },

  /** While it has no way to the member, history is compacted past where it was. */
  HISTORY_IS_COMPACTED_PAST_IT {
    @Override
    Outcome run(Program program, Watching.By by, Duration outage) throws Exception {
      try (ProcessCluster cluster = ProcessCluster.start(program, 1);
          Relay relay = Relay.to(cluster.clientPort(0));
          Story story =
              new Story(by, direct(cluster), new Way(List.of(relay.endpoint()), "", null))) {
        story.writeAndSee();
        relay.cut();
        story.write();
        long at = story.client.kv().put("other", "").header().revision();
        story.expectGap(at);
        var _ = story.client.kv().compact(at, true);
        story.write();
        relay.mend();
        return story.outcome();
      }
    }
  },

  /** Its token ends while it has no way to the member. */
  ITS_TOKEN_ENDS {
    @Override
    Outcome run(Program program, Watching.By by, Duration outage) throws Exception {
      try (ProcessCluster cluster = ProcessCluster.start(program, 1, "--auth-token-ttl=1");
          Relay relay = Relay.to(cluster.clientPort(0))) {
        try (QuorateClient operator = QuorateClient.connect(cluster.endpoint(0))) {
          var _ = operator.auth().userAdd("root", "secret");
          var _ = operator.auth().userGrantRole("root", "root");
          var _ = operator.auth().enable();
        }
        Way there = new Way(List.of(cluster.endpoint(0)), "secret", null);
        Way relayed = new Way(List.of(relay.endpoint()), "secret", null);
        try (Story story = new Story(by, there, relayed)) {
          story.writeAndSee();
          relay.cut();
          story.write();
          Thread.sleep(TOKEN_ENDS); // nothing tells of it
          relay.mend();
          return story.outcome();
        }
      }
    }
  },

  /** The member's certificates and its own are replaced while it has no way to the member. */
  CERTIFICATES_ARE_REPLACED {
    @Override
    Outcome run(Program program, Watching.By by, Duration outage) throws Exception {
      Path folder = Files.createTempDirectory("quorate-watch-certificates-");
      CertificateAuthority authority = CertificateAuthority.named("authority");
      authority.write(folder.resolve("clients.pem"));
      var _ = issue(authority, folder);
      try (ProcessCluster cluster =
              ProcessCluster.describe(
                      program,
                      1,
                      true,
                      "--cert-file=" + folder.resolve("server.pem"),
                      "--key-file=" + folder.resolve("server.key"),
                      "--client-cert-auth",
                      "--trusted-ca-file=" + folder.resolve("clients.pem"),
                      "--peer-auto-tls")
                  .started();
          Relay relay = Relay.to(cluster.clientPort(0));
          Story story =
              new Story(
                  by,
                  new Way(List.of(cluster.endpoint(0)), "", folder),
                  new Way(List.of(relay.endpoint()), "", folder))) {
        story.writeAndSee();
        relay.cut();
        String serial = issue(authority, folder);
        if (!program.equals(Program.ETCD)) { // which reads them with every connection
          var _ = cluster.member(0).awaitLine("certificates for=clients read serial=" + serial);
        }
        story.write();
        relay.mend();
        return story.outcome();
      } finally {
        delete(folder);
      }
    }
  };

  private static final int MEMBERS = 3;
  private static final Duration TOKEN_ENDS = Duration.ofSeconds(3);
  private static final String PREFIX = "watched/";
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);

  /**
   * Puts a client's watch through it.
   *
   * @param outage how long nobody runs, where that is what is tried
   */
  abstract Outcome run(Program program, Watching.By by, Duration outage) throws Exception;

  /** In words. */
  String title() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /**
   * What became of a watch.
   *
   * @param happened how many events there were
   * @param missed how many of them it wasn't told, and wasn't told of as a gap
   * @param doubled how many came twice
   * @param disordered how many came behind a later one
   * @param goesOn whether it was told of what happened at last
   * @param told what it was told beside events
   */
  record Outcome(
      int happened, int missed, int doubled, int disordered, boolean goesOn, List<String> told) {}

  private static Way direct(ProcessCluster cluster) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < cluster.size(); i++) {
      all.add(cluster.endpoint(i));
    }
    return new Way(all, "", null);
  }

  private static String issue(CertificateAuthority authority, Path folder) throws Exception {
    authority
        .issue(Wish.of("root"))
        .write(folder.resolve("client.pem"), folder.resolve("client.key"));
    var server = authority.issue(Wish.of("server", "127.0.0.1"));
    server.write(folder.resolve("server.pem"), folder.resolve("server.key"));
    return server.certificate().getSerialNumber().toString(16);
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }

  /** One watch, and who writes what it watches. */
  private static final class Story implements AutoCloseable {
    final QuorateClient client;
    private final Watching watching;
    private final long from;
    private int written;
    private long gapTo;

    Story(Watching.By by, Way writers, Way watchers) throws Exception {
      client = Watching.connect(writers);
      from = client.kv().put("first", "").header().revision() + 1;
      watching = by.start(watchers, PREFIX, from);
    }

    /** Writes some, one after another. */
    void write() {
      for (int i = 0; i < 20; i++) {
        client.kv().put(PREFIX + "some-" + written++, "");
      }
    }

    /** Writes some, and waits until the watch was told. */
    void writeAndSee() throws InterruptedException {
      write();
      if (!watching.awaitKey(PREFIX + "some-" + (written - 1), PATIENCE_NANOS)) {
        throw new IllegalStateException("the watch never began: " + watching.told());
      }
    }

    Writing writing() {
      return new Writing(client);
    }

    /** Up to here history won't be there. */
    void expectGap(long to) {
      gapTo = to;
    }

    Outcome outcome() throws InterruptedException {
      client.kv().put(PREFIX + "last", "");
      boolean goesOn = watching.awaitKey(PREFIX + "last", PATIENCE_NANOS);
      List<Seen> seen = watching.seen();
      Set<Seen> once = new HashSet<>();
      int doubled = 0;
      int disordered = 0;
      long latest = 0;
      for (Seen each : seen) {
        doubled += once.add(each) ? 0 : 1;
        disordered += each.revision() < latest ? 1 : 0;
        latest = Math.max(latest, each.revision());
      }
      List<Seen> happened = happened();
      long missed =
          happened.stream()
              .filter(each -> !once.contains(each) && !isInGap(each.revision()))
              .count();
      return new Outcome(
          happened.size(), (int) missed, doubled, disordered, goesOn, watching.told());
    }

    private boolean isInGap(long revision) {
      return revision <= gapTo
          && watching.told().stream()
              .filter(each -> each.startsWith("gap "))
              .map(each -> each.split(" ", -1))
              .anyMatch(
                  gap -> Long.parseLong(gap[1]) <= revision && revision <= Long.parseLong(gap[2]));
    }

    /** Every key is written once: the keys as they are have all that happened. */
    private List<Seen> happened() {
      List<Seen> all = new ArrayList<>();
      for (KeyValue each : client.kv().range(Range.prefix(PREFIX)).kvs()) {
        all.add(new Seen(each.modRevision(), each.key().toUtf8()));
      }
      all.sort(Comparator.comparingLong(Seen::revision));
      return all;
    }

    @Override
    public void close() {
      watching.close();
      client.close();
    }
  }

  /** Somebody who writes all the time, one key after another, and minds no failure. */
  private static final class Writing implements AutoCloseable {
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger acknowledged = new AtomicInteger();
    private final Thread thread;

    Writing(QuorateClient client) {
      thread =
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; !over.get(); i++) {
                  try {
                    client.kv().put(PREFIX + "written-" + i, "");
                    acknowledged.incrementAndGet();
                  } catch (QuorateException e) {
                    // It may have been written, or not: the keys tell.
                  }
                }
              });
    }

    /** Waits until more was written, and acknowledged. */
    void awaitMore() {
      int before = acknowledged.get();
      while (acknowledged.get() < before + 20) {
        Thread.onSpinWait();
      }
    }

    @Override
    public void close() {
      over.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
