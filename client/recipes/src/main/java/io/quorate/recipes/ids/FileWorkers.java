package io.quorate.recipes.ids;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * One worker, whose reserved time is kept in a file.
 *
 * <pre>
 * quorate-ids 1 UNTIL CHECKSUM
 * </pre>
 *
 * <p>There are two such lines, each in a block of its own, and they are written in turn, so that a
 * write that a crash cuts short leaves the other. The later one counts. Its first number is the
 * last reserved millisecond since 1970, the second the CRC-32 of what stands before it. Both are
 * there, and synced, before the first id is made; so a file that is shorter issued nothing.
 *
 * <p>Thread-safe.
 */
final class FileWorkers implements Workers {
  private static final int BLOCK = 4_096;
  private static final String NAME = "quorate-ids 1";
  private static final int LINE_BYTES = NAME.length() + 32;
  private static final long NOTHING = Long.MIN_VALUE;

  /** As what ids are made in this process: another file doesn't make them differ. */
  private static final Set<Identity> IN_USE = ConcurrentHashMap.newKeySet();

  /** What ids without a cluster differ by. */
  private record Identity(SnowflakeLayout layout, int datacenter, int worker) {}

  private final Identity identity;
  private final Path file;
  private final FileChannel channel;
  private final long epochMillis;

  // Guarded by this.
  private long until;
  private int nextBlock;
  private boolean claimed;
  private boolean closed;

  private FileWorkers(Identity identity, Path file, FileChannel channel) throws IOException {
    this.identity = identity;
    this.file = file;
    this.channel = channel;
    epochMillis = identity.layout().epoch().toEpochMilli();
    until = read();
  }

  static FileWorkers open(
      SnowflakeLayout layout, int datacenter, int worker, int stripes, Path file) {
    if (datacenter < 0 || datacenter >= layout.datacenters()) {
      throw new IllegalArgumentException(
          "datacenter=" + datacenter + " is not 0 to " + (layout.datacenters() - 1));
    }
    if (worker < 0 || worker >= layout.workers()) {
      throw new IllegalArgumentException(
          "worker=" + worker + " is not 0 to " + (layout.workers() - 1));
    }
    if (stripes != 1) {
      throw new IllegalArgumentException("stripes=" + stripes + " need as many workers and files");
    }
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (channel.tryLock() == null) { // it goes with the channel
        throw QuorateException.of(
            ErrorCode.DIRECTORY_IN_USE, file + " is in use: another process makes ids from it");
      }
      FileWorkers opened = new FileWorkers(new Identity(layout, datacenter, worker), file, channel);
      opened.register();
      return opened;
    } catch (OverlappingFileLockException e) {
      close(channel);
      throw QuorateException.of(
          ErrorCode.DIRECTORY_IN_USE, file + " is in use: another generator here has it open", e);
    } catch (IOException e) {
      close(channel);
      throw QuorateException.of(
          ErrorCode.FILE_FAILED, file + " can't be opened or read: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      close(channel);
      throw e;
    }
  }

  private void register() {
    if (!IN_USE.add(identity)) {
      throw QuorateException.of(
          ErrorCode.WORKERS_EXHAUSTED,
          "worker "
              + identity.datacenter()
              + "-"
              + identity.worker()
              + " has a generator in this process already, with another file than "
              + file
              + ": share that generator, or take another worker");
    }
  }

  /** The last reserved millisecond since 1970, by what the file says. */
  private long read() throws IOException {
    long first = line(0);
    long second = line(1);
    if (first == NOTHING && second == NOTHING && !isUnfinished()) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED,
          file
              + " is damaged, or is no file of ids: what was issued isn't known. Delete it only if"
              + " the clock has been right all the time");
    }
    nextBlock = first == NOTHING || first < second ? 0 : 1;
    return Math.max(first, second);
  }

  /** Whether a crash came before both lines were there, so that no id was made. */
  private boolean isUnfinished() throws IOException {
    if (channel.size() >= BLOCK + LINE_BYTES) {
      return false;
    }
    byte[] name = NAME.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer head = ByteBuffer.allocate(name.length);
    int length = Math.max(0, channel.read(head, 0));
    for (int i = 0; i < length; i++) {
      byte there = head.get(i);
      if (there != 0 && there != name[i]) {
        return false; // somebody else's
      }
    }
    return true;
  }

  private long line(int block) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(LINE_BYTES);
    long at = (long) block * BLOCK;
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, at + bytes.position());
      if (read < 0) {
        return NOTHING;
      }
    }
    String line = new String(bytes.array(), StandardCharsets.US_ASCII).strip();
    int end = line.lastIndexOf(' ');
    if (!line.startsWith(NAME + " ") || end <= NAME.length()) {
      return NOTHING;
    }
    try {
      long checksum = Long.parseLong(line.substring(end + 1), 16);
      return checksum == checksum(line.substring(0, end))
          ? Long.parseLong(line.substring(NAME.length() + 1, end))
          : NOTHING;
    } catch (NumberFormatException e) {
      return NOTHING;
    }
  }

  private static long checksum(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.US_ASCII));
    return crc.getValue();
  }

  private void write(long millis) throws IOException {
    String text = NAME + " " + millis;
    String line = "%s %08x".formatted(text, checksum(text));
    ByteBuffer bytes = ByteBuffer.allocate(LINE_BYTES);
    bytes.put(line.getBytes(StandardCharsets.US_ASCII));
    while (bytes.position() < LINE_BYTES - 1) {
      bytes.put((byte) ' ');
    }
    bytes.put((byte) '\n').flip();
    long at = (long) nextBlock * BLOCK;
    boolean grows = channel.size() < at + LINE_BYTES;
    while (bytes.hasRemaining()) {
      int written = channel.write(bytes, at + bytes.position());
      if (written < 0) {
        throw new IOException("nothing is written");
      }
    }
    channel.force(grows);
    if (grows) {
      syncFolder();
    }
    nextBlock = 1 - nextBlock;
    until = millis;
  }

  /** The file's name must last as well. Where folders can't be opened, the system sees to that. */
  private void syncFolder() throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null && java.io.File.separatorChar == '/') {
      try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
        names.force(true);
      }
    }
  }

  @Override
  public synchronized CompletableFuture<Claim> claim(long after) {
    if (claimed) {
      return CompletableFuture.failedFuture(
          QuorateException.of(ErrorCode.STATE_MOVED, file + " has a generator already"));
    }
    try {
      if (until == NOTHING) {
        write(epochMillis - 1);
        write(epochMillis - 1);
      }
    } catch (IOException e) {
      return CompletableFuture.failedFuture(unwritable(e));
    }
    claimed = true;
    long from = Math.max(0, until + 1 - epochMillis);
    return CompletableFuture.completedFuture(
        new Claim(identity.datacenter(), identity.worker(), new InFile(from)));
  }

  private QuorateException unwritable(IOException why) {
    return QuorateException.of(
        ErrorCode.FILE_FAILED, file + " can't be written: " + why.getMessage(), why);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      IN_USE.remove(identity);
    }
    close(channel);
  }

  private static void close(@Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // It was synced whenever it mattered.
      }
    }
  }

  private final class InFile implements Reservation {
    private final long from;

    InFile(long from) {
      this.from = from;
    }

    @Override
    public long from() {
      return from;
    }

    @Override
    public CompletableFuture<Long> extend(long wanted) {
      synchronized (FileWorkers.this) {
        long millis = Math.max(until, wanted + epochMillis);
        try {
          write(millis);
          return CompletableFuture.completedFuture(millis - epochMillis);
        } catch (IOException e) {
          return CompletableFuture.failedFuture(unwritable(e));
        }
      }
    }

    @Override
    public void release(long lastIssued) {
      synchronized (FileWorkers.this) {
        try {
          write(lastIssued + epochMillis);
          write(lastIssued + epochMillis); // in both places: the later counts
        } catch (IOException e) {
          // What was reserved stays so; the next generator begins a window later.
        }
      }
    }
  }
}
