package io.quorate.snapshot;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.ErrorCode;
import io.quorate.base.Hash64;
import io.quorate.base.QuorateException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * The manifest's form, big endian:
 *
 * <pre>
 *   magic "QSNP" 4 · version 2 · zero 2 · chunk bytes 4 · group 8 · index 8 · term 8
 *   configuration's length 4 · configuration
 *   number of files 4 · per file: name's length 1 · name (ASCII) · length 8 · hash of each chunk 8
 *   XXH64 of all before 8
 * </pre>
 *
 * <p>The decoder takes whatever the network brings: nothing is allocated before its length was held
 * against what is there, and anything but a well-formed manifest is {@code Corrupt}.
 */
final class ManifestCodec {
  private static final int MAGIC = 0x51534E50;
  private static final short VERSION = 1;
  private static final int HEADER_BYTES = 4 + 2 + 2 + 4 + 3 * 8 + 4;
  private static final int FILE_BYTES_MIN = 1 + 1 + 8;

  private ManifestCodec() {}

  static Bytes encode(SnapshotManifest manifest) {
    long size = HEADER_BYTES + manifest.configuration().length() + 4L + 8L;
    for (SnapshotManifest.File file : manifest.files()) {
      size += 1L + file.name().length() + 8L + file.hashes().length();
    }
    Checks.that(
        size <= SnapshotManifest.ENCODED_BYTES_MAX, "a manifest of %d bytes is too long", size);
    ByteBuffer out = ByteBuffer.allocate((int) size);
    out.putInt(MAGIC).putShort(VERSION).putShort((short) 0);
    out.putInt(SnapshotManifest.CHUNK_BYTES);
    out.putLong(manifest.group()).putLong(manifest.index()).putLong(manifest.term());
    out.putInt(manifest.configuration().length());
    manifest.configuration().copyTo(out);
    out.putInt(manifest.files().size());
    for (SnapshotManifest.File file : manifest.files()) {
      byte[] name = file.name().getBytes(StandardCharsets.US_ASCII);
      out.put((byte) name.length).put(name).putLong(file.bytes());
      file.hashes().copyTo(out);
    }
    out.putLong(Hash64.of(out.array(), 0, out.position(), 0));
    return Bytes.wrap(out.array());
  }

  static SnapshotManifest decode(Bytes form) {
    int length = form.length();
    expect(length >= HEADER_BYTES + 4 + 8, "it is too short");
    expect(length <= SnapshotManifest.ENCODED_BYTES_MAX, "it is too long");
    ByteBuffer in = form.asByteBuffer();
    expect(in.getInt() == MAGIC, "it begins with something else");
    short version = in.getShort();
    if (version != VERSION) {
      throw QuorateException.of(
          ErrorCode.WRONG_IDENTITY,
          "a snapshot of format " + version + "; this release knows " + VERSION);
    }
    long hash = in.getLong(length - 8);
    expect(
        Hash64.of(form.array(), form.arrayOffset(), length - 8, 0) == hash,
        "its hash says that it is not what was written");
    in.limit(length - 8);
    expect(in.getShort() == 0, "reserved bytes are set");
    expect(in.getInt() == SnapshotManifest.CHUNK_BYTES, "its chunks have another size");
    long group = in.getLong();
    long index = in.getLong();
    long term = in.getLong();
    expect(index >= 0 && term >= 0, "index or term is negative");
    int configurationBytes = in.getInt();
    expect(
        configurationBytes >= 0
            && configurationBytes <= SnapshotManifest.CONFIGURATION_BYTES_MAX
            && configurationBytes <= in.remaining() - 4,
        "its configuration does not fit");
    Bytes configuration = slice(form, in, configurationBytes);
    int count = in.getInt();
    expect(
        count >= 0
            && count <= SnapshotManifest.FILES_MAX
            && count <= in.remaining() / FILE_BYTES_MIN,
        "its files do not fit");
    List<SnapshotManifest.File> files = new ArrayList<>(count);
    TreeSet<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
    for (int i = 0; i < count; i++) {
      SnapshotManifest.File file = file(form, in);
      expect(names.add(file.name()), "two files have one name");
      files.add(file);
    }
    expect(!in.hasRemaining(), "there is something after its files");
    return new SnapshotManifest(group, index, term, configuration, files);
  }

  private static SnapshotManifest.File file(Bytes form, ByteBuffer in) {
    expect(in.remaining() >= FILE_BYTES_MIN, "a file is cut");
    int nameBytes = in.get() & 0xff;
    expect(nameBytes <= in.remaining() - 8, "a file's name is cut");
    String name = new String(slice(form, in, nameBytes).toArray(), StandardCharsets.ISO_8859_1);
    expect(Names.isSafe(name), "a file's name could be a path");
    long bytes = in.getLong();
    long hashes = in.remaining() / Long.BYTES;
    expect(
        bytes >= 0 && bytes <= hashes * SnapshotManifest.CHUNK_BYTES,
        "a file has more chunks than hashes");
    int chunks = SnapshotManifest.File.chunks(bytes);
    return new SnapshotManifest.File(name, bytes, slice(form, in, chunks * Long.BYTES));
  }

  private static Bytes slice(Bytes form, ByteBuffer in, int length) {
    Bytes slice = form.slice(in.position(), in.position() + length);
    in.position(in.position() + length);
    return slice;
  }

  private static void expect(boolean holds, String what) {
    if (!holds) {
      throw QuorateException.of(
          ErrorCode.DATA_DAMAGED, "that is no manifest of a snapshot: " + what);
    }
  }
}
