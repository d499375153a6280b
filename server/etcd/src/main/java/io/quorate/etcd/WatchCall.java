package io.quorate.etcd;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.grpc.Call;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusException;
import io.quorate.grpc.StreamListener;
import io.quorate.kv.KeyRange;
import io.quorate.kv.Principal;
import io.quorate.node.Barrier;
import io.quorate.node.EventBatch;
import io.quorate.node.Loop;
import io.quorate.node.Refusal;
import io.quorate.node.Replica;
import io.quorate.node.WatchSink;
import io.quorate.node.WatchSpec;
import io.quorate.node.WatchStream;
import io.quorate.node.Watcher;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest;
import io.quorate.protocol.etcdserverpb.WatchCreateRequest.FilterType;
import io.quorate.protocol.etcdserverpb.WatchRequest;
import io.quorate.protocol.etcdserverpb.WatchResponse;
import java.util.Locale;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One watch stream of a client: many watchers on one call.
 *
 * <p>What a watcher is told goes into the call's buffer at once, and only while the client keeps
 * up; so whatever this answers itself (a creation, a progress notice) is behind the events that
 * were before it, and a notice of a revision never overtakes one of its events.
 *
 * <p>Used on the replica's loop.
 */
final class WatchCall implements StreamListener, WatchSink, LeaderBoundStreams.Stream {
  private static final Bytes ZERO = Bytes.wrap(new byte[1]);

  /** The id in answers that concern no watcher. */
  private static final long NO_ID = -1;

  private static final String DUPLICATE_ID = "mvcc: duplicate watch ID provided on the WatchStream";
  private static final String EMPTY_RANGE = "mvcc: watcher range is empty";

  private final WatchService service;
  private final Replica replica;
  private final ApiSettings settings;
  private final Admission admission;
  private final Messages messages;
  private final Call call;
  private final WatchStream stream;
  private final WatchWriter writer;
  private final TreeMap<Long, Watch> watches = new TreeMap<>();

  private long nextId;
  private boolean closed;
  private Loop.@Nullable Timer progressTimer;

  /** A watcher, and what only its client's side of it concerns. */
  private static final class Watch {
    final Watcher watcher;
    final boolean fragment;
    final boolean progress;
    final Principal principal;

    /** At which revision of users and roles it was allowed last. */
    long allowedAt;

    /** Whether it isn't allowed any more: it hears nothing, and ends with this turn. */
    boolean revoked;

    /** Whether it has heard nothing since the last progress notice was due. */
    boolean quiet;

    Watch(
        Watcher watcher, boolean fragment, boolean progress, Principal principal, long allowedAt) {
      this.watcher = watcher;
      this.fragment = fragment;
      this.progress = progress;
      this.principal = principal;
      this.allowedAt = allowedAt;
    }
  }

  WatchCall(
      WatchService service,
      Replica replica,
      ApiSettings settings,
      Admission admission,
      Messages messages,
      Call call) {
    this.service = service;
    this.replica = replica;
    this.settings = settings;
    this.admission = admission;
    this.messages = messages;
    this.call = call;
    this.stream = replica.watches().open(this);
    this.writer = new WatchWriter(settings.clusterId(), settings.memberId());
  }

  @Override
  public void end(EtcdError why) {
    close();
    call.complete(why.status());
  }

  // ---- what the client says --------------------------------------------------------------------

  @Override
  public void onMessage(Bytes message) {
    if (closed) {
      return;
    }
    WatchRequest request = Messages.read(WatchRequest.parser(), message);
    switch (request.getRequestUnionCase()) {
      case CREATE_REQUEST -> enter(request.getCreateRequest());
      case CANCEL_REQUEST -> cancel(request.getCancelRequest().getWatchId());
      case PROGRESS_REQUEST -> progress();
      case REQUESTUNION_NOT_SET -> {} // as in etcd
    }
  }

  /** The client asks for nothing more, and goes on listening. */
  @Override
  public void onHalfClose() {}

  @Override
  public void onCancel() {
    close();
  }

  @Override
  public void onReady() {
    stream.ready();
  }

  /**
   * Creates a watcher if its client may have it. This member may lag behind what allows it, so that
   * no is said only after a read barrier; what the client says next waits meanwhile.
   */
  private void enter(WatchCreateRequest request) {
    if (refusal(request) == null) {
      create(request);
      return;
    }
    call.pause();
    replica.readBarrier(
        new Barrier() {
          @Override
          public void passed() {
            if (!closed) {
              Status why = refusal(request);
              if (why == null) {
                create(request);
              } else {
                refuse(why);
              }
              call.resume();
            }
          }

          @Override
          public void refused(Refusal why) {
            if (!closed) {
              end(EtcdError.of(why));
            }
          }
        });
  }

  private @Nullable Status refusal(WatchCreateRequest request) {
    try {
      return admission.refusalToWatch(
          admission.principal(call),
          Messages.bytes(request.getKey()),
          Messages.bytes(request.getRangeEnd()));
    } catch (StatusException e) {
      return e.status();
    }
  }

  private void refuse(Status why) {
    admission.refused(call, why);
    refuse(reason(why));
  }

  /** As a Go client would print it: that is how etcd tells it. */
  private static String reason(Status why) {
    StringBuilder code = new StringBuilder();
    for (String word : why.code().name().split("_", -1)) {
      code.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
    }
    return "rpc error: code = " + code + " desc = " + why.message();
  }

  private void create(WatchCreateRequest request) {
    Bytes key = Messages.bytes(request.getKey());
    Bytes rangeEnd = Messages.bytes(request.getRangeEnd());
    if (key.isEmpty()) {
      key = ZERO;
    }
    long id = request.getWatchId();
    if (KeyRange.isEmpty(key, rangeEnd)) {
      refuse(EMPTY_RANGE);
    } else if (request.getStartRevision() < 0) {
      refuse(EtcdError.COMPACTED.status().message());
    } else if (watches.size() >= Limits.WATCHERS_PER_STREAM_MAX) {
      refuse(
          "quorate: a stream has at most "
              + Limits.WATCHERS_PER_STREAM_MAX
              + " watchers; open another stream");
    } else if (id != 0 && watches.containsKey(id)) {
      refuse(DUPLICATE_ID);
    } else {
      if (id == 0) {
        while (watches.containsKey(nextId)) {
          nextId++;
        }
        id = nextId++;
      }
      WatchSpec spec =
          new WatchSpec(
              key,
              rangeEnd,
              !request.getFiltersList().contains(FilterType.NOPUT),
              !request.getFiltersList().contains(FilterType.NODELETE),
              request.getPrevKv());
      send(answer(id).setCreated(true));
      Watcher watcher = stream.watch(id, spec, request.getStartRevision());
      watches.put(
          id,
          new Watch(
              watcher,
              request.getFragment(),
              request.getProgressNotify(),
              admission.principal(call),
              admission.revision()));
      if (request.getProgressNotify() && progressTimer == null) {
        progressTimer = replica.loop().schedule(service.progressNanos(), this::notifyProgress);
      }
    }
  }

  private void refuse(String reason) {
    send(answer(NO_ID).setCreated(true).setCanceled(true).setCancelReason(reason));
  }

  private void cancel(long id) {
    Watch watch = watches.get(id);
    if (watch != null && !watch.revoked) {
      watches.remove(id);
      stream.cancel(watch.watcher);
      send(answer(id).setCanceled(true));
    }
  }

  /** Answered only if it is true of all watchers: as in etcd, the client asks again otherwise. */
  private void progress() {
    if (!watches.isEmpty() && stream.isSynced() && call.isReady()) {
      send(answer(NO_ID));
    }
  }

  // ---- what watchers hear ----------------------------------------------------------------------

  @Override
  public boolean isReady() {
    return call.isReady();
  }

  @Override
  public void events(Watcher watcher, long revision, EventBatch batch) {
    Watch watch = watches.get(watcher.id());
    if (watch == null || !mayHear(watch)) {
      return;
    }
    watch.quiet = false;
    long term = replica.term();
    WatchWriter.Encoded encoded = WatchWriter.Encoded.of(batch, watcher.spec().prevKv());
    int count = encoded.count();
    int first = 0;
    while (first < count) {
      int end = watch.fragment ? fragmentEnd(encoded, first) : count;
      call.send(writer.of(revision, term, watcher.id(), encoded, first, end));
      first = end;
    }
  }

  /**
   * Whether a watcher may still hear what it watches: asked again when users or roles have changed
   * since. If not, it is canceled, and hears nothing of what it was to hear now.
   */
  private boolean mayHear(Watch watch) {
    long revision = admission.revision();
    if (watch.revoked || watch.allowedAt == revision) {
      return !watch.revoked;
    }
    WatchSpec spec = watch.watcher.spec();
    Status why = admission.refusalToWatch(watch.principal, spec.key(), spec.rangeEnd());
    if (why == null) {
      watch.allowedAt = revision;
      return true;
    }
    watch.revoked = true;
    long id = watch.watcher.id();
    admission.refused(call, why);
    send(answer(id).setCanceled(true).setCancelReason(reason(why)));
    // The stream is just telling its watchers: none may end before it has.
    replica
        .loop()
        .execute(() -> {
          if (!closed && watches.remove(id, watch)) {
            stream.cancel(watch.watcher);
          }
        });
    return false;
  }

  /** As many events as one message of a fragmented answer holds, but at least one. */
  private int fragmentEnd(WatchWriter.Encoded encoded, int first) {
    long most = (long) encoded.start(first) + settings.messageBytesMax() - writer.overhead();
    int end = first + 1;
    while (end < encoded.count() && encoded.end(end) <= most) {
      end++;
    }
    return end;
  }

  @Override
  public void compacted(Watcher watcher, long compactedRevision) {
    Watch watch = watches.remove(watcher.id());
    if (watch != null && watch.revoked) {
      return;
    }
    send(
        WatchResponse.newBuilder()
            .setHeader(messages.headerWithoutRevision())
            .setWatchId(watcher.id())
            .setCanceled(true)
            .setCompactRevision(compactedRevision));
  }

  @Override
  public void ended() {
    end(EtcdError.STOPPED);
  }

  private void notifyProgress() {
    progressTimer = null;
    boolean any = false;
    for (Watch watch : watches.values()) {
      if (watch.progress && !watch.revoked) {
        any = true;
        if (watch.quiet && watch.watcher.isSynced() && call.isReady()) {
          send(answer(watch.watcher.id()));
        }
        watch.quiet = true;
      }
    }
    if (any) {
      progressTimer = replica.loop().schedule(service.progressNanos(), this::notifyProgress);
    }
  }

  // ----------------------------------------------------------------------------------------------

  private WatchResponse.Builder answer(long id) {
    return WatchResponse.newBuilder().setHeader(messages.header()).setWatchId(id);
  }

  private void send(WatchResponse.Builder answer) {
    call.send(Messages.bytes(answer.build()));
  }

  private void close() {
    if (!closed) {
      closed = true;
      if (progressTimer != null) {
        progressTimer.cancel();
      }
      stream.close();
      service.closed(this);
    }
  }
}
