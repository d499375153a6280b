package io.quorate.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.channel.IoEventLoopGroup;
import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.EventLoops;
import io.quorate.grpc.GrpcServer;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.protocol.etcdserverpb.SnapshotResponse;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Shows streams of answers over a socket: a slow client slows them, one that leaves ends them. */
@Timeout(60)
class GatewayStreamTest {
  private static final int ANSWERS = 2_000;
  private static final int BLOB_BYTES = 20_000;

  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final ExecutorService workers = Executors.newSingleThreadExecutor();
  private final IoEventLoopGroup loops = EventLoops.start(1, "gateway-test");
  private GrpcServer server;
  private InetSocketAddress address;

  @BeforeEach
  void start() throws Exception {
    ServiceRegistry registry =
        new ServiceRegistry()
            .serverStreaming(
                "/etcdserverpb.Maintenance/Snapshot", (call, request) -> new Polite(call).go());
    FakeReplica replica = new FakeReplica();
    AdminHttp http =
        new AdminHttp(
            replica,
            new AdminSettings(1, "3.6.14", "3.6.0", "3.6.0", 10_000),
            new MemberMetrics(),
            HttpAccess.STANDARD,
            new JsonGateway(registry, replica.loop(), workers, 1 << 20));
    server = GrpcServer.builder(loops, registry).http1(http).build();
    address = server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  @AfterEach
  void stop() {
    server.close();
    workers.shutdown();
    loops.shutdownGracefully(0, 10, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** Sends as long as there is room, and tells when there was none. */
  private final class Polite implements CallListener {
    private final Call call;
    private int sent;
    private boolean waited;

    Polite(Call call) {
      this.call = call;
      call.listen(this);
    }

    void go() {
      Bytes message =
          Bytes.wrap(
              SnapshotResponse.newBuilder()
                  .setBlob(ByteString.copyFrom(new byte[BLOB_BYTES]))
                  .build()
                  .toByteArray());
      while (sent < ANSWERS && call.isReady()) {
        call.send(message);
        sent++;
      }
      if (sent == ANSWERS) {
        call.complete(Status.OK);
      } else if (!waited) {
        waited = true;
        events.add("waits");
      }
    }

    @Override
    public void onReady() {
      go();
    }

    @Override
    public void onCancel() {
      events.add("cancelled after " + (sent < ANSWERS ? "some" : "all"));
    }
  }

  @Test
  void a_slow_client_gets_all_of_a_stream_and_no_more_waits_than_may() throws Exception {
    try (Socket client = ask()) {
      assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("waits");
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
      int results = 0;
      for (String line = in.readLine(); !"0".equals(line); line = in.readLine()) {
        results += line.startsWith("{\"result\":{\"blob\":\"AAAA") ? 1 : 0;
      }
      assertThat(results).isEqualTo(ANSWERS);
    }
  }

  @Test
  void a_client_that_leaves_in_the_middle_ends_the_call() throws Exception {
    Socket client = ask();
    assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("waits");
    client.close();
    assertThat(events.poll(30, TimeUnit.SECONDS)).isEqualTo("cancelled after some");
  }

  private Socket ask() throws Exception {
    Socket client = new Socket(address.getAddress(), address.getPort());
    client
        .getOutputStream()
        .write(
            "POST /v3/maintenance/snapshot HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}"
                .getBytes(StandardCharsets.US_ASCII));
    return client;
  }
}
