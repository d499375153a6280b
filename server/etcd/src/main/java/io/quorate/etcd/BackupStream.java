package io.quorate.etcd;

import com.google.protobuf.UnsafeByteOperations;
import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.base.QuorateException;
import io.quorate.grpc.Call;
import io.quorate.grpc.CallListener;
import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.node.Loop;
import io.quorate.node.Replica;
import io.quorate.protocol.etcdserverpb.SnapshotResponse;
import io.quorate.snapshot.BackupHeader;
import io.quorate.snapshot.BackupLength;
import io.quorate.snapshot.BackupWriter;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends one backup: of a view of the state, in parts that a reader's thread writes and the loop
 * sends on. At most one part is in memory, the next is written when the client has taken this one,
 * and never faster than {@link Limits#BACKUP_BYTES_PER_SECOND}. A client that makes no room for
 * more of it in {@link Limits#BACKUP_STALL_NANOS} gets no more: the view keeps all files that it
 * needs.
 *
 * <p>Each message says how much is left, as etcd's does, so the rows are gone over twice: first for
 * their length.
 *
 * <p>Used on the replica's loop, but for what is handed to readers, one task at a time.
 */
final class BackupStream implements CallListener {
  /** A message of the stream holds as much; etcd's do, too. */
  private static final int BLOB_BYTES = 32 * 1024;

  /** What a reader goes over in one task, so that others have their turn. */
  private static final long STEP_BYTES = 8L << 20;

  private final Call call;
  private final Replica.View view;
  private final Executor readers;
  private final Loop loop;
  private final Runnable ended;
  private final BackupLength length;
  private final BackupWriter writer;

  private Bytes part = Bytes.EMPTY;
  private long remaining;
  private long sent;
  private long startedAt;

  /** Whether a reader or a timer has the next step. */
  private boolean working;

  private boolean done;

  /** Runs out while the client makes no room. */
  private Loop.@Nullable Timer stall;

  private BackupStream(
      Call call,
      Replica replica,
      Replica.View view,
      BackupLength length,
      BackupWriter writer,
      Runnable ended) {
    this.call = call;
    this.view = view;
    this.readers = replica.readers();
    this.loop = replica.loop();
    this.ended = ended;
    this.length = length;
    this.writer = writer;
  }

  /**
   * A stream that is about to {@link #begin}, of the state as it is now. If this fails, nothing is
   * held.
   *
   * @param ended runs on the loop when the stream has ended, however it did
   */
  static BackupStream open(
      Call call, Replica replica, BackupHeader header, byte[] fromRow, Runnable ended) {
    Replica.View view = replica.view();
    BackupLength length = null;
    try {
      length = new BackupLength(header, view.rows().scan(fromRow, null));
      BackupWriter writer = new BackupWriter(header, view.rows().scan(fromRow, null));
      return new BackupStream(call, replica, view, length, writer, ended);
    } catch (RuntimeException | Error e) {
      if (length != null) {
        length.close();
      }
      view.close();
      throw e;
    }
  }

  /** Sends it; the stream ends from here on, once. */
  void begin() {
    call.listen(this);
    measure();
  }

  @Override
  public void onReady() {
    if (!working && !done) {
      endStall();
      send();
    }
  }

  @Override
  public void onCancel() {
    if (!working) {
      end();
    }
  }

  private void measure() {
    onReader(
        () -> length.step(STEP_BYTES),
        all -> {
          if (all) {
            remaining = length.bytes();
            startedAt = loop.now();
            send();
          } else {
            measure();
          }
        });
  }

  /** Sends what the client has room for of the part at hand, and has the next one written. */
  private void send() {
    while (call.isOpen()) {
      if (part.isEmpty()) {
        pause();
        return;
      }
      if (!call.isReady()) {
        awaitRoom();
        return;
      }
      int size = Math.min(BLOB_BYTES, part.length());
      if (remaining > BackupWriter.HASH_BYTES) { // the hash comes by itself, as etcd's does
        size = (int) Math.min(size, remaining - BackupWriter.HASH_BYTES);
      }
      Bytes blob = part.slice(0, size);
      part = part.slice(size, part.length());
      remaining -= size;
      sent += size;
      call.send(
          Messages.bytes(
              SnapshotResponse.newBuilder()
                  .setRemainingBytes(Math.max(0, remaining - BackupWriter.HASH_BYTES))
                  .setBlob(
                      UnsafeByteOperations.unsafeWrap(
                          blob.array(), blob.arrayOffset(), blob.length()))
                  .setVersion(ApiVersion.STORAGE)
                  .build()));
    }
    end();
  }

  private void awaitRoom() {
    if (stall == null) {
      stall =
          loop.schedule(
              Limits.BACKUP_STALL_NANOS,
              () ->
                  fail(
                      Status.of(
                          StatusCode.RESOURCE_EXHAUSTED,
                          "the backup was given up: in %d s its client has made no room for more"
                              .formatted(Limits.BACKUP_STALL_NANOS / 1_000_000_000))));
    }
  }

  private void endStall() {
    if (stall != null) {
      stall.cancel();
      stall = null;
    }
  }

  /** The next part, when its time has come. */
  private void pause() {
    long due = startedAt + sent / (Limits.BACKUP_BYTES_PER_SECOND / 1_000_000) * 1_000;
    long wait = due - loop.now();
    if (wait <= 0) {
      write();
    } else {
      working = true;
      loop.schedule(wait, this::write);
    }
  }

  private void write() {
    onReader(
        () -> {
          Bytes next = writer.next();
          return next == null ? Bytes.EMPTY : next;
        },
        next -> {
          if (next.isEmpty()) {
            end();
            call.complete(Status.OK);
          } else {
            part = next;
            send();
          }
        });
  }

  private <T> void onReader(Supplier<T> work, Consumer<T> then) {
    working = true;
    try {
      readers.execute(() -> {
        try {
          T result = work.get();
          loop.execute(() -> back(() -> then.accept(result)));
        } catch (QuorateException.Corrupt e) {
          loop.execute(() -> back(() -> fail(EtcdError.CORRUPT.status())));
        } catch (RuntimeException | Error e) {
          loop.execute(() ->
              back(() -> fail(Status.of(StatusCode.UNAVAILABLE, "the backup broke off: " + e))));
        }
      });
    } catch (RejectedExecutionException e) {
      loop.schedule(Limits.CALL_SWEEP_NANOS, () -> back(() -> onReader(work, then)));
    }
  }

  private void back(Runnable then) {
    working = false;
    if (call.isOpen()) {
      then.run();
    } else {
      end();
    }
  }

  private void fail(Status status) {
    end();
    call.complete(status);
  }

  private void end() {
    if (!done) {
      done = true;
      endStall();
      length.close();
      writer.close();
      view.close();
      ended.run();
    }
  }
}
