package io.quorate.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.netty.channel.IoEventLoopGroup;
import io.quorate.base.Bytes;
import io.quorate.grpc.EventLoops;
import io.quorate.grpc.GrpcServer;
import io.quorate.grpc.HealthService;
import io.quorate.grpc.ReflectionService;
import io.quorate.grpc.SchemaFile;
import io.quorate.grpc.ServiceRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** gRPC's standard services, asked through the stubs that others generated from their files. */
@Timeout(60)
final class StandardServicesTest {
  private final IoEventLoopGroup loops = EventLoops.start(1, "grpc-standard");
  private final HealthService health = new HealthService();
  private final GrpcServer server;
  private final ManagedChannel channel;

  StandardServicesTest() throws IOException {
    ServiceRegistry registry = new ServiceRegistry();
    health.register(registry);
    SchemaFile file =
        new SchemaFile("a.proto", List.of(), List.of("a.Service"), Bytes.utf8("descriptor"));
    new ReflectionService(registry, List.of(file)).register();
    server = GrpcServer.builder(loops, registry).build();
    InetSocketAddress address =
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", address.getPort()).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.close();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  @Test
  void a_tool_learns_services_and_files_by_reflection() throws Exception {
    BlockingQueue<ServerReflectionResponse> answers = new LinkedBlockingQueue<>();
    StreamObserver<ServerReflectionRequest> questions =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse answer) {
                    answers.add(answer);
                  }

                  @Override
                  public void onError(Throwable t) {}

                  @Override
                  public void onCompleted() {
                    answers.add(ServerReflectionResponse.getDefaultInstance());
                  }
                });
    questions.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    questions.onNext(
        ServerReflectionRequest.newBuilder()
            .setHost("h")
            .setFileContainingSymbol("a.Service")
            .build());
    questions.onNext(ServerReflectionRequest.newBuilder().setFileByFilename("none").build());
    questions.onCompleted();
    assertThat(next(answers).getListServicesResponse().getServiceList())
        .extracting(ServiceResponse::getName)
        .containsExactly(
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection");
    ServerReflectionResponse file = next(answers);
    assertThat(file.getValidHost()).isEqualTo("h");
    assertThat(file.getOriginalRequest().getFileContainingSymbol()).isEqualTo("a.Service");
    assertThat(file.getFileDescriptorResponse().getFileDescriptorProtoList())
        .containsExactly(ByteString.copyFromUtf8("descriptor"));
    assertThat(next(answers).getErrorResponse().getErrorCode()).isEqualTo(5);
    assertThat(next(answers)).isEqualTo(ServerReflectionResponse.getDefaultInstance());
  }

  @Test
  void health_is_checked_and_its_changes_are_seen() {
    health.set("", HealthService.Health.NOT_SERVING);
    HealthGrpc.HealthBlockingStub stub = HealthGrpc.newBlockingStub(channel);
    assertThat(stub.check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isEqualTo(ServingStatus.NOT_SERVING);
    Iterator<HealthCheckResponse> watched =
        stub.watch(HealthCheckRequest.newBuilder().setService("a.Service").build());
    assertThat(watched.next().getStatus()).isEqualTo(ServingStatus.SERVICE_UNKNOWN);
    health.set("a.Service", HealthService.Health.SERVING);
    assertThat(watched.next().getStatus()).isEqualTo(ServingStatus.SERVING);
  }

  private static ServerReflectionResponse next(BlockingQueue<ServerReflectionResponse> answers)
      throws InterruptedException {
    ServerReflectionResponse answer = answers.poll(30, TimeUnit.SECONDS);
    if (answer == null) {
      throw new AssertionError("no answer");
    }
    return answer;
  }
}
