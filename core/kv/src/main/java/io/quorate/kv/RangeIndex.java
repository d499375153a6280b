package io.quorate.kv;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Hash64;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which of many ranges of keys a key lies in.
 *
 * <p>Single keys are in a map. Wider ranges are in an interval tree: a search tree by where they
 * begin, in which each node knows how far the ranges below it reach. It is a treap whose priorities
 * are hashes of the ranges, so its shape depends on what is in it and on nothing else. Finding the
 * {@code m} ranges of a key among {@code n} takes {@code O(m log n)} steps.
 *
 * <p>Used by one thread.
 *
 * @param <V> what is kept with a range; compared by identity
 */
public final class RangeIndex<V> {
  private final TreeMap<Bytes, List<V>> keys = new TreeMap<>();
  private @Nullable Node<V> root;
  private int size;

  /** An empty index. */
  public RangeIndex() {}

  /** How many values are kept. */
  public int size() {
    return size;
  }

  /**
   * Adds a value for a range.
   *
   * @param key where it begins
   * @param rangeEnd as in a request: empty for the key alone, a zero byte for all from the key on
   */
  public void add(Bytes key, Bytes rangeEnd, V value) {
    size++;
    if (KeyRange.isSingle(rangeEnd)) {
      keys.computeIfAbsent(key, _ -> new ArrayList<>(1)).add(value);
    } else {
      root = insert(root, key, end(rangeEnd), value);
    }
  }

  /** Removes a value that was added for a range. */
  public void remove(Bytes key, Bytes rangeEnd, V value) {
    size--;
    if (KeyRange.isSingle(rangeEnd)) {
      List<V> values = keys.get(key);
      if (values == null || !removeFrom(values, value)) {
        throw Checks.unreachable("not in the index: " + key);
      }
      if (values.isEmpty()) {
        keys.remove(key);
      }
    } else {
      root = remove(root, key, end(rangeEnd), value);
    }
  }

  /** Hands over the values of all ranges that a key lies in, in an order that depends on them. */
  public void forEachAt(Bytes key, Consumer<? super V> consumer) {
    List<V> single = keys.get(key);
    if (single != null) {
      single.forEach(consumer);
    }
    visit(root, key, consumer);
  }

  /** Whether a key lies in any of the ranges. */
  public boolean holds(Bytes key) {
    if (keys.containsKey(key)) {
      return true;
    }
    // The range on the left that reaches farthest begins before all on the right.
    Node<V> at = root;
    while (at != null) {
      if (at.from.compareTo(key) <= 0 && reaches(at.to, key)) {
        return true;
      }
      boolean left = at.left != null && reaches(at.left.farthest, key);
      at = left ? at.left : at.from.compareTo(key) <= 0 ? at.right : null;
    }
    return false;
  }

  /** Where a range ends, or null if it has no end. */
  private static @Nullable Bytes end(Bytes rangeEnd) {
    return KeyRange.isUnbounded(rangeEnd) ? null : rangeEnd;
  }

  private static <V> void visit(@Nullable Node<V> node, Bytes key, Consumer<? super V> consumer) {
    Node<V> at = node;
    while (at != null && reaches(at.farthest, key)) {
      visit(at.left, key, consumer);
      if (at.from.compareTo(key) > 0) {
        return;
      }
      if (reaches(at.to, key)) {
        at.values.forEach(consumer);
      }
      at = at.right;
    }
  }

  private static boolean reaches(@Nullable Bytes end, Bytes key) {
    return end == null || key.compareTo(end) < 0;
  }

  private static <V> Node<V> insert(
      @Nullable Node<V> node, Bytes from, @Nullable Bytes to, V value) {
    if (node == null) {
      return new Node<>(from, to, value);
    }
    int order = node.compare(from, to);
    if (order == 0) {
      node.values.add(value);
      return node;
    }
    if (order < 0) {
      Node<V> left = insert(node.left, from, to, value);
      node.left = left;
      return left.priority > node.priority ? node.rotateRight(left) : node.measured();
    }
    Node<V> right = insert(node.right, from, to, value);
    node.right = right;
    return right.priority > node.priority ? node.rotateLeft(right) : node.measured();
  }

  private static <V> @Nullable Node<V> remove(
      @Nullable Node<V> node, Bytes from, @Nullable Bytes to, V value) {
    if (node == null) {
      throw Checks.unreachable("not in the index: " + from);
    }
    int order = node.compare(from, to);
    if (order < 0) {
      node.left = remove(node.left, from, to, value);
    } else if (order > 0) {
      node.right = remove(node.right, from, to, value);
    } else {
      if (!removeFrom(node.values, value)) {
        throw Checks.unreachable("not in the index: " + from);
      }
      if (node.values.isEmpty()) {
        return merge(node.left, node.right);
      }
    }
    return node.measured();
  }

  /** One tree of two, of which all of the first come before all of the second. */
  private static <V> @Nullable Node<V> merge(@Nullable Node<V> left, @Nullable Node<V> right) {
    if (left == null || right == null) {
      return left == null ? right : left;
    }
    if (left.priority > right.priority) {
      left.right = merge(left.right, right);
      return left.measured();
    }
    right.left = merge(left, right.left);
    return right.measured();
  }

  @SuppressWarnings("ReferenceEquality") // values are kept by identity
  private static <V> boolean removeFrom(List<V> values, V value) {
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) == value) {
        values.remove(i);
        return true;
      }
    }
    return false;
  }

  private static final class Node<V> {
    final Bytes from;
    final @Nullable Bytes to;
    final long priority;
    final List<V> values = new ArrayList<>(1);
    @Nullable Node<V> left;
    @Nullable Node<V> right;

    /** How far the ranges of this node and those below it reach; null: without end. */
    @Nullable Bytes farthest;

    Node(Bytes from, @Nullable Bytes to, V value) {
      this.from = from;
      this.to = to;
      this.priority = Hash64.of(from, to == null ? 1 : Hash64.of(to, 0));
      this.farthest = to;
      values.add(value);
    }

    /** Where a range comes: before this one, after it, or it is the same. */
    int compare(Bytes otherFrom, @Nullable Bytes otherTo) {
      int order = otherFrom.compareTo(from);
      if (order != 0) {
        return order;
      }
      if (to == null || otherTo == null) {
        return to == null ? (otherTo == null ? 0 : -1) : 1;
      }
      return otherTo.compareTo(to);
    }

    Node<V> rotateRight(Node<V> child) {
      left = child.right;
      measured();
      child.right = this;
      return child.measured();
    }

    Node<V> rotateLeft(Node<V> child) {
      right = child.left;
      measured();
      child.left = this;
      return child.measured();
    }

    /** Looks anew how far it reaches, after what is below it changed. */
    Node<V> measured() {
      farthest = to;
      include(left);
      include(right);
      return this;
    }

    private void include(@Nullable Node<V> child) {
      if (child != null
          && farthest != null
          && (child.farthest == null || child.farthest.compareTo(farthest) > 0)) {
        farthest = child.farthest;
      }
    }
  }
}
