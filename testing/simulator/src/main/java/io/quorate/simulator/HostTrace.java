package io.quorate.simulator;

import io.quorate.node.NodeMetrics;
import io.quorate.node.NodeTrace;

/** Who looks at one run of a member. */
interface HostTrace extends NodeTrace, NodeMetrics {
  /** How often groups have begun in it. */
  int begins();
}
