package io.quorate.checkers;

import java.util.Arrays;
import java.util.List;

/**
 * Looks for cycles. All edges together are split into strongly connected components once, in linear
 * time; a correct history has none of two transactions, and that is all. Each component that has is
 * a {@link Region}, which is searched for what the cycles in it prove.
 */
final class CycleSearch {
  private final Graph graph;
  private final CycleWords words;
  private final Findings findings;
  private final Budget budget;

  CycleSearch(Graph graph, CycleWords words, Findings findings, Budget budget) {
    this.graph = graph;
    this.words = words;
    this.findings = findings;
    this.budget = budget;
  }

  /** Whether the search came to its end. If not, that there is a cycle is among the findings. */
  boolean run() {
    int[][] components = Components.of(graph, Graph.ALL).cyclic();
    int[] places = new int[graph.nodes()];
    Arrays.fill(places, -1);
    for (int[] members : components) {
      Region region = new Region(graph.between(members, places), members, words, findings, budget);
      region.search();
      if (budget.isExhausted()) {
        findings.add(
            AnomalyType.CYCLE,
            List.of(),
            () ->
                "of %d groups of transactions that lie on cycles not all could be searched: by"
                        .formatted(components.length)
                    + " what is known of their order they can't have run one after the other");
        return false;
      }
    }
    return true;
  }
}
