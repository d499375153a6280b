package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.grpc.MessageWriter;
import io.quorate.kv.Event;
import io.quorate.kv.KeyValue;
import io.quorate.node.EventBatch;
import java.util.List;

/**
 * Writes the answers of a watch stream that hold events, straight into the outgoing buffer. The
 * events of a batch are encoded once, for all watchers that hear it.
 *
 * <p>One is used for one answer after the other. Not shared between threads.
 */
final class WatchWriter implements MessageWriter {
  private static final int HEADER = 1;
  private static final int WATCH_ID = 2;
  private static final int FRAGMENT = 7;
  private static final int EVENTS = 11;

  /** The cluster's and the member's id as header fields: the same in every answer. */
  private final byte[] identity;

  private long revision;
  private long term;
  private long watchId;
  private boolean fragment;
  private Encoded events = Encoded.NONE;
  private int from;
  private int to;

  WatchWriter(long clusterId, long memberId) {
    identity = new byte[Wire.numberSize(clusterId) + Wire.numberSize(memberId)];
    Wire.putNumber(identity, Wire.putNumber(identity, 0, 1, clusterId), 2, memberId);
  }

  /** The events of a batch as fields of an answer. */
  static final class Encoded {
    private static final Encoded NONE = new Encoded(new byte[0], new int[0]);

    /** All of them. */
    private final byte[] bytes;

    /** Where each ends. */
    private final int[] ends;

    private Encoded(byte[] bytes, int[] ends) {
      this.bytes = bytes;
      this.ends = ends;
    }

    /** The encoded form of a batch, made at the first call. */
    static Encoded of(EventBatch batch, boolean prevKv) {
      if (batch.kept() instanceof Encoded known) {
        return known;
      }
      Encoded encoded = encode(batch.events(), prevKv);
      batch.keep(encoded);
      return encoded;
    }

    int count() {
      return ends.length;
    }

    int end(int index) {
      return ends[index];
    }

    int start(int index) {
      return index == 0 ? 0 : ends[index - 1];
    }

    private static Encoded encode(List<Event> events, boolean prevKv) {
      int[] ends = new int[events.size()];
      int length = 0;
      for (int i = 0; i < ends.length; i++) {
        length += Wire.messageSize(size(events.get(i), prevKv));
        ends[i] = length;
      }
      byte[] bytes = new byte[length];
      int at = 0;
      for (Event event : events) {
        at = Wire.putLength(bytes, at, EVENTS, size(event, prevKv));
        at = Wire.putNumber(bytes, at, 1, event.delete() ? 1 : 0);
        at = ResponseWriter.putKv(bytes, at, 2, event.kv());
        KeyValue before = event.prevKv();
        if (prevKv && before != null) {
          at = ResponseWriter.putKv(bytes, at, 3, before);
        }
      }
      return new Encoded(bytes, ends);
    }

    private static int size(Event event, boolean prevKv) {
      KeyValue before = event.prevKv();
      return (event.delete() ? 2 : 0)
          + Wire.messageSize(ResponseWriter.kvSize(event.kv()))
          + (prevKv && before != null ? Wire.messageSize(ResponseWriter.kvSize(before)) : 0);
    }
  }

  /** Takes the next answer: a part of a batch, from one event up to, not including, another. */
  WatchWriter of(long headerRevision, long raftTerm, long id, Encoded batch, int first, int end) {
    revision = headerRevision;
    term = raftTerm;
    watchId = id;
    events = batch;
    from = batch.start(first);
    to = batch.end(end - 1);
    fragment = end < batch.count();
    return this;
  }

  /** Bytes of an answer beside its events, at most. */
  int overhead() {
    return identity.length + 64;
  }

  @Override
  public int size() {
    return Wire.messageSize(headerSize())
        + Wire.numberSize(watchId)
        + (fragment ? 2 : 0)
        + to
        - from;
  }

  @Override
  public void writeTo(byte[] target, int offset) {
    int at = Wire.putLength(target, offset, HEADER, headerSize());
    System.arraycopy(identity, 0, target, at, identity.length);
    at += identity.length;
    at = Wire.putNumber(target, at, 3, revision);
    at = Wire.putNumber(target, at, 4, term);
    at = Wire.putNumber(target, at, WATCH_ID, watchId);
    at = Wire.putNumber(target, at, FRAGMENT, fragment ? 1 : 0);
    System.arraycopy(events.bytes, from, target, at, to - from);
  }

  /** The answer as a message of its own. */
  Bytes toBytes() {
    byte[] message = new byte[size()];
    writeTo(message, 0);
    return Bytes.wrap(message);
  }

  private int headerSize() {
    return identity.length + Wire.numberSize(revision) + Wire.numberSize(term);
  }
}
