package io.quorate.cli;

import io.quorate.base.QuorateException;
import io.quorate.client.SnapshotPart;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code snapshot save}: a member's whole state into a file. */
@Command(
    name = "save",
    description = {
      "Stores an etcd node backend snapshot to a given file",
      "It is written beside the file first, checked, and only then given its name."
    },
    footer = {
      "",
      "Examples:",
      "  quorate snapshot save backup.db",
      "  quorate --endpoints 10.0.0.1:2379 snapshot save backup.db"
    })
final class SnapshotSaveCommand implements Callable<Integer> {
  private static final int SUM_BYTES = 32;
  private static final int BLOCK_BYTES = 512;

  private final Session session;

  @Parameters(arity = "0..*", paramLabel = "FILE", description = "where to")
  List<String> args = new ArrayList<>();

  SnapshotSaveCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    if (args.size() != 1) {
      throw new UsageError("snapshot save expects one argument");
    }
    List<String> endpoints = session.globals().endpointList();
    if (endpoints.size() != 1) {
      throw new UsageError(
          "snapshot must be requested to one selected node, not multiple ["
              + String.join(" ", endpoints)
              + "]");
    }
    Path file = Path.of(Session.text(args.get(0)));
    Path part = Path.of(file + ".part");
    try {
      try {
        save(part);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        syncFolderOf(file);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      throw new Failure(ExitCodes.IO, "the snapshot can't be written: " + e);
    }
    session.out().print("Snapshot saved at " + file + "\n");
    return ExitCodes.OK;
  }

  private void save(Path part) throws IOException {
    try (FileChannel file =
        FileChannel.open(
            part,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      Sum sum = new Sum();
      try {
        session
            .client()
            .maintenance()
            .snapshot(p -> take(p, file, sum), session.listeners())
            .join();
      } catch (CompletionException e) {
        switch (e.getCause()) {
          case QuorateException known -> throw known;
          case UncheckedIOException io -> throw io.getCause();
          case null, default -> throw e;
        }
      }
      sum.check();
      file.force(true);
    }
  }

  private static void take(SnapshotPart part, FileChannel file, Sum sum) {
    ByteBuffer bytes = part.blob().asByteBuffer();
    sum.add(part.blob().toArray());
    try {
      while (bytes.hasRemaining()) {
        file.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void syncFolderOf(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /** The last 32 bytes are the SHA-256 of all before them, which come in whole blocks. */
  private static final class Sum {
    private final MessageDigest digest;
    private byte[] tail = new byte[0];
    private long bytes;

    Sum() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e); // every JDK has it
      }
    }

    void add(byte[] piece) {
      bytes += piece.length;
      byte[] all = Arrays.copyOf(tail, tail.length + piece.length);
      System.arraycopy(piece, 0, all, tail.length, piece.length);
      int sure = Math.max(0, all.length - SUM_BYTES);
      digest.update(all, 0, sure);
      tail = Arrays.copyOfRange(all, sure, all.length);
    }

    void check() {
      if (bytes % BLOCK_BYTES != SUM_BYTES) {
        throw new Failure(
            ExitCodes.FAILED,
            "sha256 checksum not found [bytes: " + bytes + "]: the snapshot is not whole");
      }
      if (!Arrays.equals(digest.digest(), tail)) {
        throw new Failure(
            ExitCodes.FAILED, "the snapshot was damaged on its way: its checksum is another");
      }
    }
  }
}
