package io.quorate.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** What many runs come down to; for the comparisons of other modules too. */
public final class Medians {
  private Medians() {}

  /** The median of a figure over all runs; 0 for none. */
  public static <T> double of(List<T> samples, ToDoubleFunction<T> figure) {
    double[] values = samples.stream().mapToDouble(figure).sorted().toArray();
    int middle = values.length / 2;
    return values.length == 0
        ? 0
        : values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  }

  /** The median, and from where to where the runs went. */
  public static <T> String spread(List<T> samples, ToDoubleFunction<T> figure) {
    double[] values = samples.stream().mapToDouble(figure).sorted().toArray();
    return values.length == 0
        ? "-"
        : String.format(
            Locale.ROOT,
            "%,.0f (%,.0f–%,.0f)",
            of(samples, figure),
            values[0],
            values[values.length - 1]);
  }
}
