package io.quorate.grpc;

/** Bounds of the transport that are not a setting of the user's, by name. */
final class GrpcLimits {
  private GrpcLimits() {}

  /** Payload of the frames that we take and send, in bytes; HTTP/2's default and smallest. */
  static final int FRAME_BYTES_MAX = 16_384;

  /** What a received message takes beside its bytes while it waits, about. */
  static final long WAITING_MESSAGE_BYTES = 96;

  /** What a client may send on one stream before we have taken it, in bytes. */
  static final int STREAM_WINDOW_BYTES = 1 << 20;

  /** What a client may send on one connection before we have taken it, in bytes. */
  static final int CONNECTION_WINDOW_BYTES = 8 << 20;

  /** Frames of one header block; a block of legal size needs three. */
  static final int CONTINUATION_FRAMES_MAX = 16;

  /** Empty DATA frames in a row that end nothing. */
  static final int EMPTY_DATA_FRAMES_MAX = 16;

  /** SETTINGS frames at once, each of which may cost a walk over all streams. */
  static final int SETTINGS_BURST = 64;

  /** SETTINGS frames a second over longer times. */
  static final int SETTINGS_PER_SECOND = 8;

  /** Frames at once that mean nothing to us: priorities, unknown types, closed streams. */
  static final int IDLE_FRAMES_BURST = 10_000;

  /** Frames a second that mean nothing to us, over longer times. */
  static final int IDLE_FRAMES_PER_SECOND = 1_000;

  /** Seconds of resets at the permitted rate that may come at once. */
  static final int RESET_BURST_SECONDS = 4;

  /** Pings that come too early before the connection ends; as in grpc-go. */
  static final int PING_STRIKES_MAX = 2;

  /** Answers to control frames that wait for a peer that doesn't read, in bytes. */
  static final int CONTROL_BYTES_MAX = 256 * 1024;

  /** Unsent bytes of a call at which it is no longer ready. */
  static final int CALL_READY_BYTES = 64 * 1024;

  /** Bytes that the channel holds for the socket before data waits in its calls instead. */
  static final int CHANNEL_HIGH_BYTES = 256 * 1024;

  /** Bytes left in the channel at which data flows again. */
  static final int CHANNEL_LOW_BYTES = 64 * 1024;

  /** Outgoing bytes that are gathered before they are handed to the channel, flushed or not. */
  static final int OUT_BUFFER_BYTES = 64 * 1024;

  /** First allocation for a message that arrives in pieces, in bytes; it doubles as they come. */
  static final int PARTIAL_MESSAGE_BYTES_FIRST = 32 * 1024;

  /** Longest {@code grpc-message} that is sent, in characters before encoding. */
  static final int STATUS_MESSAGE_CHARS_MAX = 4_096;

  /** Header blocks remembered per connection; a power of two. */
  static final int HEADS_REMEMBERED = 16;

  /** Longest header block that is remembered, in bytes. */
  static final int HEAD_REMEMBERED_BYTES_MAX = 64;
}
