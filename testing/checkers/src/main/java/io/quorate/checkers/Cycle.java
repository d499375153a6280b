package io.quorate.checkers;

import java.util.Arrays;

/** A closed way through a graph: from each node an edge of the type beside it to the next one. */
final class Cycle {
  private final int[] nodes;
  private final int[] types;

  Cycle(int[] nodes, int[] types) {
    this.nodes = nodes;
    this.types = types;
  }

  int length() {
    return nodes.length;
  }

  int node(int i) {
    return nodes[i % nodes.length];
  }

  /** Of the edge from {@code node(i)} to {@code node(i + 1)}. */
  int type(int i) {
    return types[i % types.length];
  }

  /** With the nodes' names in another graph. */
  Cycle named(int[] names) {
    return new Cycle(Arrays.stream(nodes).map(node -> names[node]).toArray(), types);
  }

  /**
   * The part from {@code from} to before {@code to}, which are one node; round the end if need be.
   */
  Cycle loop(int from, int to) {
    int length = Math.floorMod(to - from, nodes.length);
    int[] loopNodes = new int[length];
    int[] loopTypes = new int[length];
    for (int i = 0; i < length; i++) {
      loopNodes[i] = node(from + i);
      loopTypes[i] = type(from + i);
    }
    return new Cycle(loopNodes, loopTypes);
  }
}
