package io.quorate.checkers;

import java.util.Arrays;

/**
 * The strongly connected components of a graph, of those edges that a mask lets through: Tarjan's
 * algorithm (1972), with stacks of its own, since a history's paths are longer than a thread's
 * stack.
 *
 * <p>Two nodes lie on a common cycle exactly if they are in one component; so a graph has a cycle
 * exactly if a component has two nodes. That takes linear time, where to find the cycle may not.
 */
final class Components {
  private final int[] componentOf;
  private final int[] sizes;

  private Components(int[] componentOf, int[] sizes) {
    this.componentOf = componentOf;
    this.sizes = sizes;
  }

  static Components of(Graph graph, int mask) {
    int nodes = graph.nodes();
    int[] component = new int[nodes];
    int[] order = new int[nodes]; // when a node was first seen, from 1; 0 if it wasn't
    int[] low = new int[nodes];
    int[] open = new int[nodes]; // seen, and still without a component
    int[] path = new int[nodes];
    int[] nextEdge = new int[nodes];
    int[] sizes = new int[nodes];
    Arrays.fill(component, -1);
    int seen = 0;
    int opened = 0;
    int count = 0;
    for (int root = 0; root < nodes; root++) {
      if (order[root] != 0) {
        continue;
      }
      int depth = 0;
      path[0] = root;
      order[root] = low[root] = ++seen;
      open[opened++] = root;
      nextEdge[root] = graph.firstEdge(root);
      while (depth >= 0) {
        int node = path[depth];
        if (nextEdge[node] < graph.firstEdge(node + 1)) {
          int edge = nextEdge[node]++;
          if (!graph.isOf(edge, mask)) {
            continue;
          }
          int target = graph.target(edge);
          if (order[target] == 0) {
            order[target] = low[target] = ++seen;
            open[opened++] = target;
            nextEdge[target] = graph.firstEdge(target);
            path[++depth] = target;
          } else if (component[target] < 0) {
            low[node] = Math.min(low[node], order[target]);
          }
          continue;
        }
        if (low[node] == order[node]) {
          int member;
          do {
            member = open[--opened];
            component[member] = count;
            sizes[count]++;
          } while (member != node);
          count++;
        }
        depth--;
        if (depth >= 0) {
          low[path[depth]] = Math.min(low[path[depth]], low[node]);
        }
      }
    }
    return new Components(component, Arrays.copyOf(sizes, count));
  }

  /** A number of the node's component, from 0. */
  int of(int node) {
    return componentOf[node];
  }

  /** Whether the node lies on a cycle. */
  boolean isCyclic(int node) {
    return sizes[componentOf[node]] > 1;
  }

  /** Whether there is any cycle. */
  boolean hasCycle() {
    return sizes.length < componentOf.length;
  }

  /** Whether the two lie on a common cycle. */
  boolean areTogether(int a, int b) {
    return componentOf[a] == componentOf[b];
  }

  /** The components of two nodes and more, in the order of their first nodes; each ascending. */
  int[][] cyclic() {
    int[] at = new int[sizes.length];
    Arrays.fill(at, -1);
    int[] filled = new int[sizes.length];
    int[][] groups = new int[sizes.length][];
    int count = 0;
    for (int node = 0; node < componentOf.length; node++) {
      int component = componentOf[node];
      if (sizes[component] < 2) {
        continue;
      }
      if (at[component] < 0) {
        at[component] = count;
        groups[count++] = new int[sizes[component]];
      }
      groups[at[component]][filled[component]++] = node;
    }
    return Arrays.copyOf(groups, count);
  }
}
