package io.quorate.architecture.planted;

import static java.lang.System.nanoTime;

import java.io.File;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Date;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Breaks every ban, in every way that is worth telling apart. Nobody calls it. */
@SuppressWarnings({"all", "removal", "deprecation"})
public class Offender {
  enum Colour {
    RED
  }

  record Painted(int id, Colour colour) {}

  record Numbered(int id, String name) {}

  static class Faceless {}

  Thread threads_new() {
    return new Thread(() -> {});
  }

  void threads_virtual() {
    Thread.ofVirtual().start(() -> {});
  }

  void threads_sleep() throws InterruptedException {
    Thread.sleep(1);
  }

  static class Threads extends Thread {}

  ExecutorService threads_executor() {
    return Executors.newCachedThreadPool();
  }

  CompletableFuture<Void> threads_future() {
    return CompletableFuture.runAsync(() -> {});
  }

  Object sharing_lock() {
    return new ReentrantLock();
  }

  Object sharing_atomic() {
    return new java.util.concurrent.atomic.AtomicLong();
  }

  void sharing_execute(java.util.concurrent.Executor executor) {
    executor.execute(() -> {});
  }

  Object threads_local() {
    return ThreadLocal.withInitial(() -> 1);
  }

  Object threads_parallelStream(List<String> list) {
    return list.parallelStream();
  }

  Object threads_parallel() {
    return IntStream.range(0, 3).parallel();
  }

  void threads_parallelSort(int[] numbers) {
    Arrays.parallelSort(numbers);
  }

  synchronized void monitors_method() {}

  void monitors_block() {
    synchronized (this) {
      hashCode();
    }
  }

  void monitors_wait() throws InterruptedException {
    wait();
  }

  void monitors_notify() {
    notifyAll();
  }

  long clocks_nanoTime() {
    return nanoTime();
  }

  long clocks_millis() {
    return System.currentTimeMillis();
  }

  Supplier<Instant> clocks_reference() {
    return Instant::now;
  }

  Object clocks_date() {
    return LocalDate.now(ZoneId.of("UTC"));
  }

  Object clocks_oldDate() {
    return new Date();
  }

  Object clocks_clock() {
    return Clock.systemUTC();
  }

  double randomness_math() {
    return Math.random();
  }

  Object randomness_random() {
    return new Random();
  }

  Supplier<Random> randomness_reference() {
    return Random::new;
  }

  Object randomness_split() {
    return new SplittableRandom();
  }

  void randomness_shuffle(List<String> list) {
    Collections.shuffle(list);
  }

  Object randomness_secure() {
    return new SecureRandom();
  }

  Object randomness_uuid() {
    return UUID.randomUUID();
  }

  Object threads_localRandom() {
    return ThreadLocalRandom.current();
  }

  Object hash_order_map() {
    return new HashMap<String, String>();
  }

  Object hash_order_sized() {
    return HashMap.newHashMap(3);
  }

  Object hash_order_set() {
    return new HashSet<String>();
  }

  Object hash_order_table() {
    return new Hashtable<String, String>();
  }

  Object hash_order_identity() {
    return new IdentityHashMap<String, String>();
  }

  Object hash_order_weak() {
    return new WeakHashMap<String, String>();
  }

  Object threads_concurrentMap() {
    return new ConcurrentHashMap<String, String>();
  }

  Supplier<Map<String, String>> hash_order_reference() {
    return HashMap::new;
  }

  static class HashOrder extends HashMap<String, String> {}

  Object hash_order_mapOf() {
    return Map.of("a", "b");
  }

  Object hash_order_mapOfEntries() {
    return Map.ofEntries(Map.entry("a", "b"));
  }

  Object hash_order_mapCopyOf(Map<String, String> map) {
    return Map.copyOf(map);
  }

  Object hash_order_setOf() {
    return Set.of("a", "b");
  }

  Object hash_order_setCopyOf(List<String> list) {
    return Set.copyOf(list);
  }

  Object hash_order_toSet(Stream<String> stream) {
    return stream.collect(Collectors.toSet());
  }

  Object hash_order_toMap(Stream<String> stream) {
    return stream.collect(Collectors.toMap(it -> it, it -> it));
  }

  Object hash_order_toMapMerged(Stream<String> stream) {
    return stream.collect(Collectors.toMap(it -> it, it -> it, (a, b) -> a));
  }

  Object hash_order_groupingBy(Stream<String> stream) {
    return stream.collect(Collectors.groupingBy(String::length));
  }

  Object hash_order_groupingByInto(Stream<String> stream) {
    return stream.collect(Collectors.groupingBy(String::length, Collectors.counting()));
  }

  int identity_hash_system(Object it) {
    return System.identityHashCode(it);
  }

  int identity_hash_object(Object it) {
    return it.hashCode();
  }

  int identity_hash_enum(Colour colour) {
    return colour.hashCode();
  }

  int identity_hash_record(Painted painted) {
    return painted.hashCode();
  }

  int identity_hash_class(Faceless faceless) {
    return faceless.hashCode();
  }

  Object identity_hash_reference(Stream<Colour> colours) {
    return colours.map(Colour::hashCode);
  }

  Object garbage_cleaner() {
    return Cleaner.create();
  }

  Object garbage_weak() {
    return new WeakReference<>("a");
  }

  static class Garbage {
    protected void finalize() {}
  }

  Object surroundings_environment() {
    return System.getenv("HOME");
  }

  Object surroundings_property() {
    return Integer.getInteger("size");
  }

  int surroundings_cores() {
    return Runtime.getRuntime().availableProcessors();
  }

  Object locale_default() {
    return Locale.getDefault();
  }

  Object locale_lower(String text) {
    return text.toLowerCase();
  }

  Object messages_format(int number) {
    return String.format("%d", number);
  }

  Object messages_formatted(int number) {
    return "%d".formatted(number);
  }

  Object locale_zone() {
    return ZoneId.systemDefault();
  }

  Object directory_order_file(File file) {
    return file.listFiles();
  }

  Object directory_order_files(Path folder) throws IOException {
    return Files.list(folder);
  }

  Object input_output_read(Path file) throws IOException {
    return Files.readAllBytes(file);
  }

  Object input_output_socket() throws IOException {
    return new java.net.Socket("localhost", 1);
  }

  void logging_out() {
    System.out.println();
  }

  Object logging_logger() {
    return System.getLogger("x");
  }

  Object reflection_forName() throws ClassNotFoundException {
    return Class.forName("x");
  }

  Object reflection_method() throws NoSuchMethodException {
    return Offender.class.getDeclaredMethod("x");
  }

  Object fine_collections() {
    Map<String, Object> map = new TreeMap<>();
    map.put("linked", new LinkedHashMap<>());
    map.put("set", new LinkedHashSet<>());
    map.put("enum", new EnumMap<>(Colour.class));
    map.put("list", List.of("a", new ArrayList<>()));
    return map;
  }

  Object fine_collectors(Stream<String> stream) {
    return stream.collect(
        Collectors.groupingBy(String::length, TreeMap::new, Collectors.counting()));
  }

  Object fine_seeded(long seed) {
    List<String> list = new ArrayList<>();
    Collections.shuffle(list, new Random(seed));
    return list;
  }

  long fine_units(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  Object fine_time(long millis) {
    return Instant.ofEpochMilli(millis);
  }

  Object fine_text(String text, int number) {
    return text.toLowerCase(Locale.ROOT)
        + String.format(Locale.ROOT, "%d", number)
        + new String(new byte[1], StandardCharsets.UTF_8)
        + number;
  }

  int fine_hash(Numbered numbered, String text) {
    return numbered.hashCode() + text.hashCode();
  }

  int fine_switch(Object it) {
    return switch (it) {
      case Numbered(int id, String name) when name.equals("a") -> id;
      case Colour colour -> colour.ordinal();
      default -> 0;
    };
  }
}
