package io.quorate.events;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.wire.MalformedMessage;
import io.quorate.base.wire.ProtoReader;
import io.quorate.base.wire.ProtoWriter;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Events of a stream in a file, so that the store needn't hold them any more.
 *
 * <pre>{@code
 * Archive.take(store, "orders/42", 1_000, Path.of("orders-42-to-999.events"));
 * Archive.read(Path.of("orders-42-to-999.events"), event -> print(event));
 * }</pre>
 *
 * <p>A file is a row of Protobuf messages, {@code quorate.events.v1.Archived}, each behind its
 * length in four bytes, the highest first; the last one tells how many there are and the CRC-32C of
 * all bytes before it, so a file that was cut or damaged is noticed. What was encrypted stays so.
 */
public final class Archive {
  private static final int FORMAT = 1;
  private static final int PAGE = 1_000;
  private static final int LENGTH_BYTES = 4;

  /** Far more than a store takes for an append. */
  private static final int MESSAGE_BYTES_MAX = 64 << 20;

  private Archive() {}

  /**
   * Writes what a stream has before a version to a file, and drops it from the store once it is
   * there, synced, read back, and the same as what the stream has. What is appended meanwhile
   * stays. Waits. After a crash it may be called again with the same file: if that is whole, the
   * events in it are only dropped.
   *
   * @param before from this version on events stay
   * @param file which doesn't exist; beside it there is another for a while, of its name and {@code
   *     .part}
   * @return how many events are in the file; 0 if there were none, and then no file either
   * @throws QuorateException.Rejected with {@link ErrorCode#INVALID_REQUEST} if the file exists and
   *     isn't these events
   * @throws QuorateException.Conflict with {@link ErrorCode#STATE_MOVED} if somebody else drops
   *     events of the stream that aren't in the file yet; it may be repeated
   * @throws UncheckedIOException if the file can't be written; nothing was dropped then
   */
  public static long take(EventStore store, String stream, long before, Path file) {
    store.client().requireMayBlock();
    try {
      if (!Files.exists(file) && !write(store, stream, before, file)) {
        return 0;
      }
      Comparison these = new Comparison(store, stream);
      read(file, these::take);
      if (!these.isOf(before)) {
        throw QuorateException.of(
            ErrorCode.INVALID_REQUEST,
            file
                + " exists and has other events: "
                + these.first
                + " to "
                + these.last
                + " of "
                + these.streamOfFile
                + "; name another file");
      }
      store.truncate(stream, these.last + 1);
      return these.count;
    } catch (IOException e) {
      throw new UncheckedIOException("the archive " + file + " can't be written", e);
    }
  }

  // ---- writing ---------------------------------------------------------------------------------

  private static boolean write(EventStore store, String stream, long before, Path file)
      throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    long count = 0;
    long next = 0;
    try (FileChannel channel =
        FileChannel.open(
            part,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      CRC32C crc = new CRC32C();
      append(channel, crc, new ProtoWriter(64).number(1, FORMAT).text(2, stream));
      StreamPage page = store.read(StreamRead.of(stream).limit(PAGE));
      boolean more = true;
      while (more) {
        for (RecordedEvent event : page.events()) {
          if (event.version() < before) {
            if (count > 0 && event.version() != next) {
              throw QuorateException.of(
                  ErrorCode.STATE_MOVED,
                  "somebody else shortens " + stream + " at the same time: repeat it");
            }
            append(channel, crc, archived(event));
            next = event.version() + 1;
            count++;
          }
        }
        more = !page.isEnd() && page.next() < before;
        page = more ? store.read(page.goingOn()) : page;
      }
      long sum = crc.getValue();
      append(channel, crc, new ProtoWriter(32).numberAlways(5, count).numberAlways(6, sum));
      channel.force(true);
    }
    if (count == 0) {
      Files.delete(part);
      return false;
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    Path folder = file.toAbsolutePath().getParent();
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true); // the file's name, too
    }
    return true;
  }

  private static ProtoWriter archived(RecordedEvent event) {
    NewEvent content =
        new NewEvent(event.type(), event.schema(), event.payload(), event.tags(), event.headers());
    Commit commit =
        new Commit(
            event.id().append(),
            event.version(),
            event.id().index(),
            event.timeMillis(),
            event.correlation(),
            event.causation(),
            List.of(content),
            false);
    ProtoWriter out = new ProtoWriter(event.payload().length() + 256);
    return out.number(3, event.position().revision()).bytes(4, commit.encode());
  }

  private static void append(FileChannel channel, CRC32C crc, ProtoWriter message)
      throws IOException {
    Bytes bytes = message.toBytes();
    ByteBuffer buffer = ByteBuffer.allocate(LENGTH_BYTES + bytes.length());
    buffer.putInt(bytes.length());
    bytes.copyTo(buffer);
    buffer.flip();
    crc.update(buffer.duplicate());
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  // ---- comparing -------------------------------------------------------------------------------

  /**
   * Holds a file's events against those that the stream still has: what the file hasn't isn't
   * dropped, and what it has under the same versions are the same events to the last header.
   */
  private static final class Comparison {
    private final EventStore store;
    private final String stream;
    private final Deque<RecordedEvent> present = new ArrayDeque<>();
    private StreamPage page;
    private long first;
    private long last;
    private long count;

    /** How many of them the stream still has. */
    private long shared;

    private String streamOfFile = "";
    private boolean differs;

    Comparison(EventStore store, String stream) {
      this.store = store;
      this.stream = stream;
      page = store.read(StreamRead.of(stream).limit(PAGE));
      present.addAll(page.events());
    }

    void take(RecordedEvent event) {
      first = count == 0 ? event.version() : first;
      streamOfFile = event.stream();
      differs |= !streamOfFile.equals(stream) || (count > 0 && event.version() != last + 1);
      last = event.version();
      count++;
      RecordedEvent there = differs ? null : next();
      if (there != null && there.version() <= last) {
        differs = !there.equals(event);
        present.remove();
        shared++;
      }
    }

    /** The first event of the stream that wasn't compared yet; null if there is none. */
    private @Nullable RecordedEvent next() {
      while (present.isEmpty() && !page.isEnd()) {
        page = store.read(page.goingOn());
        present.addAll(page.events());
      }
      return present.peek();
    }

    /**
     * Whether these are the events to drop, up to what is behind them. What was appended since the
     * file was written is behind them too, and stays; but if all of them were dropped already, it
     * is another file that is wanted.
     */
    boolean isOf(long before) {
      if (differs || last >= before) {
        return false;
      }
      RecordedEvent behind = next();
      return shared > 0 || behind == null || behind.version() >= before;
    }
  }

  // ---- reading ---------------------------------------------------------------------------------

  /**
   * Reads a file's events in their order. Whether it is whole is known only at its end. What the
   * consumer throws is thrown as it is.
   *
   * @throws QuorateException.Rejected with {@link ErrorCode#VALUE_UNREADABLE} if it is no archive,
   *     or was cut or damaged
   * @throws UncheckedIOException if it can't be read
   */
  public static void read(Path file, Consumer<? super RecordedEvent> each) {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      Content content = new Content(file, new DataInputStream(in));
      RecordedEvent event = content.next();
      while (event != null) {
        each.accept(event);
        event = content.next();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the archive " + file + " can't be read", e);
    }
  }

  /** What a file has, message by message. */
  private static final class Content {
    private final Path file;
    private final DataInputStream in;
    private final CRC32C crc = new CRC32C();
    private @Nullable String stream;
    private long count;

    Content(Path file, DataInputStream in) {
      this.file = file;
      this.in = in;
    }

    /** The next event; null at the end, if that agrees with what was read. */
    @Nullable RecordedEvent next() throws IOException {
      try {
        if (stream == null) {
          stream = stream(new ProtoReader(message()));
        }
        long sum = crc.getValue();
        return event(stream, new ProtoReader(message()), sum);
      } catch (EOFException e) {
        throw unreadable("it was cut", e);
      } catch (MalformedMessage | IllegalArgumentException | ArithmeticException e) {
        throw unreadable(String.valueOf(e.getMessage()), e);
      }
    }

    private Bytes message() throws IOException {
      int length = in.readInt();
      if (length < 0 || length > MESSAGE_BYTES_MAX) {
        throw new MalformedMessage("a message of " + length + " bytes");
      }
      byte[] message = in.readNBytes(length);
      if (message.length < length) {
        throw new EOFException();
      }
      crc.update(ByteBuffer.allocate(LENGTH_BYTES).putInt(0, length));
      crc.update(message);
      return Bytes.wrap(message);
    }

    /** Whose events these are. */
    private static String stream(ProtoReader head) {
      long format = 0;
      String stream = "";
      while (head.next()) {
        switch (head.field()) {
          case 1 -> format = head.number();
          case 2 -> stream = head.text();
          default -> {}
        }
      }
      if (format != FORMAT) {
        throw new MalformedMessage("its format is " + format + ", not " + FORMAT);
      }
      return stream;
    }

    private @Nullable RecordedEvent event(String of, ProtoReader message, long sum) {
      long revision = 0;
      @Nullable Bytes commit = null;
      long counted = -1;
      long summed = -1;
      while (message.next()) {
        switch (message.field()) {
          case 3 -> revision = message.number();
          case 4 -> commit = message.bytes();
          case 5 -> counted = message.number();
          case 6 -> summed = message.number();
          default -> {}
        }
      }
      if (commit != null) {
        List<RecordedEvent> events = Commit.decode(commit).recorded(of, revision);
        if (events.size() != 1) {
          throw new MalformedMessage(events.size() + " events where one should be");
        }
        count++;
        return events.get(0);
      }
      if (counted != count || summed != sum || count == 0) {
        throw new MalformedMessage("its end doesn't agree with what is in it: it was damaged");
      }
      return null;
    }

    private QuorateException unreadable(String why, Exception cause) {
      return QuorateException.of(
          ErrorCode.VALUE_UNREADABLE, file + " is no archive of a stream: " + why, cause);
    }
  }
}
