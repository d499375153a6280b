package io.quorate.engine;

import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/**
 * An open database, and which of its column families a row lies in.
 *
 * <p>There are one or two: the default family, and the <i>ordered</i> one for the rows of one
 * prefix, whose name tells that prefix ({@code ordered-52}). So a directory says itself how it is
 * to be read, whatever is asked for: also one that was made before there were families, a received
 * copy from such a member, and one that is only looked at.
 */
final class RocksFamilies implements AutoCloseable {
  private static final Pattern ORDERED_NAME = Pattern.compile("ordered-([0-9a-f]{2})");

  private final RocksDB db;
  private final Path directory;
  private final RocksTuning.Choice options;
  private final ColumnFamilyHandle main;
  private final @Nullable ColumnFamilyHandle ordered;
  private final int orderedPrefix;

  /** First row that may be in the ordered family, and first that comes after all of it. */
  private final byte[] orderedFrom;

  private final byte @Nullable [] orderedTo;

  /** A stretch of rows that lie in one family, up to, not including, an end (null: to the last). */
  static final class Span {
    final ColumnFamilyHandle family;
    final byte[] from;
    final byte @Nullable [] to;

    private Span(ColumnFamilyHandle family, byte[] from, byte @Nullable [] to) {
      this.family = family;
      this.from = from;
      this.to = to;
    }
  }

  private RocksFamilies(
      RocksDB db,
      Path directory,
      RocksTuning.Choice options,
      List<ColumnFamilyHandle> handles,
      int orderedPrefix) {
    this.db = db;
    this.directory = directory;
    this.options = options;
    this.main = handles.get(0);
    this.ordered = handles.size() > 1 ? handles.get(1) : null;
    this.orderedPrefix = orderedPrefix;
    this.orderedFrom = new byte[] {(byte) orderedPrefix};
    this.orderedTo = orderedPrefix == 0xff ? null : new byte[] {(byte) (orderedPrefix + 1)};
  }

  /** A new database. A crash in the middle may leave one without its ordered family. */
  static RocksFamilies create(Path directory, RocksTuning tuning, int orderedPrefix) {
    RocksTuning.Choice options = tuning.forWriting();
    options
        .database()
        .setCreateIfMissing(true)
        .setErrorIfExists(true)
        .setCreateMissingColumnFamilies(true);
    return opened(directory, options, orderedPrefix, RocksDB::open);
  }

  /**
   * A database that is there.
   *
   * @param orderedPrefix whose rows get a family of their own if there is no row at all yet
   */
  static RocksFamilies open(Path directory, RocksTuning tuning, int orderedPrefix) {
    int found = orderedPrefixIn(directory);
    RocksFamilies families = opened(directory, tuning.forWriting(), found, RocksDB::open);
    if (found != EngineOptions.NONE || orderedPrefix == EngineOptions.NONE) {
      return families;
    }
    try {
      return families.isEmpty() ? families.withOrdered(orderedPrefix) : families;
    } catch (RocksDBException e) {
      families.close();
      throw RocksFailures.atOpening(e, directory);
    }
  }

  /** A database that is not changed. */
  static RocksFamilies read(Path directory, RocksTuning tuning) {
    return opened(
        directory, tuning.forReading(), orderedPrefixIn(directory), RocksDB::openReadOnly);
  }

  RocksDB db() {
    return db;
  }

  Path directory() {
    return directory;
  }

  /** The family of all rows without one of their own. */
  ColumnFamilyHandle main() {
    return main;
  }

  /** The family of the rows that begin with {@link #orderedPrefix}, if there is one. */
  @Nullable ColumnFamilyHandle ordered() {
    return ordered;
  }

  /** First byte of the rows in the ordered family, or {@link EngineOptions#NONE}. */
  int orderedPrefix() {
    return orderedPrefix;
  }

  /** The family that a row lies in. */
  ColumnFamilyHandle of(byte[] row) {
    ColumnFamilyHandle own = ordered;
    return own != null && (row[0] & 0xff) == orderedPrefix ? own : main;
  }

  /** The rows from one up to, not including, another (null: to the last), in order. */
  List<Span> spans(byte[] from, byte @Nullable [] to) {
    ColumnFamilyHandle own = ordered;
    List<Span> spans = new ArrayList<>(1);
    if (own == null) {
      addSpan(spans, main, from, to);
      return spans;
    }
    addSpan(spans, main, from, earlier(to, orderedFrom));
    addSpan(spans, own, later(from, orderedFrom), earlier(to, orderedTo));
    if (orderedTo != null) {
      addSpan(spans, main, later(from, orderedTo), to);
    }
    return spans;
  }

  List<ColumnFamilyHandle> all() {
    ColumnFamilyHandle own = ordered;
    return own == null ? List.of(main) : List.of(main, own);
  }

  /** How batches for this database are built. */
  WriteBatchCodec codec() {
    ColumnFamilyHandle own = ordered;
    return new WriteBatchCodec(orderedPrefix, own == null ? 0 : own.getID());
  }

  /** The handles before the database, the options after it. */
  @Override
  public void close() {
    all().forEach(ColumnFamilyHandle::close);
    db.close();
    options.close();
  }

  private boolean isEmpty() throws RocksDBException {
    try (RocksIterator rows = db.newIterator(main)) {
      rows.seekToFirst();
      rows.status();
      return !rows.isValid();
    }
  }

  /** Makes up for what a crash between the two steps of a creation left out. */
  private RocksFamilies withOrdered(int prefix) throws RocksDBException {
    ColumnFamilyHandle added =
        db.createColumnFamily(new ColumnFamilyDescriptor(name(prefix), options.ordered()));
    return new RocksFamilies(db, directory, options, List.of(main, added), prefix);
  }

  /** One of RocksDB's ways to open a database. */
  private interface Opening {
    RocksDB open(
        DBOptions options,
        String path,
        List<ColumnFamilyDescriptor> families,
        List<ColumnFamilyHandle> handles)
        throws RocksDBException;
  }

  private static RocksFamilies opened(
      Path directory, RocksTuning.Choice options, int orderedPrefix, Opening how) {
    List<ColumnFamilyDescriptor> families = new ArrayList<>();
    families.add(new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, options.main()));
    if (orderedPrefix != EngineOptions.NONE) {
      families.add(new ColumnFamilyDescriptor(name(orderedPrefix), options.ordered()));
    }
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    try {
      RocksDB db = how.open(options.database(), directory.toString(), families, handles);
      return new RocksFamilies(db, directory, options, handles, orderedPrefix);
    } catch (RocksDBException e) {
      options.close();
      throw RocksFailures.atOpening(e, directory);
    }
  }

  /** What the directory says, read from its manifest. */
  private static int orderedPrefixIn(Path directory) {
    int prefix = EngineOptions.NONE;
    try (Options options = new Options()) {
      for (byte[] bytes : RocksDB.listColumnFamilies(options, directory.toString())) {
        String name = new String(bytes, StandardCharsets.UTF_8);
        Matcher ordered = ORDERED_NAME.matcher(name);
        if (ordered.matches() && prefix == EngineOptions.NONE) {
          prefix = HexFormat.fromHexDigits(ordered.group(1));
        } else if (!name.equals("default")) {
          throw QuorateException.of(
              ErrorCode.ENGINE_DAMAGED,
              "the engine in " + directory + " has a column family that is not known: " + name);
        }
      }
    } catch (RocksDBException e) {
      throw RocksFailures.atOpening(e, directory);
    }
    return prefix;
  }

  private static void addSpan(
      List<Span> spans, ColumnFamilyHandle family, byte[] from, byte @Nullable [] to) {
    if (to == null || Arrays.compareUnsigned(from, to) < 0) {
      spans.add(new Span(family, from, to));
    }
  }

  private static byte[] later(byte[] a, byte[] b) {
    return Arrays.compareUnsigned(a, b) < 0 ? b : a;
  }

  private static byte @Nullable [] earlier(byte @Nullable [] a, byte @Nullable [] b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return Arrays.compareUnsigned(a, b) < 0 ? a : b;
  }

  private static byte[] name(int prefix) {
    return ("ordered-" + HexFormat.of().toHexDigits((byte) prefix))
        .getBytes(StandardCharsets.UTF_8);
  }
}
