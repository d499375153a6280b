package io.quorate.grpc;

import io.quorate.base.Bytes;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * One call, seen from the service that answers it.
 *
 * <p>A call belongs to one event loop: its handler and listener run there, and every method here
 * may be used from there only. Work that was done elsewhere comes back by a task on that loop. A
 * call may be answered at once, within its handler, or in a later turn; whatever is sent during a
 * turn of the loop leaves in one flush at the end of the turn.
 *
 * <p>A call ends once: by {@link #complete} or {@link #reply}, by the client's cancellation, by its
 * deadline or with its connection. After that everything sent is dropped without complaint, so a
 * service that answers late needs no check. Whatever the service holds for a call that might be
 * cancelled, it lets go in {@link CallListener#onCancel}.
 *
 * <p>Nothing here knows the network: the same services run behind a simulated one.
 */
public interface Call {
  /** What {@link #deadlineNanos} says when the client named no deadline. */
  long NO_DEADLINE = Long.MAX_VALUE;

  /** The full method name with its leading slash, as in {@code /etcdserverpb.KV/Put}. */
  String method();

  /** What the client sent along, without HTTP/2's and gRPC's own headers. */
  Metadata metadata();

  /** The {@code :authority} that the client addressed, or an empty text. */
  String authority();

  /** Where the client is; for logs and audit, never for a decision about access. */
  SocketAddress remoteAddress();

  /** The client's verified certificates, its own first; empty without mutual TLS. */
  List<X509Certificate> peerCertificates();

  /**
   * When the client stops waiting, on the server's monotonic clock in nanoseconds, or {@link
   * #NO_DEADLINE}. The server ends the call then by itself, with DEADLINE_EXCEEDED.
   */
  long deadlineNanos();

  /** Whether an answer can still reach the client. */
  boolean isOpen();

  /** Who hears of cancellation and of room to send; replaces the one before. */
  void listen(CallListener listener);

  /**
   * Sends initial metadata now. Without this call they leave with the first message, empty.
   *
   * @throws IllegalStateException if they have left already
   */
  void sendHeaders(Metadata headers);

  /**
   * Sends a message. The array behind it may be sent later and must not change.
   *
   * <p>Messages are accepted up to a bound: a service that sends many asks {@link #isReady} first
   * and goes on in {@link CallListener#onReady}. One that doesn't, and fills more than the server's
   * bound for one call, has its call ended with RESOURCE_EXHAUSTED.
   */
  void send(Bytes message);

  /** Sends a message that is written straight into the outgoing buffer; otherwise as above. */
  void send(MessageWriter message);

  /**
   * Whether the client keeps up: whether less waits to be sent than the server's low mark. Turns
   * true again with a call to {@link CallListener#onReady}.
   */
  boolean isReady();

  /**
   * Bytes of this call that were sent here and have not left yet, for want of the client's room.
   */
  long pendingBytes();

  /** Sends the one message of a unary answer and ends the call with OK. */
  void reply(Bytes message);

  /** Sends the one message of a unary answer and ends the call with OK. */
  void reply(MessageWriter message);

  /** Ends the call; messages sent before arrive first. */
  void complete(Status status);

  /** Ends the call with trailing metadata of the service's own beside the status. */
  void complete(Status status, Metadata trailers);

  /**
   * Stops taking messages of a stream off the wire. What the client has sent already waits, up to
   * one flow-control window; then the client waits.
   */
  void pause();

  /** Takes messages again, beginning with those that waited. */
  void resume();

  /** Whether the message that is being delivered came compressed. */
  boolean receivedCompressed();

  /**
   * Whether messages sent from now on are compressed with gzip. Without effect if the client does
   * not accept gzip.
   *
   * @throws IllegalStateException if it is switched on after the headers have left without it
   */
  void compress(boolean on);

  /** The call's event loop: where work that was done elsewhere comes back to. */
  Executor loop();

  /** A place for one object of the service's own. */
  void attach(Object attachment);

  /**
   * What {@link #attach} put here.
   *
   * @throws IllegalStateException if nothing is attached
   */
  Object attachment();
}
