package io.quorate.offline;

import io.quorate.EmbeddedNode;
import io.quorate.Member;
import io.quorate.MemberConfig;
import io.quorate.Quorate;
import io.quorate.base.Bytes;
import io.quorate.kv.KvRequest;
import io.quorate.kv.KvResult;
import io.quorate.kv.KvStore;
import io.quorate.kv.Principal;
import io.quorate.node.MemberInfo;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.ReplicaStatus;
import io.quorate.node.Reply;
import io.quorate.snapshot.BackupHeader;
import io.quorate.snapshot.BackupWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Members in this process, as the tests need them. */
final class Members {
  private Members() {}

  /** A cluster of members on free ports, named m0, m1, …, and where each has its data. */
  static List<MemberConfig> cluster(Path folder, int size, String token) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      held.add(socket);
      addresses.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()));
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
    StringBuilder initial = new StringBuilder();
    for (int i = 0; i < size; i++) {
      initial
          .append(i == 0 ? "" : ",")
          .append("m%d=http://127.0.0.1:%d".formatted(i, addresses.get(i).getPort()));
    }
    List<MemberConfig> configs = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      Founders founders = Founders.of("m" + i, token, initial.toString(), "");
      configs.add(
          MemberConfig.of(
              "m" + i,
              folder.resolve("m" + i),
              founders.cluster(),
              founders.member(),
              founders.members(),
              size == 1 ? List.of() : List.of(addresses.get(i))));
    }
    return configs;
  }

  static String initialCluster(List<MemberConfig> configs) {
    List<String> all = new ArrayList<>();
    for (MemberInfo member : configs.getFirst().members()) {
      all.add(member.name() + "=" + member.peerUrls().getFirst());
    }
    return String.join(",", all);
  }

  static EmbeddedNode start(MemberConfig config) {
    return Quorate.node(config).start();
  }

  /** Asks the replica on its loop. */
  static <T> T ask(Member member, Function<Replica, T> question) {
    return CompletableFuture.supplyAsync(() -> question.apply(member.replica()), member.loop())
        .join();
  }

  static KvResult write(Member member, KvRequest request) {
    CompletableFuture<KvResult> answer = new CompletableFuture<>();
    member
        .loop()
        .execute(() ->
            member
                .replica()
                .write(
                    request,
                    Principal.NOBODY,
                    new Reply<KvResult>() {
                      @Override
                      public void done(KvResult result) {
                        answer.complete(result);
                      }

                      @Override
                      public void refused(Refusal why) {
                        answer.completeExceptionally(new AssertionError(why));
                      }
                    }));
    return answer.join();
  }

  /** Writes a backup of what a member has. */
  static void backup(Member member, Path file) {
    ask(
        member,
        replica -> {
          ReplicaStatus status = replica.status();
          BackupHeader header =
              new BackupHeader(
                  1,
                  status.member(),
                  status.appliedIndex(),
                  status.term(),
                  status.revision(),
                  status.compactedRevision(),
                  "test");
          try (Replica.View view = replica.view();
              BackupWriter writer =
                  new BackupWriter(header, view.rows().scan(KvStore.firstRow(), null));
              OutputStream out = Files.newOutputStream(file)) {
            for (Bytes part = writer.next(); part != null; part = writer.next()) {
              out.write(part.toArray());
            }
          } catch (IOException e) {
            throw new AssertionError(e);
          }
          return true;
        });
  }
}
