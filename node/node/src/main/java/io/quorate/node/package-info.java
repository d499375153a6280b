/**
 * A member of a cluster: the shell around the pure cores.
 *
 * <p><b>Owns</b> the loop on which every group of the member lives, the log thread behind it, the
 * frames that members exchange, and the way of a command: proposed, written and replicated at once,
 * committed, applied in one batch, answered. Services call a {@link io.quorate.node.Replica}.
 *
 * <p><b>Never</b> decides anything that a core should: who leads, what is committed, what a command
 * does. Never touches the outside but through {@link io.quorate.node.Env}, so that the same classes
 * run in production, inside an application and in the simulator. Knows neither Netty nor gRPC.
 *
 * <p><b>Invariants</b>: everything of a group happens on its loop; nothing on the loop blocks; an
 * entry is applied only when it is committed and durable here; every {@link io.quorate.node.Reply}
 * is called exactly once; a write whose outcome is unknown is never proposed again.
 *
 * <p>A group whose log lacks something begins when its peers have supplied it: {@code LogRepair}.
 *
 * <p><b>Start</b> with {@link io.quorate.node.Replica} and follow a write from {@link
 * io.quorate.node.Replica#write}.
 */
@NullMarked
package io.quorate.node;

import org.jspecify.annotations.NullMarked;
