package io.quorate.system;

import io.quorate.base.QuorateException;
import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.StatusResponse;
import io.quorate.client.http.HttpChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of server processes on loopback, with folders and ports of its own, started with etcd's
 * flags. Everything ends, and is deleted, with {@link #close}.
 */
public final class ProcessCluster implements AutoCloseable {
  private final Program program;
  private final Path folder;
  private final List<String> flags;
  private final int founders;
  private final List<Integer> clientPorts = new ArrayList<>();
  private final List<Integer> peerPorts = new ArrayList<>();
  private final String token;
  private final boolean tls;
  private final List<@Nullable ServerProcess> members = new ArrayList<>();

  private ProcessCluster(Program program, Path folder, int size, boolean tls, List<String> flags) {
    this.tls = tls;
    this.program = program;
    this.folder = folder;
    this.flags = flags;
    founders = size;
    token = folder.getFileName().toString();
    for (int i = 0; i < size; i++) {
      var _ = reserve();
    }
  }

  /** A folder and ports for one more member, that may join; its number. */
  int reserve() {
    clientPorts.add(OsFacts.freePort());
    peerPorts.add(OsFacts.freePort());
    members.add(null);
    return members.size() - 1;
  }

  /** Describes a cluster; nothing runs yet. */
  public static ProcessCluster describe(Program program, int size, String... flags) {
    return describe(program, size, false, flags);
  }

  /** Describes a cluster whose URLs are all https; the flags say by which certificates. */
  public static ProcessCluster describe(Program program, int size, boolean tls, String... flags) {
    Path parent =
        Path.of(System.getProperty("system.folder", System.getProperty("java.io.tmpdir")));
    return describe(program, size, tls, parent, flags);
  }

  private static ProcessCluster describe(
      Program program, int size, boolean tls, Path parent, String... flags) {
    try {
      Path folder = Files.createTempDirectory(parent, "quorate-system-");
      return new ProcessCluster(program, folder, size, tls, List.of(flags));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts a cluster, and waits until every member is ready. */
  public static ProcessCluster start(Program program, int size, String... flags) {
    return describe(program, size, flags).started();
  }

  /**
   * Starts a cluster for cases that aren't about disks: its folders are in memory, where there is
   * room, so that it doesn't wait for a disk that others keep busy.
   */
  static ProcessCluster startOffDisk(Program program, int size) {
    return describe(program, size, false, OsFacts.folderOffDisk()).started();
  }

  /** Starts all of it, and waits until every member is ready. */
  public ProcessCluster started() {
    try {
      for (int i = 0; i < size(); i++) {
        launch(i);
      }
      awaitReady();
      return this;
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  public int size() {
    return members.size();
  }

  Program program() {
    return program;
  }

  /** Where a member's data lives. */
  Path dataDir(int member) {
    return folder.resolve(name(member));
  }

  /** A folder that goes with the cluster. */
  public Path folder() {
    return folder;
  }

  static String name(int member) {
    return "m" + member;
  }

  /** Where clients reach a member. */
  public String endpoint(int member) {
    return "127.0.0.1:" + clientPorts.get(member);
  }

  public int clientPort(int member) {
    return clientPorts.get(member);
  }

  int peerPort(int member) {
    return peerPorts.get(member);
  }

  /** All endpoints, this member's first. */
  List<String> endpointsFrom(int first) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < size(); i++) {
      all.add(endpoint((first + i) % size()));
    }
    return all;
  }

  /** The command line that starts a member on its folder. */
  List<String> commandLine(int member, String... more) {
    StringBuilder initial = new StringBuilder();
    for (int i = 0; i < founders; i++) {
      initial.append(i == 0 ? "" : ",").append(name(i)).append('=').append(peerUrl(i));
    }
    List<String> line = new ArrayList<>(program.command());
    line.addAll(
        List.of(
            "--name=" + name(member),
            "--data-dir=" + dataDir(member),
            "--listen-client-urls=" + scheme() + endpoint(member),
            "--advertise-client-urls=" + scheme() + endpoint(member),
            "--listen-peer-urls=" + peerUrl(member),
            "--initial-advertise-peer-urls=" + peerUrl(member),
            "--initial-cluster=" + initial,
            "--initial-cluster-state=new",
            "--initial-cluster-token=" + token));
    line.addAll(flags);
    line.addAll(Arrays.asList(more));
    return line;
  }

  String peerUrl(int member) {
    return scheme() + "127.0.0.1:" + peerPorts.get(member);
  }

  private String scheme() {
    return tls ? "https://" : "http://";
  }

  /** Starts a member on its folder, whatever is in it; does not wait. */
  public ServerProcess launch(int member, String... more) {
    ServerProcess before = members.get(member);
    if (before != null && before.isAlive()) {
      throw new IllegalStateException(name(member) + " is running");
    }
    ServerProcess started =
        ServerProcess.start(program.name() + " " + name(member), commandLine(member, more));
    members.set(member, started);
    return started;
  }

  /** Starts a member on its folder, and waits until it serves. */
  public void restart(int member) {
    var _ = launch(member).awaitLine(READY);
  }

  /**
   * Makes the members' folders anew from a backup, by the program's own means. None of them runs.
   *
   * @param more flags of its own
   */
  public void restore(Path backup, String... more) {
    for (int i = 0; i < size(); i++) {
      if (Files.exists(dataDir(i))) {
        OsFacts.delete(dataDir(i));
      }
      List<String> line = new ArrayList<>(List.of("snapshot", "restore", backup.toString()));
      commandLine(i).stream()
          .filter(flag ->
              flag.matches("--(name|data-dir|initial-(cluster|cluster-token|advertise.*))=.*"))
          .forEach(line::add);
      line.addAll(List.of(more));
      if (program.equals(Program.ETCD)) {
        etcdctl(line);
      } else {
        var _ = QuorateCommand.run(line.toArray(String[]::new));
      }
    }
  }

  /** Saves a backup of what there is. */
  public void save(Path backup) {
    etcdctl(List.of("snapshot", "save", backup.toString()));
  }

  private void etcdctl(List<String> line) {
    Etcdctl.Result result = Etcdctl.run(endpoint(0), Etcdctl.Step.of(line.toArray(String[]::new)));
    if (result.code() != 0) {
      throw new AssertionError(line + " ended with " + result.code() + ": " + result.err());
    }
  }

  public static final String READY = "ready to serve client requests";

  /** Waits until every member has said that it is ready. */
  void awaitReady() {
    for (int i = 0; i < size(); i++) {
      var _ = member(i).awaitLine(READY);
    }
  }

  /** The newest run of a member. */
  public ServerProcess member(int member) {
    ServerProcess process = members.get(member);
    if (process == null) {
      throw new IllegalStateException(name(member) + " was never started");
    }
    return process;
  }

  /** A client of one member alone. */
  QuorateClient client(int member) {
    return client(List.of(endpoint(member)), Duration.ofSeconds(20));
  }

  /** A client that tries again soon, so that it is not its pauses that are measured. */
  static QuorateClient client(List<String> endpoints, Duration timeout) {
    HttpChannel channel = HttpChannel.open(endpoints);
    ClientOptions options =
        new ClientOptions(
            timeout,
            timeout,
            Duration.ofMillis(10),
            Duration.ofMillis(40),
            ClientOptions.DEFAULT.metadata(),
            null,
            List.of());
    return QuorateClient.over(channel, channel.timer(), options);
  }

  /** What a member says of itself. */
  StatusResponse status(int member) {
    try (QuorateClient client = client(member)) {
      return client.maintenance().status();
    }
  }

  /** Which member leads now; waits until one does and the running ones agree on it. */
  public int leader() {
    long deadline = System.nanoTime() + ServerProcess.WAIT_MAX.toNanos();
    while (System.nanoTime() - deadline < 0) {
      long leader = 0;
      int found = -1;
      boolean agreed = true;
      for (int i = 0; i < size(); i++) {
        ServerProcess process = members.get(i);
        if (process == null || !process.isAlive()) {
          continue;
        }
        try {
          StatusResponse status = status(i);
          agreed &= status.leader() != 0 && (leader == 0 || leader == status.leader());
          leader = status.leader();
          if (status.header().memberId() == leader) {
            found = i;
          }
        } catch (QuorateException e) {
          agreed = false;
        }
      }
      if (agreed && found >= 0) {
        return found;
      }
    }
    throw new AssertionError("the members agree on no leader");
  }

  /** The last lines of what each member has printed. */
  String logs(int linesMax) {
    StringBuilder all = new StringBuilder();
    for (ServerProcess member : members) {
      all.append(member == null ? "" : member.log(linesMax));
    }
    return all.toString();
  }

  @Override
  public void close() {
    List<ServerProcess> alive = new ArrayList<>();
    for (ServerProcess member : members) {
      if (member != null && member.isAlive()) {
        alive.add(member);
      }
    }
    alive.forEach(ServerProcess::close);
    OsFacts.delete(folder);
  }
}
