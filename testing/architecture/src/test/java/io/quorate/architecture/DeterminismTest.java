package io.quorate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The classes that decide run the same way twice: they touch nothing that {@link Ban} names.
 *
 * <p>Which bans bind a room is told in {@link #BINDS}; a class that must break one is named in
 * {@link #EXEMPTIONS}, with the reason.
 */
class DeterminismTest {
  private static final Set<Ban> ALL = EnumSet.allOf(Ban.class);

  /** Runs in a simulator beside the cores, yet has other threads' hands on it in production. */
  private static final Set<Ban> STORAGE =
      EnumSet.complementOf(EnumSet.of(Ban.SHARING, Ban.MESSAGES));

  /** The same for rooms that log. */
  private static final Set<Ban> SHELL =
      EnumSet.complementOf(EnumSet.of(Ban.SHARING, Ban.MESSAGES, Ban.LOGGING));

  /** Which rooms are deterministic, and by how much. */
  private static final Map<Room, Set<Ban>> BINDS = new LinkedHashMap<>();

  static {
    BINDS.put(Room.BASE, ALL);
    BINDS.put(Room.RAFT, ALL);
    BINDS.put(Room.KV, ALL);
    BINDS.put(Room.MACHINE, ALL);
    BINDS.put(Room.WAL, STORAGE);
    BINDS.put(Room.NODE, SHELL);
    BINDS.put(Room.ETCD, SHELL);
  }

  /** A class, with those nested in it, that may break some bans. */
  private record Exemption(String type, Set<Ban> bans, String reason) {
    boolean covers(Scan.Finding finding) {
      return bans.contains(finding.ban())
          && (finding.type().equals(type) || finding.type().startsWith(type + "$"));
    }
  }

  private static Exemption exempt(String type, String reason, Ban... bans) {
    return new Exemption(type, EnumSet.copyOf(Arrays.asList(bans)), reason);
  }

  private static final List<Exemption> EXEMPTIONS =
      List.of(
          exempt(
              "io.quorate.base.Checks",
              "reads once whether deep checks are on; they change no outcome",
              Ban.SURROUNDINGS),
          exempt(
              "io.quorate.wal.FileDisk",
              "is the disk, behind the interface that a simulator replaces",
              Ban.INPUT_OUTPUT,
              Ban.DIRECTORY_ORDER,
              Ban.REFLECTION));

  @Test
  void classes_that_decide_touch_nothing_that_differs_from_run_to_run() {
    assertThat(findings())
        .filteredOn(finding -> EXEMPTIONS.stream().noneMatch(it -> it.covers(finding)))
        .isEmpty();
  }

  @Test
  void every_exemption_is_needed_and_says_why() {
    List<Scan.Finding> findings = findings();
    for (Exemption exemption : EXEMPTIONS) {
      assertThat(exemption.reason()).isNotBlank();
      assertThat(exemption.bans())
          .as(exemption.type())
          .allMatch(ban ->
              findings.stream().anyMatch(found -> found.ban() == ban && exemption.covers(found)));
    }
  }

  private static List<Scan.Finding> findings() {
    return BINDS.entrySet().stream()
        .flatMap(entry ->
            Scan.of(classFilesOf(entry.getKey())).stream()
                .filter(finding -> entry.getValue().contains(finding.ban())))
        .toList();
  }

  private static List<URI> classFilesOf(Room room) {
    return Repository.shippedClasses().stream()
        .filter(type -> Room.of(type.getName()).filter(it -> it == room).isPresent())
        .flatMap(type -> type.getSource().stream())
        .map(source -> source.getUri())
        .sorted()
        .toList();
  }
}
