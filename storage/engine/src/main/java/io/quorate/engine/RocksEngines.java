package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.base.RowCursor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * The RocksDB engines of a process under one root directory, and what they share: one block cache,
 * one bound on unflushed rows (charged to that cache), one limit on background I/O, and RocksDB's
 * two background threads.
 *
 * <p>Those threads are RocksDB's own and native: it makes them once in the life of a process, they
 * sleep when no engine is open, and they don't keep a JVM from ending.
 */
public final class RocksEngines implements Engines {
  private static final String CURRENT = "CURRENT";

  /** What RocksDB may have written when a new database gets its CURRENT; its log is never used. */
  private static final Pattern CREATION_LEAVES =
      Pattern.compile("LOCK|IDENTITY|LOG.*|\\d+\\.log|MANIFEST-\\d+|OPTIONS-.*|.*\\.dbtmp");

  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  /** Only the member's user may look into its directories. */
  private static final FileAttribute<?>[] PRIVATE =
      POSIX
          ? new FileAttribute<?>[] {
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
          }
          : new FileAttribute<?>[0];

  private final Path root;
  private final RocksTuning tuning;
  private final List<RocksEngine> opened = new ArrayList<>();
  private boolean closed;

  /**
   * @param root what directories are named relative to; it exists
   * @param settings what the engines may take together
   */
  public RocksEngines(Path root, RocksSettings settings) {
    NativeLibrary.load();
    this.root = root.toAbsolutePath().normalize();
    this.tuning = new RocksTuning(settings);
  }

  @Override
  public Engine create(String directory, EngineOptions options) {
    Path path = path(directory);
    if (holdsEngine(path)) {
      throw QuorateException.of(
          ErrorCode.ENGINE_DAMAGED,
          "there is something in " + path + ", where a new engine should be");
    }
    delete(directory);
    try {
      Files.createDirectories(path, PRIVATE);
    } catch (IOException e) {
      throw failed("create " + path, e);
    }
    Engine engine = opened(RocksFamilies.create(path, tuning, options.orderedPrefix()), options);
    syncAbove(path);
    return engine;
  }

  @Override
  public Engine open(String directory, EngineOptions options) {
    Path path = path(directory);
    expectEngine(path);
    return opened(RocksFamilies.open(path, tuning, options.orderedPrefix()), options);
  }

  @Override
  public RowView read(String directory) {
    Path path = path(directory);
    expectEngine(path);
    return new RocksReader(RocksFamilies.read(path, tuning));
  }

  @Override
  public boolean exists(String directory) {
    return holdsEngine(path(directory));
  }

  @Override
  public void delete(String directory) {
    Path path = path(directory);
    if (!Files.exists(path)) {
      return;
    }
    try {
      Files.walkFileTree(path, new Deletion());
    } catch (IOException e) {
      throw failed("delete " + path, e);
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    Checks.that(opened.isEmpty(), "%d engines are still open", opened.size());
    closed = true;
    tuning.close();
  }

  synchronized void closed(RocksEngine engine) {
    opened.remove(engine);
  }

  /** What {@link Engine#checkpoint} does, for an engine that stays open meanwhile. */
  Checkpoint checkpoint(RocksDB db, Path source, String target) {
    Path path = path(target);
    try (org.rocksdb.Checkpoint files = org.rocksdb.Checkpoint.create(db)) {
      files.createCheckpoint(path.toString());
    } catch (RocksDBException e) {
      throw RocksFailures.of(e, source);
    }
    // What the owner wrote while the files were gathered may be in it or not, so ask the copy.
    long mark;
    try (RowView copy = read(target)) {
      mark = copy.mark();
    }
    List<Checkpoint.File> files = new ArrayList<>();
    try (Stream<Path> paths = Files.list(path)) {
      for (Path file : paths.sorted(Comparator.comparing(Path::toString)).toList()) {
        files.add(new Checkpoint.File(name(file), Files.size(file)));
      }
    } catch (IOException e) {
      throw failed("list " + path, e);
    }
    return new Checkpoint(target, mark, files);
  }

  private synchronized Engine opened(RocksFamilies families, EngineOptions options) {
    Checks.that(!closed, "engines have been closed");
    RocksEngine engine = new RocksEngine(this, families, options, tuning.memtableFilterBytes());
    opened.add(engine);
    return engine;
  }

  private Path path(String directory) {
    Path path = root.resolve(directory).normalize();
    Checks.that(path.startsWith(root) && !path.equals(root), "a directory outside: %s", directory);
    return path;
  }

  private static void expectEngine(Path path) {
    Path current = path.resolve(CURRENT);
    if (!Files.exists(current)) {
      throw QuorateException.of(
          ErrorCode.ENGINE_DAMAGED,
          holdsEngine(path) ? current + " is missing" : "there is no engine in " + path);
    }
  }

  /**
   * Creation ends with the writing of CURRENT, and rows are in tables: where there is neither, none
   * were ever durable.
   */
  private static boolean holdsEngine(Path path) {
    if (!Files.isDirectory(path)) {
      return Files.exists(path);
    }
    try (Stream<Path> content = Files.list(path)) {
      return content.anyMatch(
          file -> name(file).equals(CURRENT) || !CREATION_LEAVES.matcher(name(file)).matches());
    } catch (IOException e) {
      throw failed("list " + path, e);
    }
  }

  /** So that the entries of new directories survive a power cut; RocksDB syncs what is within. */
  private void syncAbove(Path path) {
    for (Path above = path.getParent();
        above != null && above.startsWith(root);
        above = above.getParent()) {
      syncDirectory(above);
    }
  }

  private static void syncDirectory(Path directory) {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      if (POSIX) {
        throw failed("sync " + directory, e);
      }
      // Elsewhere directories can't be opened, and need not be.
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }

  private static QuorateException failed(String what, IOException cause) {
    return QuorateException.of(
        ErrorCode.ENGINE_FAILED, "could not " + what + ": " + cause.getMessage(), cause);
  }

  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.delete(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw failure;
      }
      Files.delete(directory);
      return FileVisitResult.CONTINUE;
    }
  }

  /** A view of a database that is open for it alone. */
  private static final class RocksReader extends OpenResources.Resource implements RowView {
    private final RocksFamilies families;
    private final OpenResources views = new OpenResources();
    private final RocksView view;

    RocksReader(RocksFamilies families) {
      this.families = families;
      long mark;
      try (ReadOptions reading = new ReadOptions()) {
        mark = RocksEngine.markIn(families, reading);
      }
      this.view = new RocksView(families, views, mark);
    }

    @Override
    public long mark() {
      return view.mark();
    }

    @Override
    public byte @Nullable [] get(byte[] row) {
      return view.get(row);
    }

    @Override
    public RowCursor scan(byte[] from, byte @Nullable [] to) {
      return view.scan(from, to);
    }

    @Override
    public void close() {
      end();
    }

    @Override
    synchronized void end() {
      view.close();
      families.close();
    }
  }
}
