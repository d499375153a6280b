package io.quorate.engine;

import io.quorate.base.Checks;
import io.quorate.base.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A B+ tree of rows whose old versions stay whole: a change copies the nodes on its way to the
 * root, once per {@link Editor}, and shares all others.
 *
 * <p>A published tree never changes, so any thread may read it. Rows are in the leaves; an inner
 * node knows its children and a lower bound of each. A node that gets small joins a neighbour if
 * both fit into one; so the tree shrinks as rows go, though a node whose neighbours are full may
 * stay small.
 */
final class RowTree {
  private static final int FANOUT = 32;
  private static final byte[] NO_KEY = {};

  /** No rows. */
  static final RowTree EMPTY = new RowTree(new Node(0, true), 0, 0, 0);

  private final Node root;
  private final long rows;
  private final long bytes;
  private final long version;

  private RowTree(Node root, long rows, long bytes, long version) {
    this.root = root;
    this.rows = rows;
    this.bytes = bytes;
    this.version = version;
  }

  long rows() {
    return rows;
  }

  /** Keys and values together. */
  long bytes() {
    return bytes;
  }

  byte @Nullable [] get(byte[] key) {
    return get(root, key);
  }

  private static byte @Nullable [] get(Node root, byte[] key) {
    Node node = root;
    while (!node.leaf) {
      node = node.child(node.childFor(key));
    }
    int at = node.search(key);
    return at < 0 ? null : node.value(at);
  }

  /** The rows from {@code from} up to, not including, {@code to} (null: to the end). */
  RowCursor scan(byte[] from, byte @Nullable [] to) {
    return new TreeCursor(root, from, to);
  }

  /** Starts a change; the tree itself stays as it is. */
  Editor edit() {
    return new Editor(this);
  }

  /**
   * A node of at most {@link #FANOUT} slots: rows in a leaf; in an inner node children, each with a
   * key that no row beneath it is smaller than and every row before it is.
   */
  private static final class Node {
    /**
     * The version that this node was made for. An editor may change the nodes of its own version:
     * whatever else it can reach is older.
     */
    private final long version;

    private final boolean leaf;
    private final byte[][] keys = new byte[FANOUT][];
    private final Object[] slots = new Object[FANOUT];
    private int count;

    private Node(long version, boolean leaf) {
      this.version = version;
      this.leaf = leaf;
      Arrays.fill(keys, NO_KEY);
      Arrays.fill(slots, NO_KEY);
    }

    private Node child(int at) {
      return (Node) slots[at];
    }

    private byte[] value(int at) {
      return (byte[]) slots[at];
    }

    /** Where a key is, or the complement of where it would go. */
    private int search(byte[] key) {
      int low = 0;
      int high = count - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        int order = Arrays.compareUnsigned(keys[middle], key);
        if (order < 0) {
          low = middle + 1;
        } else if (order > 0) {
          high = middle - 1;
        } else {
          return middle;
        }
      }
      return ~low;
    }

    /** The child beneath which a key belongs. */
    private int childFor(byte[] key) {
      int at = search(key);
      return at >= 0 ? at : Math.max(0, ~at - 1);
    }

    private void insert(int at, byte[] key, Object slot) {
      System.arraycopy(keys, at, keys, at + 1, count - at);
      System.arraycopy(slots, at, slots, at + 1, count - at);
      keys[at] = key;
      slots[at] = slot;
      count++;
    }

    private void remove(int at) {
      System.arraycopy(keys, at + 1, keys, at, count - at - 1);
      System.arraycopy(slots, at + 1, slots, at, count - at - 1);
      count--;
      keys[count] = NO_KEY;
      slots[count] = NO_KEY;
    }
  }

  /** Changes that become one new tree. Used by one thread, once. */
  static final class Editor {
    private final long version;
    private Node root;
    private long rows;
    private long bytes;
    private boolean finished;

    private Editor(RowTree tree) {
      this.version = tree.version + 1;
      this.root = tree.root;
      this.rows = tree.rows;
      this.bytes = tree.bytes;
    }

    /** Puts a row, replacing what it held. */
    void put(byte[] key, byte[] value) {
      expectUnfinished();
      Node top = owned(root);
      Node right = put(top, key, value);
      if (right != null) {
        Node above = new Node(version, false);
        above.insert(0, top.keys[0], top);
        above.insert(1, right.keys[0], right);
        top = above;
      }
      root = top;
    }

    /** Removes a row, if it is there. */
    void delete(byte[] key) {
      expectUnfinished();
      byte[] value = RowTree.get(root, key);
      if (value == null) {
        return;
      }
      Node top = owned(root);
      delete(top, key);
      while (!top.leaf && top.count == 1) {
        top = top.child(0);
      }
      root = !top.leaf && top.count == 0 ? new Node(version, true) : top;
      rows--;
      bytes -= key.length + value.length;
    }

    /** Removes the rows of a range. */
    void deleteRange(byte[] from, byte[] to) {
      expectUnfinished();
      List<byte[]> doomed = new ArrayList<>();
      for (TreeCursor cursor = new TreeCursor(root, from, to); cursor.next(); ) {
        doomed.add(cursor.key());
      }
      for (byte[] key : doomed) {
        delete(key);
      }
    }

    /** The new tree; no change is possible after it. */
    RowTree finish() {
      expectUnfinished();
      finished = true;
      return new RowTree(root, rows, bytes, version);
    }

    /** Puts into a node that is ours; the new right half if it had to be split. */
    private @Nullable Node put(Node node, byte[] key, byte[] value) {
      if (node.leaf) {
        int at = node.search(key);
        if (at >= 0) {
          bytes += value.length - node.value(at).length;
          node.keys[at] = key;
          node.slots[at] = value;
          return null;
        }
        node.insert(~at, key, value);
        rows++;
        bytes += key.length + value.length;
      } else {
        int at = node.childFor(key);
        if (at == 0 && Arrays.compareUnsigned(key, node.keys[0]) < 0) {
          node.keys[0] = key;
        }
        Node child = owned(node.child(at));
        node.slots[at] = child;
        Node right = put(child, key, value);
        if (right != null) {
          node.insert(at + 1, right.keys[0], right);
        }
      }
      return node.count == FANOUT ? split(node) : null;
    }

    private Node split(Node node) {
      int half = node.count / 2;
      Node right = new Node(version, node.leaf);
      right.count = node.count - half;
      System.arraycopy(node.keys, half, right.keys, 0, right.count);
      System.arraycopy(node.slots, half, right.slots, 0, right.count);
      Arrays.fill(node.keys, half, node.count, NO_KEY);
      Arrays.fill(node.slots, half, node.count, NO_KEY);
      node.count = half;
      return right;
    }

    /** Deletes a row that is there from beneath a node that is ours. */
    private void delete(Node node, byte[] key) {
      if (node.leaf) {
        node.remove(node.search(key));
        return;
      }
      int at = node.childFor(key);
      Node child = owned(node.child(at));
      node.slots[at] = child;
      delete(child, key);
      if (child.count == 0) {
        node.remove(at);
      } else if (child.count < FANOUT / 4) {
        joinNeighbour(node, at);
      }
    }

    private void joinNeighbour(Node node, int at) {
      int left = at > 0 ? at - 1 : at;
      if (left + 1 >= node.count) {
        return;
      }
      Node right = node.child(left + 1);
      if (node.child(left).count + right.count > FANOUT / 2) {
        return;
      }
      Node joined = owned(node.child(left));
      System.arraycopy(right.keys, 0, joined.keys, joined.count, right.count);
      System.arraycopy(right.slots, 0, joined.slots, joined.count, right.count);
      joined.count += right.count;
      node.slots[left] = joined;
      node.remove(left + 1);
    }

    private Node owned(Node node) {
      if (node.version == version) {
        return node;
      }
      Node copy = new Node(version, node.leaf);
      System.arraycopy(node.keys, 0, copy.keys, 0, node.count);
      System.arraycopy(node.slots, 0, copy.slots, 0, node.count);
      copy.count = node.count;
      return copy;
    }

    private void expectUnfinished() {
      Checks.that(!finished, "an edit after its end");
    }
  }

  /** A walk: the path from the root to the present row's leaf, and the place in each node. */
  private static final class TreeCursor implements RowCursor {
    /** A tree of this height would have more rows than there is memory for. */
    private static final int HEIGHT_MAX = 24;

    private final Node[] path = new Node[HEIGHT_MAX];
    private final int[] places = new int[HEIGHT_MAX];
    private final byte @Nullable [] to;
    private int depth;
    private boolean atRow;

    private TreeCursor(Node root, byte[] from, byte @Nullable [] to) {
      this.to = to;
      Node node = root;
      while (true) {
        path[depth] = node;
        if (node.leaf) {
          int at = node.search(from);
          places[depth] = (at < 0 ? ~at : at) - 1;
          return;
        }
        places[depth] = node.childFor(from);
        node = node.child(places[depth]);
        depth++;
      }
    }

    @Override
    public boolean next() {
      atRow = forward() && (to == null || Arrays.compareUnsigned(leafKey(), to) < 0);
      if (!atRow) {
        depth = -1;
      }
      return atRow;
    }

    @Override
    public byte[] key() {
      Checks.that(atRow, "a cursor beside the rows was asked for its key");
      return leafKey();
    }

    @Override
    public byte[] value() {
      Checks.that(atRow, "a cursor beside the rows was asked for its value");
      return path[depth].value(places[depth]);
    }

    @Override
    public void close() {
      depth = -1;
      atRow = false;
    }

    private byte[] leafKey() {
      return path[depth].keys[places[depth]];
    }

    private boolean forward() {
      // Up to the first node with a place to the right, then down along its left edge.
      while (depth >= 0 && ++places[depth] >= path[depth].count) {
        depth--;
      }
      if (depth < 0) {
        return false;
      }
      while (!path[depth].leaf) {
        Node child = path[depth].child(places[depth]);
        depth++;
        path[depth] = child;
        places[depth] = 0;
      }
      return true;
    }
  }
}
