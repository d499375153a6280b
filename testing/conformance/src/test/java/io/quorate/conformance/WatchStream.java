package io.quorate.conformance;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.WatchCancelRequest;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest;
import io.quorate.protocol.etcdserverpb.WatchProgressRequest;
import io.quorate.protocol.etcdserverpb.WatchRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import io.quorate.protocol.mvccpb.Event;
import java.util.ArrayList;
import java.util.List;

/** A stream of watchers, as {@link Duplex} has it. */
final class WatchStream implements AutoCloseable {
  private final Duplex<WatchRequest, WatchResponse> stream;

  WatchStream(Api api) {
    stream = api.open(Rpc.WATCH);
  }

  static WatchCreateRequest.Builder on(ByteString key) {
    return WatchCreateRequest.newBuilder().setKey(key);
  }

  static WatchCreateRequest.Builder on(ByteString from, ByteString to) {
    return on(from).setRangeEnd(to);
  }

  void send(WatchRequest request) {
    stream.send(request);
  }

  void create(WatchCreateRequest.Builder watcher) {
    send(WatchRequest.newBuilder().setCreateRequest(watcher).build());
  }

  /** Creates a watcher, and waits until it is; nothing else may come before. */
  long created(WatchCreateRequest.Builder watcher) {
    create(watcher);
    WatchResponse answer = next();
    if (!answer.getCreated() || answer.getCanceled() || answer.getEventsCount() > 0) {
      throw new AssertionError("not created: " + answer);
    }
    return answer.getWatchId();
  }

  void cancel(long id) {
    send(
        WatchRequest.newBuilder()
            .setCancelRequest(WatchCancelRequest.newBuilder().setWatchId(id))
            .build());
  }

  void askProgress() {
    send(
        WatchRequest.newBuilder()
            .setProgressRequest(WatchProgressRequest.getDefaultInstance())
            .build());
  }

  WatchResponse next() {
    return stream.next();
  }

  /** As many events as asked for, from as many answers as it takes. */
  List<Event> events(int count) {
    List<Event> events = new ArrayList<>();
    while (events.size() < count) {
      WatchResponse answer = stream.next(() -> "after " + events);
      if (answer.getEventsCount() == 0) {
        throw new AssertionError("no events: " + answer);
      }
      events.addAll(answer.getEventsList());
    }
    return events;
  }

  void halfClose() {
    stream.halfClose();
  }

  /** How the stream ended, as {@link Duplex#end}. */
  String end() {
    return stream.end();
  }

  @Override
  public void close() {
    stream.close();
  }
}
