package io.quorate.checkers;

import java.util.Arrays;

/**
 * Dependencies between transactions: a directed graph with typed edges in flat arrays, as millions
 * of edges are usual. Two nodes may have several edges, each of one type. Unchanging.
 */
final class Graph {
  static final int WW = 1;
  static final int WR = 2;
  static final int RW = 4;
  static final int PROCESS = 8;
  static final int REALTIME = 16;
  static final int ALL = WW | WR | RW | PROCESS | REALTIME;

  private final int[] offsets;
  private final int[] targets;
  private final byte[] types;

  private Graph(int[] offsets, int[] targets, byte[] types) {
    this.offsets = offsets;
    this.targets = targets;
    this.types = types;
  }

  /** Collects edges. Past a bound it takes no more, and remembers that it didn't. */
  static final class Builder {
    private final int nodes;
    private final int edgesMax;
    private int[] from = new int[1024];
    private int[] to = new int[1024];
    private byte[] types = new byte[1024];
    private int size;
    private boolean overflowed;

    Builder(int nodes, int edgesMax) {
      this.nodes = nodes;
      this.edgesMax = edgesMax;
    }

    /** An edge from a transaction to itself says nothing and is left out. */
    void add(int source, int target, int type) {
      if (source == target) {
        return;
      }
      if (size == edgesMax) {
        overflowed = true;
        return;
      }
      if (size == from.length) {
        int capacity = size + (size >> 1);
        from = Arrays.copyOf(from, capacity);
        to = Arrays.copyOf(to, capacity);
        types = Arrays.copyOf(types, capacity);
      }
      from[size] = source;
      to[size] = target;
      types[size++] = (byte) type;
    }

    /** Whether edges were left out: what isn't found then isn't shown to be absent. */
    boolean overflowed() {
      return overflowed;
    }

    Graph build() {
      int[] offsets = new int[nodes + 1];
      for (int i = 0; i < size; i++) {
        offsets[from[i] + 1]++;
      }
      for (int node = 0; node < nodes; node++) {
        offsets[node + 1] += offsets[node];
      }
      int[] next = Arrays.copyOf(offsets, nodes);
      int[] targets = new int[size];
      byte[] sorted = new byte[size];
      for (int i = 0; i < size; i++) {
        int at = next[from[i]]++;
        targets[at] = to[i];
        sorted[at] = types[i];
      }
      return new Graph(offsets, targets, sorted);
    }
  }

  int nodes() {
    return offsets.length - 1;
  }

  int edges() {
    return targets.length;
  }

  /** The first edge of {@code node}; its last one is before {@code firstEdge(node + 1)}. */
  int firstEdge(int node) {
    return offsets[node];
  }

  int target(int edge) {
    return targets[edge];
  }

  int type(int edge) {
    return types[edge];
  }

  boolean isOf(int edge, int mask) {
    return (types[edge] & mask) != 0;
  }

  /**
   * The part between {@code members}, which become the nodes 0, 1, 2… in their order.
   *
   * @param places room for a number per node of this graph, all -1; left as it was found
   */
  Graph between(int[] members, int[] places) {
    for (int i = 0; i < members.length; i++) {
      places[members[i]] = i;
    }
    Builder part = new Builder(members.length, Integer.MAX_VALUE);
    for (int i = 0; i < members.length; i++) {
      for (int edge = offsets[members[i]]; edge < offsets[members[i] + 1]; edge++) {
        if (places[targets[edge]] >= 0) {
          part.add(i, places[targets[edge]], types[edge]);
        }
      }
    }
    for (int member : members) {
      places[member] = -1;
    }
    return part.build();
  }
}
