package io.quorate.bench;

import java.util.Locale;
import java.util.Map;

/** A load's result in words, or in JSON whose names stay. */
final class Report {
  private static final int FORMAT_VERSION = 1;

  private Report() {}

  static String text(LoadResult result) {
    StringBuilder out = new StringBuilder();
    LoadSettings settings = result.settings();
    line(
        out,
        "%s: %,d calls in %.2f s, %d outstanding over %d connections%s",
        name(settings),
        result.succeeded(),
        result.seconds(),
        settings.clients(),
        settings.connections(),
        settings.rate() == 0 ? "" : String.format(Locale.ROOT, ", %.0f/s due", settings.rate()));
    line(out, "  throughput  %,.0f/s", result.throughput());
    line(
        out,
        "  latency ms  p50 %.3f   p99 %.3f   p99.9 %.3f   max %.3f",
        result.millisAt(50),
        result.millisAt(99),
        result.millisAt(99.9),
        result.millisAt(100));
    line(out, "  client CPU  %.1f µs a call", result.clientCpuMicros());
    line(out, "  answers     %.0f bytes on average", result.answerBytes());
    line(out, "  errors      %,d", result.failed());
    for (Map.Entry<String, Long> error : result.errors().entrySet()) {
      line(out, "    %,d  %s", error.getValue(), error.getKey());
    }
    return out.toString();
  }

  static String json(LoadResult result) {
    LoadSettings settings = result.settings();
    StringBuilder out = new StringBuilder("{");
    out.append("\"version\":").append(FORMAT_VERSION);
    out.append(",\"case\":\"").append(name(settings)).append('"');
    number(out, "clients", settings.clients());
    number(out, "connections", settings.connections());
    number(out, "key_size", settings.keySize());
    number(out, "value_size", settings.valueSize());
    number(out, "key_space", settings.keySpace());
    number(out, "rate", settings.rate());
    number(out, "seconds", result.seconds());
    number(out, "succeeded", (double) result.succeeded());
    number(out, "failed", (double) result.failed());
    number(out, "throughput", result.throughput());
    out.append(",\"latency_ms\":{");
    out.append("\"p50\":").append(format(result.millisAt(50)));
    number(out, "p90", result.millisAt(90));
    number(out, "p99", result.millisAt(99));
    number(out, "p99_9", result.millisAt(99.9));
    number(out, "max", result.millisAt(100));
    out.append('}');
    number(out, "client_cpu_us", result.clientCpuMicros());
    number(out, "answer_bytes", result.answerBytes());
    out.append(",\"errors\":{");
    String comma = "";
    for (Map.Entry<String, Long> error : result.errors().entrySet()) {
      out.append(comma);
      quoted(out, error.getKey());
      out.append(':').append(error.getValue());
      comma = ",";
    }
    return out.append("}}\n").toString();
  }

  static String name(LoadSettings settings) {
    String name = settings.kind().name().toLowerCase(Locale.ROOT);
    return settings.kind() == LoadSettings.Kind.RANGE && settings.serializable()
        ? "range (serializable)"
        : name;
  }

  @SuppressWarnings("AnnotateFormatMethod")
  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private static void number(StringBuilder out, String name, double value) {
    out.append(",\"").append(name).append("\":").append(format(value));
  }

  private static String format(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%.4f", value);
  }

  private static void quoted(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append('\\').append(c);
      } else if (c < 0x20) {
        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    out.append('"');
  }
}
