package io.quorate.grpc;

/**
 * The peer broke HTTP/2's rules, or abused them. Without a stack trace: it is the peer's defect,
 * and a flood of them must not cost us more than the peer.
 */
final class Http2Error extends Exception {
  private static final long serialVersionUID = 1L;

  static final int NO_ERROR = 0;
  static final int PROTOCOL_ERROR = 1;
  static final int INTERNAL_ERROR = 2;
  static final int FLOW_CONTROL_ERROR = 3;
  static final int SETTINGS_TIMEOUT = 4;
  static final int STREAM_CLOSED = 5;
  static final int FRAME_SIZE_ERROR = 6;
  static final int REFUSED_STREAM = 7;
  static final int CANCEL = 8;
  static final int COMPRESSION_ERROR = 9;
  static final int ENHANCE_YOUR_CALM = 11;

  private final int code;
  private final int streamId;

  private Http2Error(int code, int streamId, String message) {
    super(message, null, false, false);
    this.code = code;
    this.streamId = streamId;
  }

  /** The connection can't go on. */
  static Http2Error connection(int code, String message) {
    return new Http2Error(code, 0, message);
  }

  /** The stream can't go on; its connection can. */
  static Http2Error stream(int streamId, int code, String message) {
    return new Http2Error(code, streamId, message);
  }

  /** HTTP/2's number for what is wrong. */
  int code() {
    return code;
  }

  /** Whose end this is, or 0 for that of the connection. */
  int streamId() {
    return streamId;
  }
}
