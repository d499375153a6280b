package io.quorate.checkers;

import static io.quorate.checkers.Graph.PROCESS;
import static io.quorate.checkers.Graph.REALTIME;
import static io.quorate.checkers.Graph.RW;
import static io.quorate.checkers.Graph.WR;
import static io.quorate.checkers.Graph.WW;

import java.util.EnumSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One strongly connected component of all edges, searched for anomalies: the worst first, then
 * those that take the sessions' order, then those that take real time. What would break only levels
 * that a cycle of this region has broken already isn't looked for: it would prove nothing more.
 *
 * <p>Because of that order each search knows what isn't there. A cycle of ww and wr has a wr, since
 * else it would have been found before; and when cycles with rw are looked for, the other edges
 * have none, so they have a topological order, and a way back from an rw edge's target to its
 * source stays between the two.
 *
 * <p>Whether there is a cycle is told by components alone, in linear time; only to tell a single rw
 * from several takes a search that may be long, and to find a short example.
 */
final class Region {
  /** An example needn't be the very shortest: so many edges are looked at to shorten one. */
  private static final long SHORTENING_STEPS = 2_000_000;

  private static final AnomalyType[][] FAMILIES = {
    {
      AnomalyType.G0,
      AnomalyType.G1C,
      AnomalyType.G_SINGLE,
      AnomalyType.G_NONADJACENT,
      AnomalyType.G2_ITEM
    },
    {
      AnomalyType.G0_PROCESS,
      AnomalyType.G1C_PROCESS,
      AnomalyType.G_SINGLE_PROCESS,
      AnomalyType.G_NONADJACENT_PROCESS,
      AnomalyType.G2_ITEM_PROCESS
    },
    {
      AnomalyType.G0_REALTIME,
      AnomalyType.G1C_REALTIME,
      AnomalyType.G_SINGLE_REALTIME,
      AnomalyType.G_NONADJACENT_REALTIME,
      AnomalyType.G2_ITEM_REALTIME
    }
  };
  private static final int[] ORDERS = {0, PROCESS, REALTIME};

  private final Graph graph;
  private final int[] names;
  private final CycleWords words;
  private final Findings findings;
  private final Budget budget;
  private final ShortestPath paths;
  private final Set<Level> broken = EnumSet.noneOf(Level.class);

  /**
   * @param graph the component alone, its nodes in the order of their invocations
   * @param names what each node is called in the whole graph
   */
  Region(Graph graph, int[] names, CycleWords words, Findings findings, Budget budget) {
    this.graph = graph;
    this.names = names;
    this.words = words;
    this.findings = findings;
    this.budget = budget;
    this.paths = new ShortestPath(graph, budget);
  }

  /** Ends early if the budget is exhausted. */
  void search() {
    for (int i = 0; i < FAMILIES.length && !budget.isExhausted(); i++) {
      searchWith(ORDERS[i], FAMILIES[i]);
    }
  }

  private void searchWith(int order, AnomalyType[] family) {
    if (isWanted(family[0])) {
      searchAny(family[0], WW | order);
    }
    if (isWanted(family[1])) {
      searchAny(family[1], WW | WR | order);
    }
    if (isWanted(family[2])) {
      searchAntiDependent(order, family);
    }
    if (isWanted(family[4])) {
      searchAny(family[4], WW | WR | RW | order);
    }
  }

  private boolean isWanted(AnomalyType type) {
    return !budget.isExhausted()
        && type.breaks().stream().anyMatch(level -> !level.isBrokenBy(broken));
  }

  /** Any cycle at all of the edges in {@code mask}. */
  private void searchAny(AnomalyType type, int mask) {
    Components components = components(graph, mask);
    if (components == null || !components.hasCycle()) {
      return;
    }
    Cycle best = null;
    long stopAt = Long.MIN_VALUE;
    for (int node = 0; node < graph.nodes(); node++) {
      if (!components.isCyclic(node)) {
        continue;
      }
      int start = node;
      IntPredicate together = it -> components.areTogether(start, it);
      Cycle found = paths.cycleThrough(node, mask, together, lengthBelow(best));
      if (found != null && best == null) {
        stopAt = budget.left() - SHORTENING_STEPS;
      }
      best = found == null ? best : found;
      if (budget.isExhausted() || (best != null && isShortEnough(best, stopAt))) {
        break;
      }
    }
    report(type, best);
  }

  /** Cycles with rw edges of which no two are behind each other. */
  private void searchAntiDependent(int order, AnomalyType[] family) {
    int dependencies = WW | WR | order;
    Components components = components(graph, dependencies | RW);
    if (components == null || !components.hasCycle()) {
      return;
    }
    if (!searchSingle(family[2], dependencies, components) && isWanted(family[3])) {
      searchNonadjacent(family[3], dependencies, components);
    }
    if (budget.isExhausted() && !family[4].breaks().getFirst().isBrokenBy(broken)) {
      // Which cycle it is isn't known, but that there is one with rw is.
      report(family[4], null);
    }
  }

  private boolean searchSingle(AnomalyType type, int dependencies, Components components) {
    if (!budget.spend(graph.edges())) {
      return false;
    }
    int[] rank = topologicalOrder(dependencies);
    Cycle best = null;
    long stopAt = Long.MIN_VALUE;
    for (int source = 0; source < graph.nodes(); source++) {
      int top = rank[source];
      for (int edge = graph.firstEdge(source); edge < graph.firstEdge(source + 1); edge++) {
        int target = graph.target(edge);
        if (!graph.isOf(edge, RW)
            || rank[target] > top
            || !components.areTogether(source, target)) {
          continue;
        }
        IntPredicate between = it -> rank[it] < top;
        Cycle found = paths.closing(source, target, RW, dependencies, between, lengthBelow(best));
        if (found != null && best == null) {
          stopAt = budget.left() - SHORTENING_STEPS;
        }
        best = found == null ? best : found;
        if (budget.isExhausted() || (best != null && isShortEnough(best, stopAt))) {
          return best != null && report(type, best);
        }
      }
    }
    return best != null && report(type, best);
  }

  /**
   * In a graph that has each transaction twice, as reached by an rw edge or by another, ways never
   * go from rw to rw: there a component with an rw edge is a cycle as it is looked for.
   */
  private void searchNonadjacent(AnomalyType type, int dependencies, Components components) {
    int nodes = graph.nodes();
    Graph.Builder builder = new Graph.Builder(2 * nodes, Integer.MAX_VALUE);
    for (int source = 0; source < nodes; source++) {
      for (int edge = graph.firstEdge(source); edge < graph.firstEdge(source + 1); edge++) {
        int target = graph.target(edge);
        if (!components.areTogether(source, target)) {
          continue;
        }
        if (graph.isOf(edge, dependencies)) {
          builder.add(source, target, graph.type(edge));
          builder.add(nodes + source, target, graph.type(edge));
        } else if (graph.isOf(edge, RW)) {
          builder.add(source, nodes + target, RW);
        }
      }
    }
    Graph twice = builder.build();
    Components cycles = components(twice, Graph.ALL);
    if (cycles == null || !cycles.hasCycle()) {
      return;
    }
    ShortestPath ways = new ShortestPath(twice, budget);
    Cycle best = null;
    boolean exists = false;
    long stopAt = Long.MIN_VALUE;
    for (int source = 0; source < nodes; source++) {
      if (!cycles.isCyclic(source)) {
        continue;
      }
      for (int edge = twice.firstEdge(source); edge < twice.firstEdge(source + 1); edge++) {
        int target = twice.target(edge);
        if (!twice.isOf(edge, RW) || !cycles.areTogether(source, target)) {
          continue;
        }
        exists = true;
        int start = source;
        IntPredicate together = it -> cycles.areTogether(start, it);
        Cycle found = ways.closing(source, target, RW, Graph.ALL, together, lengthBelow(best));
        if (found != null && best == null) {
          stopAt = budget.left() - SHORTENING_STEPS;
        }
        best = found == null ? best : found;
        if (budget.isExhausted() || (best != null && isShortEnough(best, stopAt))) {
          report(type, best == null ? null : simple(best, nodes));
          return;
        }
      }
    }
    if (exists) {
      report(type, best == null ? null : simple(best, nodes));
    }
  }

  /**
   * A way through the doubled graph may pass one transaction twice, as reached by rw and not. From
   * the first to the second time is a cycle too, and where it is closed it has no rw on the side on
   * which it wasn't reached by one; so it is one of the same kind, and shorter.
   */
  private static Cycle simple(Cycle doubled, int nodes) {
    Cycle cycle = doubled;
    boolean again = true;
    while (again) {
      again = false;
      for (int i = 0; i < cycle.length() && !again; i++) {
        for (int j = i + 1; j < cycle.length() && !again; j++) {
          if (cycle.node(i) % nodes == cycle.node(j) % nodes) {
            cycle = cycle.node(i) >= nodes ? cycle.loop(i, j) : cycle.loop(j, i);
            again = true;
          }
        }
      }
    }
    int[] names = new int[2 * nodes];
    for (int node = 0; node < names.length; node++) {
      names[node] = node % nodes;
    }
    return cycle.named(names);
  }

  /**
   * Of each node the place in an order that all edges of {@code mask} follow, and otherwise that of
   * the invocations, so that ways between two nodes that are near in time are short.
   */
  private int[] topologicalOrder(int mask) {
    int[] waitsFor = new int[graph.nodes()];
    for (int edge = 0; edge < graph.edges(); edge++) {
      if (graph.isOf(edge, mask)) {
        waitsFor[graph.target(edge)]++;
      }
    }
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int node = 0; node < waitsFor.length; node++) {
      if (waitsFor[node] == 0) {
        ready.add(node);
      }
    }
    int[] rank = new int[graph.nodes()];
    int next = 0;
    for (Integer node = ready.poll(); node != null; node = ready.poll()) {
      rank[node] = next++;
      for (int edge = graph.firstEdge(node); edge < graph.firstEdge(node + 1); edge++) {
        if (graph.isOf(edge, mask) && --waitsFor[graph.target(edge)] == 0) {
          ready.add(graph.target(edge));
        }
      }
    }
    if (next < rank.length) {
      throw new IllegalStateException("a cycle without rw was overlooked: " + next);
    }
    return rank;
  }

  private @Nullable Components components(Graph of, int mask) {
    return budget.spend((long) of.nodes() + of.edges()) ? Components.of(of, mask) : null;
  }

  private static int lengthBelow(@Nullable Cycle best) {
    return best == null ? Integer.MAX_VALUE : best.length() - 1;
  }

  private boolean isShortEnough(Cycle cycle, long stopAt) {
    return cycle.length() == 2 || budget.left() < stopAt;
  }

  /**
   * @param cycle null if there is one, or the budget has ended before it was found
   * @return whether the type is broken for certain
   */
  private boolean report(AnomalyType type, @Nullable Cycle cycle) {
    if (cycle == null && !budget.isExhausted()) {
      return false;
    }
    broken.addAll(type.breaks());
    if (cycle == null) {
      findings.add(
          type,
          List.of(),
          () ->
              "there is a cycle among %d transactions around T%d, but the budget ended before it was found"
                  .formatted(names.length, names[0]));
      return true;
    }
    Cycle named = cycle.named(names);
    findings.add(type, words.transactions(named), () -> words.tell(named));
    return true;
  }
}
