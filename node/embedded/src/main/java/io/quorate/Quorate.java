package io.quorate;

import io.quorate.node.NodeMetrics;

/**
 * The way in for an application that runs a member in its own JVM.
 *
 * <pre>{@code
 * try (EmbeddedNode node = Quorate.node(MemberConfig.alone(Path.of("data"))).start()) {
 *   node.client().kv().put("greeting", "hello");
 * }
 * }</pre>
 */
public final class Quorate {
  private Quorate() {}

  /** A member that is described and not started yet. */
  public static Starter node(MemberConfig config) {
    return new Starter(config, NodeMetrics.NONE);
  }

  /** Starts a member. */
  public static final class Starter {
    private final MemberConfig config;
    private final NodeMetrics metrics;

    private Starter(MemberConfig config, NodeMetrics metrics) {
      this.config = config;
      this.metrics = metrics;
    }

    /** The same, counted by {@code metrics}. */
    public Starter metrics(NodeMetrics own) {
      return new Starter(config, own);
    }

    /**
     * Starts it. Returns when it has recovered what its directory holds; its client's calls wait
     * for the cluster.
     *
     * @throws io.quorate.base.QuorateException if it can't; the message says why
     */
    public EmbeddedNode start() {
      return new EmbeddedNode(Member.start(config, metrics));
    }
  }
}
