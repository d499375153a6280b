package io.quorate.interop;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.testing.integration.EmptyProtos.Empty;
import io.grpc.testing.integration.Messages.EchoStatus;
import io.grpc.testing.integration.Messages.Payload;
import io.grpc.testing.integration.Messages.ResponseParameters;
import io.grpc.testing.integration.Messages.SimpleRequest;
import io.grpc.testing.integration.Messages.SimpleResponse;
import io.grpc.testing.integration.Messages.StreamingInputCallRequest;
import io.grpc.testing.integration.Messages.StreamingInputCallResponse;
import io.grpc.testing.integration.Messages.StreamingOutputCallRequest;
import io.grpc.testing.integration.Messages.StreamingOutputCallResponse;
import io.quorate.base.Bytes;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.Metadata;
import io.quorate.grpc.ServiceRegistry;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StreamListener;
import java.util.ArrayDeque;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@code grpc.testing.TestService}, as gRPC's description of the interop cases wants it. */
final class InteropService {
  private static final String SERVICE = "/grpc.testing.TestService/";
  private static final String ECHO_INITIAL = "x-grpc-test-echo-initial";
  private static final String ECHO_TRAILING = "x-grpc-test-echo-trailing-bin";

  private final ScheduledExecutorService timer;

  InteropService(ScheduledExecutorService timer) {
    this.timer = timer;
  }

  void register(ServiceRegistry registry) {
    registry
        .unary(SERVICE + "EmptyCall", (call, _) -> answer(call, Empty.getDefaultInstance()))
        .unary(SERVICE + "UnaryCall", this::unaryCall)
        .serverStreaming(SERVICE + "StreamingOutputCall", this::streamingOutputCall)
        .streaming(SERVICE + "StreamingInputCall", InputSum::new)
        .streaming(SERVICE + "FullDuplexCall", call -> new Duplex(call, false))
        .streaming(SERVICE + "HalfDuplexCall", call -> new Duplex(call, true));
  }

  private void unaryCall(Call call, Bytes bytes) {
    SimpleRequest request = parse(SimpleRequest.parser(), bytes);
    checkCompression(
        call, request.hasExpectCompressed() && request.getExpectCompressed().getValue());
    if (request.hasResponseStatus()) {
      fail(call, request.getResponseStatus());
      return;
    }
    call.compress(request.hasResponseCompressed() && request.getResponseCompressed().getValue());
    SimpleResponse.Builder response = SimpleResponse.newBuilder();
    if (request.getResponseSize() > 0) {
      response.setPayload(payload(request.getResponseSize()));
    }
    answer(call, response.build());
  }

  private void streamingOutputCall(Call call, Bytes bytes) {
    Duplex duplex = new Duplex(call, false);
    call.listen(duplex);
    duplex.onMessage(bytes);
    duplex.onHalfClose();
  }

  private static void answer(Call call, MessageLite response) {
    echoInitial(call);
    call.send(Bytes.wrap(response.toByteArray()));
    end(call, Status.OK);
  }

  private static void fail(Call call, EchoStatus status) {
    end(call, Status.of(StatusCode.of(status.getCode()), status.getMessage()));
  }

  private static void end(Call call, Status status) {
    Bytes trailing = call.metadata().getBinary(ECHO_TRAILING);
    call.complete(
        status,
        trailing == null
            ? Metadata.EMPTY
            : Metadata.builder().add(ECHO_TRAILING, trailing).build());
  }

  private static void echoInitial(Call call) {
    String initial = call.metadata().get(ECHO_INITIAL);
    if (initial != null) {
      call.sendHeaders(Metadata.of(ECHO_INITIAL, initial));
    }
  }

  private static void checkCompression(Call call, boolean expected) {
    if (expected && !call.receivedCompressed()) {
      throw Status.of(StatusCode.INVALID_ARGUMENT, "expected a compressed message").asException();
    }
  }

  private static Payload payload(int size) {
    return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
  }

  private static <T> T parse(Parser<T> parser, Bytes bytes) {
    try {
      return parser.parseFrom(bytes.array(), bytes.arrayOffset(), bytes.length());
    } catch (InvalidProtocolBufferException e) {
      throw Status.of(StatusCode.INTERNAL, "not a request").asException();
    }
  }

  /** Adds up what it is sent. */
  private static final class InputSum implements StreamListener {
    private final Call call;
    private int sum;

    InputSum(Call call) {
      this.call = call;
    }

    @Override
    public void onMessage(Bytes message) {
      StreamingInputCallRequest request = parse(StreamingInputCallRequest.parser(), message);
      checkCompression(
          call, request.hasExpectCompressed() && request.getExpectCompressed().getValue());
      sum += request.getPayload().getBody().size();
    }

    @Override
    public void onHalfClose() {
      answer(call, StreamingInputCallResponse.newBuilder().setAggregatedPayloadSize(sum).build());
    }
  }

  /**
   * Sends what each request asks for, after the pauses it asks for, as fast as the client reads.
   */
  private final class Duplex implements StreamListener, CallListener {
    private final Call call;
    private final boolean onlyAtEnd;
    private final ArrayDeque<ResponseParameters> wanted = new ArrayDeque<>();
    private boolean inputEnded;
    private boolean headersSent;
    private boolean waiting;
    private @Nullable ResponseParameters due;

    Duplex(Call call, boolean onlyAtEnd) {
      this.call = call;
      this.onlyAtEnd = onlyAtEnd;
    }

    @Override
    public void onMessage(Bytes message) {
      StreamingOutputCallRequest request = parse(StreamingOutputCallRequest.parser(), message);
      if (request.hasResponseStatus()) {
        fail(call, request.getResponseStatus());
        return;
      }
      wanted.addAll(request.getResponseParametersList());
      if (!onlyAtEnd) {
        advance();
      }
    }

    @Override
    public void onHalfClose() {
      inputEnded = true;
      advance();
    }

    @Override
    public void onReady() {
      advance();
    }

    private void advance() {
      while (call.isOpen() && !waiting) {
        ResponseParameters next = due;
        due = null;
        if (next == null) {
          next = wanted.poll();
          if (next == null) {
            if (inputEnded) {
              echoHeadersOnce();
              end(call, Status.OK);
            }
            return;
          }
          if (next.getIntervalUs() > 0) {
            due = next;
            waiting = true;
            var _ =
                timer.schedule(
                    () -> call.loop().execute(this::waited),
                    next.getIntervalUs(),
                    TimeUnit.MICROSECONDS);
            return;
          }
        }
        if (!call.isReady()) {
          due = next;
          return;
        }
        echoHeadersOnce();
        boolean compressed = next.hasCompressed() && next.getCompressed().getValue();
        if (compressed) {
          call.compress(true);
        }
        StreamingOutputCallResponse.Builder response = StreamingOutputCallResponse.newBuilder();
        if (next.getSize() > 0) {
          response.setPayload(payload(next.getSize()));
        }
        call.send(Bytes.wrap(response.build().toByteArray()));
        call.compress(false);
      }
    }

    private void waited() {
      waiting = false;
      advance();
    }

    private void echoHeadersOnce() {
      if (!headersSent) {
        headersSent = true;
        // Announces compression while it still can be: any later message may ask for it.
        call.compress(true);
        call.compress(false);
        echoInitial(call);
      }
    }
  }
}
