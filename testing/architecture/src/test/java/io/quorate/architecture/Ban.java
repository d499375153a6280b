package io.quorate.architecture;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a class that must run the same way twice may not touch, and what it does instead.
 *
 * <p>A pattern names a use as {@code owner.member} or, where overloads differ, {@code
 * owner.member(parameter types)}. {@code *} stands for anything without a dot, {@code **} for
 * anything at all; a leading {@code !} spares what another pattern covers.
 */
enum Ban {
  THREADS(
      "one thread calls in from outside; waiting is an effect",
      "java.lang.Thread.*",
      "java.lang.ThreadGroup.*",
      "java.lang.ThreadLocal.*",
      "java.lang.InheritableThreadLocal.*",
      "java.lang.ScopedValue.*",
      "java.util.Timer.*",
      "java.util.concurrent.**",
      "!java.util.concurrent.TimeUnit.*",
      "!java.util.concurrent.Executor.execute",
      "!java.util.concurrent.RejectedExecutionException.*",
      "!java.util.concurrent.atomic.**",
      "!java.util.concurrent.locks.**",
      "**.parallelStream()",
      "**.parallel()",
      "java.util.Arrays.parallel*",
      "java.util.stream.StreamSupport.*"),
  SHARING(
      "a core has one owner thread and shares nothing",
      "java.util.concurrent.Executor.execute",
      "java.util.concurrent.atomic.**",
      "java.util.concurrent.locks.**"),
  MONITORS(
      "whoever blocks on one holds up the loop",
      Scan.SYNCHRONIZED,
      "**.wait()",
      "**.wait(long)",
      "**.wait(long,int)",
      "**.notify()",
      "**.notifyAll()"),
  CLOCKS(
      "time is an argument",
      "java.lang.System.nanoTime",
      "java.lang.System.currentTimeMillis",
      "java.time.**.now",
      "java.time.Clock.*",
      "java.time.InstantSource.*",
      "java.util.Date.<init>()",
      "java.util.Calendar.getInstance"),
  RANDOMNESS(
      "a seed is an argument",
      "java.lang.Math.random",
      "java.lang.StrictMath.random",
      "java.util.Random.<init>()",
      "java.util.SplittableRandom.<init>()",
      "java.util.random.RandomGenerator.getDefault",
      "java.util.random.RandomGeneratorFactory.create()",
      "java.util.Collections.shuffle(java.util.List)",
      "java.security.SecureRandom.*",
      "java.util.UUID.randomUUID"),
  HASH_ORDER(
      "use an array, a TreeMap, a LinkedHashMap or an EnumMap",
      "java.util.HashMap.<init>",
      "java.util.HashMap.newHashMap",
      "java.util.HashSet.<init>",
      "java.util.HashSet.newHashSet",
      "java.util.Hashtable.<init>",
      "java.util.Properties.<init>",
      "java.util.IdentityHashMap.<init>",
      "java.util.WeakHashMap.*",
      "java.util.Map.of",
      "java.util.Map.ofEntries",
      "java.util.Map.copyOf",
      "java.util.Set.of",
      "java.util.Set.copyOf",
      "java.util.stream.Collectors.toSet",
      "java.util.stream.Collectors.toUnmodifiableSet",
      "java.util.stream.Collectors.toUnmodifiableMap",
      "java.util.stream.Collectors.toConcurrentMap",
      "java.util.stream.Collectors.groupingByConcurrent",
      "java.util.stream.Collectors.toMap(java.util.function.Function,java.util.function.Function)",
      "java.util.stream.Collectors.toMap(java.util.function.Function,java.util.function.Function,java.util.function.BinaryOperator)",
      "java.util.stream.Collectors.groupingBy(java.util.function.Function)",
      "java.util.stream.Collectors.groupingBy(java.util.function.Function,java.util.stream.Collector)"),
  IDENTITY_HASH(
      "a hash that differs from run to run orders nothing; hash the content",
      "java.lang.System.identityHashCode",
      Scan.IDENTITY_HASH),
  GARBAGE(
      "what the collector does and when is not part of the run",
      "java.lang.ref.**",
      "java.lang.System.gc",
      Scan.FINALIZER),
  SURROUNDINGS(
      "settings are arguments",
      "java.lang.System.getenv",
      "java.lang.System.getProperty",
      "java.lang.System.getProperties",
      "java.lang.Boolean.getBoolean",
      "java.lang.Integer.getInteger",
      "java.lang.Long.getLong",
      "java.lang.System.exit",
      "java.lang.Runtime.*",
      "java.lang.management.**"),
  LOCALE(
      "name the locale, zone or charset",
      "java.util.Locale.getDefault",
      "java.util.TimeZone.getDefault",
      "java.time.ZoneId.systemDefault",
      "java.nio.charset.Charset.defaultCharset",
      "java.lang.String.toLowerCase()",
      "java.lang.String.toUpperCase()",
      "java.lang.String.getBytes()",
      "java.lang.String.<init>(byte[])",
      "java.lang.String.<init>(byte[],int,int)"),
  MESSAGES(
      "what clients and traces see is formatted under Locale.ROOT",
      "java.lang.String.formatted",
      "java.lang.String.format(java.lang.String,java.lang.Object[])"),
  DIRECTORY_ORDER(
      "a directory lists its files in no order; ask the disk interface",
      "java.io.File.list*",
      "java.nio.file.Files.list",
      "java.nio.file.Files.walk",
      "java.nio.file.Files.walkFileTree",
      "java.nio.file.Files.find",
      "java.nio.file.Files.newDirectoryStream"),
  INPUT_OUTPUT(
      "the caller does it: return an effect",
      "java.io.File*.*",
      "java.io.RandomAccessFile.*",
      "java.nio.file.Files.*",
      "java.nio.channels.**",
      "java.net.**",
      "!java.net.URI*.*",
      "!java.net.InetSocketAddress.createUnresolved",
      "java.lang.Process*.*"),
  LOGGING(
      "a core emits trace records",
      "java.lang.System.out",
      "java.lang.System.err",
      "java.lang.System.getLogger",
      "java.lang.System$Logger.*",
      "java.util.logging.**",
      "org.slf4j.**"),
  REFLECTION(
      "call it by name",
      "java.lang.Class.forName",
      "java.lang.Class.get*Method*",
      "java.lang.Class.get*Constructor*",
      "java.lang.Class.get*Field*",
      "java.lang.reflect.**",
      "!java.lang.reflect.Array.*",
      "java.util.ServiceLoader.*");

  private final String instead;
  private final Pattern banned;
  private final Pattern spared;

  Ban(String instead, String... patterns) {
    this.instead = instead;
    this.banned = anyOf(Arrays.stream(patterns).filter(it -> !it.startsWith("!")));
    this.spared =
        anyOf(Arrays.stream(patterns).filter(it -> it.startsWith("!")).map(it -> it.substring(1)));
  }

  /** What to do instead, for the message of a finding. */
  String instead() {
    return instead;
  }

  /** The first ban that a use, written as {@code owner.member(parameter types)}, falls under. */
  static Optional<Ban> on(String use) {
    return Arrays.stream(values())
        .filter(ban -> ban.banned.matcher(use).matches() && !ban.spared.matcher(use).matches())
        .findFirst();
  }

  private static Pattern anyOf(Stream<String> patterns) {
    return Pattern.compile(patterns.map(Ban::form).collect(Collectors.joining("|")));
  }

  /** The regular expression that a pattern of the table stands for. */
  private static String form(String pattern) {
    StringBuilder form = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      if (pattern.startsWith("**", i)) {
        form.append(".*");
        i++;
      } else if (pattern.charAt(i) == '*') {
        form.append("[^.(]*");
      } else {
        form.append(Pattern.quote(pattern.substring(i, i + 1)));
      }
    }
    return pattern.endsWith(")") ? form.toString() : form + "(\\(.*\\))?";
  }
}
