package io.quorate.grpc;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** The one compression that we speak. Never makes more of a message than it is allowed to. */
final class Gzip {
  private static final int CHUNK_BYTES = 8 * 1024;

  private Gzip() {}

  /**
   * Decompresses, but never to more than {@code max} bytes.
   *
   * @return null if it would be more
   * @throws IOException if it isn't gzip, or is cut short
   */
  static byte @Nullable [] decompress(byte[] data, int offset, int length, int max)
      throws IOException {
    byte[] out = new byte[Math.min(max, Math.max(CHUNK_BYTES, Math.min(4 * length, 1 << 20)))];
    int size = 0;
    try (GZIPInputStream in =
        new GZIPInputStream(new ByteArrayInputStream(data, offset, length), CHUNK_BYTES)) {
      while (true) {
        if (size == out.length) {
          if (size == max) {
            return in.read() < 0 ? out : null;
          }
          out = Arrays.copyOf(out, (int) Math.min(max, 2L * Math.max(1, size)));
        }
        int read = in.read(out, size, out.length - size);
        if (read < 0) {
          return size == out.length ? out : Arrays.copyOf(out, size);
        }
        size += read;
      }
    }
  }

  /** Compresses a part of an array. */
  static byte[] compress(byte[] data, int offset, int length) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(length / 2 + 64);
    try (GZIPOutputStream gzip = new GZIPOutputStream(out, CHUNK_BYTES)) {
      gzip.write(data, offset, length);
    } catch (IOException e) {
      throw new UncheckedIOException("in memory", e);
    }
    return out.toByteArray();
  }
}
