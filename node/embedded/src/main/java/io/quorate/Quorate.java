package io.quorate;

import io.quorate.client.ClientOptions;
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
    return new Starter(config, NodeMetrics.NONE, ClientOptions.DEFAULT);
  }

  /** Starts a member. */
  public static final class Starter {
    private final MemberConfig config;
    private final NodeMetrics metrics;
    private final ClientOptions options;

    private Starter(MemberConfig config, NodeMetrics metrics, ClientOptions options) {
      this.config = config;
      this.metrics = metrics;
      this.options = options;
    }

    /** The same, counted by {@code metrics}. */
    public Starter metrics(NodeMetrics own) {
      return new Starter(config, own, options);
    }

    /** The same, whose {@link EmbeddedNode#client} behaves so. */
    public Starter client(ClientOptions own) {
      return new Starter(config, metrics, own);
    }

    /**
     * Starts it. Returns when it has recovered what its directory holds; its client's calls wait
     * for the cluster.
     *
     * @throws io.quorate.base.QuorateException if it can't; the message says why
     */
    public EmbeddedNode start() {
      return new EmbeddedNode(Member.start(config, metrics), options);
    }
  }
}
