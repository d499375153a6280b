package io.quorate.conformance;

import io.quorate.system.ProcessCluster;
import io.quorate.system.Program;
import java.util.ArrayList;
import java.util.List;

/** A program that is asked: the one that defines the API, or the one that imitates it. */
enum Subject {
  ETCD(Program.ETCD),
  QUORATE(Program.quorate());

  /** As a version of etcd: 3.6. */
  private static final int QUORATE_MINOR = 6;

  @SuppressWarnings("ImmutableEnumChecker") // an unchanging record
  private final Program program;

  private static final List<Server> SHARED = new ArrayList<>();
  private static final List<Server> GUARDED = new ArrayList<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(Subject::endShared, "end-shared-servers"));
  }

  Subject(Program program) {
    this.program = program;
  }

  private static void endShared() {
    SHARED.forEach(Server::close);
    GUARDED.forEach(Server::close);
  }

  /**
   * The server of one member that most cases share. It is never restarted, and cases leave no
   * alarms behind, but keys, leases, users and compacted revisions.
   */
  Server shared() {
    return of(SHARED);
  }

  /** One with auth switched on, and a user root of that password. */
  Server guarded() {
    synchronized (Subject.class) {
      return withAuth();
    }
  }

  private Server withAuth() {
    boolean made = GUARDED.stream().noneMatch(server -> server.subject() == this);
    Server server = of(GUARDED);
    if (made) {
      Users users = new Users(server.api());
      users.addRoot();
      users.enable();
    }
    return server;
  }

  private Server of(List<Server> servers) {
    synchronized (Subject.class) { // some classes run beside others
      return known(servers);
    }
  }

  private Server known(List<Server> servers) {
    return servers.stream()
        .filter(server -> server.subject() == this)
        .findFirst()
        .orElseGet(() -> {
          Server server = start(1);
          servers.add(server);
          return server;
        });
  }

  Program program() {
    return program;
  }

  /** Starts a cluster of its own, for who breaks it or needs it empty. */
  Server start(int size, String... flags) {
    return new Server(this, ProcessCluster.start(program, size, flags));
  }

  /** The minor of the 3.x that this program is, or imitates. */
  int minor(String version) {
    return this == QUORATE ? QUORATE_MINOR : Integer.parseInt(version.split("\\.", 3)[1]);
  }
}
