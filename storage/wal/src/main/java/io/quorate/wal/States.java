package io.quorate.wal;

import io.quorate.base.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** The payloads of state and mark records. Decoding bounds everything before it believes it. */
final class States {
  private static final int FIXED = 6 * 8 + 4 + 2 * 8 + 2 * 4;

  /** Term and vote of a hole, behind all else; reserved even where there is none. */
  private static final int OF_HOLE = 2 * 8;

  private static final int HOLE = 1;
  private static final int OPEN = 2;
  private static final int HARD_STATE = 4;

  private States() {}

  /** What a group's state takes in a batch. */
  static int recordBytes(int blob, int configuration) {
    return Format.recordBytes(FIXED + blob + configuration + OF_HOLE);
  }

  static Bytes encode(GroupState group) {
    Hole hole = group.hole();
    int ofHole = hole == null ? 0 : OF_HOLE;
    byte[] bytes =
        new byte[FIXED + group.blob().length() + group.configuration().length() + ofHole];
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(group.term()).putLong(group.vote());
    out.putLong(group.baseIndex()).putLong(group.baseTerm()).putLong(group.baseHash());
    out.putLong(group.generation());
    if (hole == null) {
      out.putInt(0).putLong(0).putLong(0);
    } else {
      out.putInt(HOLE | (hole.open() ? OPEN : 0) | (hole.hardState() ? HARD_STATE : 0));
      out.putLong(hole.from()).putLong(hole.to());
    }
    out.putInt(group.blob().length());
    group.blob().copyTo(out);
    out.putInt(group.configuration().length());
    group.configuration().copyTo(out);
    if (hole != null) {
      out.putLong(hole.term()).putLong(hole.vote());
    }
    return Bytes.wrap(bytes);
  }

  /** A state as it was written; null if the bytes are no state. */
  static @Nullable GroupState decode(
      long group, long lastIndex, long lastTerm, long lastHash, ByteBuffer in, int at, int length) {
    if (length < FIXED) {
      return null;
    }
    long baseIndex = in.getLong(at + 16);
    int flags = in.getInt(at + 48);
    int ofHole = (flags & HOLE) == 0 ? 0 : OF_HOLE;
    int blobBytes = in.getInt(at + 68);
    if (baseIndex < 0
        || lastIndex < baseIndex
        || lastIndex - baseIndex > Integer.MAX_VALUE / 16
        || blobBytes < 0
        || ofHole > length - FIXED
        || blobBytes > length - FIXED - ofHole) {
      return null;
    }
    int configurationAt = at + 72 + blobBytes;
    int configurationBytes = in.getInt(configurationAt);
    if (configurationBytes != length - FIXED - ofHole - blobBytes) {
      return null;
    }
    Hole hole =
        (flags & HOLE) == 0
            ? null
            : new Hole(
                in.getLong(at + 52),
                in.getLong(at + 60),
                (flags & OPEN) != 0,
                (flags & HARD_STATE) != 0,
                in.getLong(at + length - 16),
                in.getLong(at + length - 8));
    return new GroupState(
        group,
        in.getLong(at),
        in.getLong(at + 8),
        bytes(in, at + 72, blobBytes),
        bytes(in, configurationAt + 4, configurationBytes),
        baseIndex,
        in.getLong(at + 24),
        in.getLong(at + 32),
        in.getLong(at + 40),
        lastIndex,
        lastTerm,
        lastHash,
        hole);
  }

  /** A mark's payload: the generation, then the configuration. */
  static Bytes encodeMark(long generation, Bytes configuration) {
    byte[] bytes = new byte[8 + configuration.length()];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(generation);
    configuration.copyTo(bytes, 8);
    return Bytes.wrap(bytes);
  }

  static long generation(Bytes mark) {
    return ByteBuffer.wrap(mark.array(), mark.arrayOffset(), 8)
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong();
  }

  static Bytes configuration(Bytes mark) {
    return mark.slice(8, mark.length());
  }

  static Bytes bytes(ByteBuffer in, int at, int length) {
    byte[] bytes = new byte[length];
    in.get(at, bytes);
    return Bytes.wrap(bytes);
  }
}
