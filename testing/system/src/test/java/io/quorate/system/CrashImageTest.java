package io.quorate.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.quorate.client.QuorateClient;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A member alone on a real file system that stops in the midst of its writes, as it does when the
 * power goes: what had not reached the device is gone. It begins again with what is left, time
 * after time, and nothing that was acknowledged may be missing. Mounts an image, so root runs it.
 * {@code -Dsystem.full=true} takes two hundred images.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class CrashImageTest {
  private static final int WRITERS = 16;
  private static final long IMAGE_BYTES = 2L << 30;

  @Test
  void nothing_acknowledged_is_lost_when_the_file_system_stops() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting takes root");
    int images = Figures.rounds(200, 5);
    try (ProcessCluster cluster = ProcessCluster.describe(Program.underTest(), 1)) {
      Path image = cluster.folder().resolve("image");
      Path disk = Files.createDirectories(cluster.folder().resolve("disk"));
      try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
        file.setLength(IMAGE_BYTES);
      }
      OsFacts.run("mkfs.ext4", "-q", "-F", image.toString());
      mount(image, disk);
      try {
        crash(cluster, image, disk, images);
      } finally {
        if (cluster.member(0).isAlive()) {
          cluster.member(0).kill();
        }
        OsFacts.run("umount", disk.toString());
      }
    }
  }

  private static void crash(ProcessCluster cluster, Path image, Path disk, int images)
      throws Exception {
    Random random = new Random(1);
    String dataDir = "--data-dir=" + disk.resolve("data");
    var _ = cluster.launch(0, dataDir).awaitLine(ProcessCluster.READY);
    try (Workload load = Workload.over(cluster, WRITERS)) {
      BitSet revisions = new BitSet();
      for (int i = 0; i < images; i++) {
        load.start("image-%03d".formatted(i));
        load.awaitAcknowledged(50 + random.nextInt(1_000));
        FileSystemStop.strike(disk, /* journalFlushed= */ random.nextBoolean());
        cluster.member(0).kill();
        OsFacts.run("umount", disk.toString());
        mount(image, disk);
        var _ = cluster.launch(0, dataDir).awaitLine(ProcessCluster.READY);
        load.awaitAcknowledged(1);
        load.stop();
        try (QuorateClient client = cluster.client(0)) {
          load.check(client, revisions);
        }
        assertThat(load.violations()).as("image %d", i).isEmpty();
      }
      Figures.print(
          "crash images: %d reopened, %d writes acknowledged, nothing lost"
              .formatted(images, load.acknowledged()));
    }
  }

  private static void mount(Path image, Path disk) throws IOException, InterruptedException {
    OsFacts.run("mount", "-o", "loop", image.toString(), disk.toString());
  }
}
