package io.quorate.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Classes import what {@link Room} allows, and nothing else. */
class ImportRulesTest {
  /** Shows that the table names every module that ships, so that none escapes the rules. */
  @Test
  void every_shipped_class_belongs_to_a_room() {
    assertThat(Repository.shippedClasses())
        .as("classes outside every room of the table")
        .filteredOn(type -> Room.of(type.getName()).isEmpty())
        .isEmpty();
  }

  /** Shows that a package never spreads over two modules. */
  @Test
  void every_source_file_lies_in_the_module_of_its_room() {
    assertThat(Repository.javaFiles("main"))
        .filteredOn(file -> !isWhereItBelongs(Repository.root().relativize(file)))
        .isEmpty();
  }

  /** Shows that the rooms of the table are modules, and each says what it may not. */
  @Test
  void every_room_is_a_folder_with_a_pom() {
    for (Room room : Room.values()) {
      assertThat(Repository.root().resolve(room.folder()).resolve("pom.xml")).exists();
    }
  }

  @Test
  void rooms_import_only_what_the_table_allows() {
    TreeSet<String> offences = new TreeSet<>();
    for (JavaClass type : Repository.shippedClasses()) {
      Room.of(type.getName())
          .ifPresent(room -> {
            for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
              if (!isAllowed(room, dependency.getTargetClass().getBaseComponentType())) {
                offences.add(room + " may not: " + dependency.getDescription());
              }
            }
          });
    }
    assertThat(offences).isEmpty();
  }

  /** Shows that packages are layered, also inside a module. */
  @Test
  void packages_have_no_cycles() {
    TreeMap<String, Set<String>> imports = new TreeMap<>();
    for (JavaClass type : Repository.shippedClasses()) {
      for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
        String target = dependency.getTargetClass().getBaseComponentType().getPackageName();
        if (target.startsWith("io.quorate") && !target.equals(type.getPackageName())) {
          imports.computeIfAbsent(type.getPackageName(), _ -> new TreeSet<>()).add(target);
        }
      }
    }
    Set<String> clear = new HashSet<>();
    for (String start : imports.keySet()) {
      assertThat(cycleFrom(start, imports, new ArrayDeque<>(), clear)).as("cycle").isEmpty();
    }
  }

  /** Shows that the rules can fail: a table that allowed everything would pass them all. */
  @Test
  void the_table_refuses_what_would_break_the_layers() {
    assertThat(Room.RAFT.mayImport(Room.KV)).isFalse();
    assertThat(Room.KV.mayImport(Room.RAFT)).isFalse();
    assertThat(Room.BASE.mayImport(Room.RAFT)).isFalse();
    assertThat(Room.WAL.mayImport(Room.RAFT)).isFalse();
    assertThat(Room.GRPC.mayImport(Room.ETCD)).isFalse();
    assertThat(Room.ETCD.mayImport(Room.TRANSPORT)).isFalse();
    assertThat(Room.CLIENT.mayImport(Room.NODE)).isFalse();
    assertThat(Room.CLIENT.mayImport(Room.MICROMETER)).isFalse();
    assertThat(Room.CLI.mayImport(Room.SERVER)).isFalse();
    assertThat(Room.SERVER.mayImport(Room.EMBEDDED)).isTrue();
    assertThat(Room.SERVER.mayImport(Room.CLI)).isFalse();
    assertThat(Room.RAFT.mayUseLibrary("io.netty.channel.Channel")).isFalse();
    assertThat(Room.ETCD.mayUseLibrary("io.netty.channel.Channel")).isFalse();
    assertThat(Room.GRPC.mayUseLibrary("io.netty.channel.Channel")).isTrue();
    assertThat(Room.CLIENT.mayUseLibrary("io.micrometer.core.instrument.Timer")).isFalse();
    assertThat(Room.CLIENT.mayUseLibrary("io.opentelemetry.api.trace.Span")).isFalse();
  }

  private static boolean isAllowed(Room from, JavaClass target) {
    String name = target.getName();
    if (target.isPrimitive()
        || name.startsWith("java.")
        || name.startsWith("javax.")
        || name.startsWith("org.jspecify.")) {
      return true;
    }
    if (name.startsWith("io.quorate.")) {
      Optional<Room> to = Room.of(name);
      return to.isPresent() && from.mayImport(to.get());
    }
    return from.mayUseLibrary(name);
  }

  /** The way from a package back to itself or to one on the way to it; empty if there is none. */
  private static List<String> cycleFrom(
      String at, Map<String, Set<String>> imports, ArrayDeque<String> way, Set<String> clear) {
    if (way.contains(at)) {
      way.addLast(at);
      return List.copyOf(way);
    }
    if (clear.contains(at)) {
      return List.of();
    }
    way.addLast(at);
    for (String next : imports.getOrDefault(at, new TreeSet<>())) {
      List<String> cycle = cycleFrom(next, imports, way, clear);
      if (!cycle.isEmpty()) {
        return cycle;
      }
    }
    way.removeLast();
    clear.add(at);
    return List.of();
  }

  private static boolean isWhereItBelongs(Path file) {
    String path = file.toString();
    int packages = path.indexOf("/src/main/java/") + "/src/main/java/".length();
    String type = path.substring(packages, path.length() - ".java".length()).replace('/', '.');
    List<String> homes = Room.of(type).map(room -> List.of(room.folder())).orElse(List.of());
    return homes.stream()
        .anyMatch(
            home -> Files.exists(Repository.root().resolve(home)) && path.startsWith(home + "/"));
  }
}
