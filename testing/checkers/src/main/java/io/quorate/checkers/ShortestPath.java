package io.quorate.checkers;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Breadth-first search in one graph, with arrays that serve all searches. One thread. */
final class ShortestPath {
  private final Graph graph;
  private final Budget budget;
  private final int[] seenIn;
  private final int[] cameFrom;
  private final int[] cameBy;
  private final int[] distance;
  private final int[] queue;
  private int search;

  ShortestPath(Graph graph, Budget budget) {
    this.graph = graph;
    this.budget = budget;
    this.seenIn = new int[graph.nodes()];
    this.cameFrom = new int[graph.nodes()];
    this.cameBy = new int[graph.nodes()];
    this.distance = new int[graph.nodes()];
    this.queue = new int[graph.nodes()];
  }

  /**
   * The shortest cycle that goes through {@code node}, or null if there is none below {@code
   * lengthMax}, or the budget has ended.
   */
  @Nullable Cycle cycleThrough(int node, int mask, IntPredicate allowed, int lengthMax) {
    return search(node, node, mask, allowed, lengthMax) ? back(node, node, 0) : null;
  }

  /**
   * The shortest cycle of an edge and the way back from its target to its source.
   *
   * @param type the edge's
   */
  @Nullable Cycle closing(
      int source, int target, int type, int mask, IntPredicate allowed, int lengthMax) {
    return search(target, source, mask, allowed, lengthMax - 1) ? back(target, source, type) : null;
  }

  private boolean search(int from, int to, int mask, IntPredicate allowed, int lengthMax) {
    search++;
    int head = 0;
    int tail = 0;
    seenIn[from] = search;
    distance[from] = 0;
    queue[tail++] = from;
    while (head < tail) {
      int node = queue[head++];
      if (distance[node] >= lengthMax) {
        return false;
      }
      int first = graph.firstEdge(node);
      int end = graph.firstEdge(node + 1);
      if (!budget.spend(1L + end - first)) {
        return false;
      }
      for (int edge = first; edge < end; edge++) {
        int target = graph.target(edge);
        if (!graph.isOf(edge, mask)) {
          continue;
        }
        if (target == to) {
          cameFrom[to] = node;
          cameBy[to] = edge;
          return true;
        }
        if (seenIn[target] != search && allowed.test(target)) {
          seenIn[target] = search;
          distance[target] = distance[node] + 1;
          cameFrom[target] = node;
          cameBy[target] = edge;
          queue[tail++] = target;
        }
      }
    }
    return false;
  }

  /** The way that was found, with an edge of {@code closingType} from its end to its beginning. */
  private Cycle back(int from, int to, int closingType) {
    int steps = 1;
    for (int node = cameFrom[to]; node != from; node = cameFrom[node]) {
      steps++;
    }
    int length = closingType == 0 ? steps : steps + 1;
    int[] nodes = new int[length];
    int[] types = new int[length];
    if (closingType != 0) {
      nodes[steps] = to;
      types[steps] = closingType;
    }
    int node = to;
    for (int i = steps - 1; i >= 0; i--) {
      types[i] = graph.type(cameBy[node]);
      node = cameFrom[node];
      nodes[i] = node;
    }
    return new Cycle(nodes, types);
  }
}
