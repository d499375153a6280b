package io.quorate.checkers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The search against one that walks every cycle of small random graphs. A failure names its seed;
 * to repeat it: {@code mvn test -pl testing/checkers -Dtest=RegionTest -Dseed=N}.
 */
class RegionTest {
  private static final int SEEDS = 20_000;

  /** Shows that each level that some cycle breaks is broken in the verdict, and no other one. */
  @Test
  void the_search_proves_what_walking_every_cycle_proves() {
    Seeds.of(SEEDS)
        .forEach(seed -> {
          Graph graph = randomGraph(new Random(seed));
          Findings findings = new Findings();
          History history = blank(graph.nodes());
          CycleSearch search =
              new CycleSearch(
                  graph, new CycleWords(history, new NoData()), findings, new Budget(1L << 40));
          assertThat(search.run()).isTrue();
          Set<Level> found = EnumSet.noneOf(Level.class);
          findings.counts().keySet().forEach(type -> found.addAll(type.breaks()));
          Set<Level> broken = EnumSet.noneOf(Level.class);
          for (int node = 0; node < graph.nodes(); node++) {
            walk(graph, node, node, new int[graph.nodes() + 1], 0, new boolean[8], broken);
          }
          assertThat(Level.weakestOf(found))
              .as(Seeds.rerun(getClass(), seed) + " " + findings.examples())
              .isEqualTo(Level.weakestOf(broken));
        });
  }

  /** Shows that examples are what they are called: their edges exist and are of those kinds. */
  @Test
  void an_example_is_a_cycle_of_its_type() {
    Seeds.of(SEEDS / 4)
        .forEach(seed -> {
          Graph graph = randomGraph(new Random(seed));
          Findings findings = new Findings();
          History history = blank(graph.nodes());
          var _ =
              new CycleSearch(
                      graph, new CycleWords(history, new NoData()), findings, new Budget(1L << 40))
                  .run();
          for (Anomaly anomaly : findings.examples()) {
            int length = anomaly.transactions().size();
            assertThat(anomaly.transactions()).as(anomaly.toString()).doesNotHaveDuplicates();
            Set<AnomalyType> may = EnumSet.noneOf(AnomalyType.class);
            collect(graph, anomaly.transactions(), 0, new int[length], may);
            assertThat(may)
                .as("%s, %s", Seeds.rerun(getClass(), seed), anomaly)
                .contains(anomaly.type());
          }
        });
  }

  private static void collect(
      Graph graph, List<Transaction> cycle, int at, int[] types, Set<AnomalyType> may) {
    if (at == types.length) {
      may.add(typeOf(types, at));
      return;
    }
    int node = cycle.get(at).id();
    int next = cycle.get((at + 1) % types.length).id();
    for (int edge = graph.firstEdge(node); edge < graph.firstEdge(node + 1); edge++) {
      if (graph.target(edge) == next) {
        types[at] = graph.type(edge);
        collect(graph, cycle, at + 1, types, may);
      }
    }
  }

  /** Time goes from smaller nodes to larger ones, and a session's order is in it. */
  private static Graph randomGraph(Random random) {
    int nodes = 2 + random.nextInt(6);
    int edges = 1 + random.nextInt(3 * nodes);
    Graph.Builder builder = new Graph.Builder(nodes, 1_000);
    int[] data = {Graph.WW, Graph.WR, Graph.RW, Graph.RW, Graph.RW};
    int kinds = 1 + random.nextInt(data.length);
    for (int i = 0; i < edges; i++) {
      int a = random.nextInt(nodes);
      int b = random.nextInt(nodes);
      int time = random.nextInt(8);
      if (a < b && time < 2) {
        builder.add(a, b, Graph.REALTIME);
        if (time == 0) {
          builder.add(a, b, Graph.PROCESS);
        }
      } else {
        builder.add(a, b, data[data.length - 1 - random.nextInt(kinds)]);
      }
    }
    return builder.build();
  }

  private static void walk(
      Graph graph, int start, int node, int[] types, int depth, boolean[] seen, Set<Level> broken) {
    seen[node] = true;
    for (int edge = graph.firstEdge(node); edge < graph.firstEdge(node + 1); edge++) {
      int target = graph.target(edge);
      types[depth] = graph.type(edge);
      if (target == start) {
        broken.addAll(typeOf(types, depth + 1).breaks());
      } else if (target > start && !seen[target]) {
        walk(graph, start, target, types, depth + 1, seen, broken);
      }
    }
    seen[node] = false;
  }

  private static AnomalyType typeOf(int[] types, int length) {
    int rw = 0;
    boolean adjacent = false;
    int all = 0;
    for (int i = 0; i < length; i++) {
      all |= types[i];
      if (types[i] == Graph.RW) {
        rw++;
        adjacent |= types[(i + 1) % length] == Graph.RW;
      }
    }
    int family = rw == 0 ? ((all & Graph.WR) == 0 ? 0 : 1) : rw == 1 ? 2 : adjacent ? 4 : 3;
    int order = (all & Graph.REALTIME) != 0 ? 2 : (all & Graph.PROCESS) != 0 ? 1 : 0;
    String name = List.of("G0", "G1C", "G_SINGLE", "G_NONADJACENT", "G2_ITEM").get(family);
    return AnomalyType.valueOf(name + List.of("", "_PROCESS", "_REALTIME").get(order));
  }

  private static History blank(int nodes) {
    Scene scene = new Scene();
    for (int node = 0; node < nodes; node++) {
      scene.run(node);
    }
    return scene.history();
  }

  private static final class NoData implements Workload {
    @Override
    public void addAnomaliesTo(Findings findings) {}

    @Override
    public void addDependenciesTo(Graph.Builder graph) {}

    @Override
    public String because(Transaction from, Transaction to, int type) {
      return "so it was drawn";
    }
  }
}
