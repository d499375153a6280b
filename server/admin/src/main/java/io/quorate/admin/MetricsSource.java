package io.quorate.admin;

import java.util.Map;

/** Something that has figures of its own on the metrics page. */
@FunctionalInterface
public interface MetricsSource {
  /**
   * Tells its figures of now. Called on the replica's loop at each reading, so it must be quick.
   */
  void tell(Figures figures);

  /** Where figures are told. A name is used for one kind of metric and with one set of labels. */
  interface Figures {
    /** A value that rises and falls. */
    void gauge(String name, String help, Map<String, String> labels, double value);

    /** A count since the start; its name ends in {@code _total} on the page. */
    void counter(String name, String help, Map<String, String> labels, double value);

    /**
     * How often something took so much.
     *
     * @param upperBounds of the buckets but the last, which has none; rising
     * @param counts of each bucket alone, one more than there are bounds
     * @param sum of all that was counted
     */
    void histogram(
        String name,
        String help,
        Map<String, String> labels,
        double[] upperBounds,
        long[] counts,
        double sum);
  }
}
