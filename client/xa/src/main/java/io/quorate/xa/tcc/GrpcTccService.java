package io.quorate.xa.tcc;

import io.grpc.BindableService;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCalls;
import io.quorate.base.Bytes;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The service's side of the protocol of {@link GrpcParticipant}, for a server of grpc-java, which
 * has to be on the class path: {@code io.grpc:grpc-stub}.
 *
 * <pre>{@code
 * server.addService(new GrpcTccService(TccBarrier.postgreSql(dataSource), service));
 * }</pre>
 *
 * <p>It waits for the database, on the server's executor. Who calls, and whether they may, is an
 * interceptor's to find out. Safe for use by many threads.
 */
public final class GrpcTccService implements BindableService {
  private static final System.Logger LOG = System.getLogger(GrpcTccService.class.getName());

  private final TccOrders orders;

  /** One whose orders go through a barrier to a service. */
  public GrpcTccService(TccBarrier barrier, TccService service) {
    orders = new TccOrders(barrier, service);
  }

  /** What a call does with its request. */
  private interface Order {
    ProtoWriter carryOut(ProtoReader request) throws Exception;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return ServerServiceDefinition.builder(GrpcParticipant.SERVICE)
        .addMethod(method("Try"), call(this::attempt))
        .addMethod(method("Confirm"), call(this::confirm))
        .addMethod(method("Cancel"), call(this::cancel))
        .addMethod(method("Prepared"), call(this::prepared))
        .addMethod(
            method("Identity"), call(request -> new ProtoWriter(64).text(1, orders.identity())))
        .build();
  }

  private ProtoWriter attempt(ProtoReader in) throws Exception {
    String branch = "";
    Bytes payload = Bytes.EMPTY;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> branch = in.text();
        case 2 -> payload = in.bytes();
        default -> {}
      }
    }
    try {
      Bytes answer = orders.attempt(id(branch), payload);
      return new ProtoWriter(answer.length() + 16).bytes(1, answer);
    } catch (TccRefusal e) {
      return new ProtoWriter(128).flag(2, true).text(3, String.valueOf(e.getMessage()));
    }
  }

  private ProtoWriter confirm(ProtoReader in) throws Exception {
    String branch = "";
    boolean alone = false;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> branch = in.text();
        case 2 -> alone = in.flag();
        default -> {}
      }
    }
    return finished(orders.confirm(id(branch), alone));
  }

  private ProtoWriter cancel(ProtoReader in) throws Exception {
    String branch = "";
    while (in.next()) {
      if (in.field() == 1) {
        branch = in.text();
      }
    }
    return finished(orders.cancel(id(branch)));
  }

  private ProtoWriter prepared(ProtoReader in) throws Exception {
    long domain = 0;
    while (in.next()) {
      if (in.field() == 1) {
        domain = in.number();
      }
    }
    ProtoWriter out = new ProtoWriter(1_024);
    orders.prepared(domain).forEach(id -> out.text(1, id.toHex()));
    return out;
  }

  private static BranchId id(String branch) {
    return BranchId.ofHex(branch)
        .orElseThrow(() ->
            Status.INVALID_ARGUMENT
                .withDescription("no branch of a transaction is named " + branch)
                .asRuntimeException());
  }

  private static ProtoWriter finished(Finish finish) {
    return new ProtoWriter(16).flag(1, finish != Finish.DONE);
  }

  // ---- grpc-java -------------------------------------------------------------------------------

  private static MethodDescriptor<Bytes, Bytes> method(String name) {
    return MethodDescriptor.<Bytes, Bytes>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(GrpcParticipant.SERVICE, name))
        .setRequestMarshaller(AsBytes.MARSHALLER)
        .setResponseMarshaller(AsBytes.MARSHALLER)
        .build();
  }

  private ServerCallHandler<Bytes, Bytes> call(Order order) {
    return ServerCalls.asyncUnaryCall((request, observer) -> {
      Bytes response;
      try {
        response = order.carryOut(new ProtoReader(request)).toBytes();
      } catch (StatusRuntimeException e) {
        observer.onError(e);
        return;
      } catch (MalformedMessage e) {
        observer.onError(
            Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asRuntimeException());
        return;
      } catch (Exception e) {
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        LOG.log(System.Logger.Level.WARNING, "not done, and to be asked for again", e);
        observer.onError(
            Status.UNAVAILABLE
                .withDescription("it is not known whether that was done; ask again")
                .asRuntimeException());
        return;
      }
      observer.onNext(response);
      observer.onCompleted();
    });
  }

  /** Messages as their bytes. */
  private enum AsBytes implements MethodDescriptor.Marshaller<Bytes> {
    MARSHALLER;

    @Override
    public InputStream stream(Bytes value) {
      return new Stream(value);
    }

    @Override
    public Bytes parse(InputStream stream) {
      try {
        return Bytes.wrap(stream.readAllBytes());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** A stream that says how long it is. */
  private static final class Stream extends ByteArrayInputStream implements KnownLength {
    Stream(Bytes value) {
      super(value.array(), value.arrayOffset(), value.length());
    }
  }
}
