package io.quorate;

import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;
import io.quorate.client.channel.Timer;
import io.quorate.node.Loop;

/** A member in this JVM, and a client that calls it without a network. Safe for many threads. */
public final class EmbeddedNode implements AutoCloseable {
  private final Member member;
  private final QuorateClient client;

  EmbeddedNode(Member member) {
    this.member = member;
    this.client =
        QuorateClient.over(
            new DirectChannel(member.loop(), member.services(), member.config().name()),
            new LoopTimer(member.loop()),
            ClientOptions.DEFAULT);
  }

  /** A client of the cluster that calls this member directly; closed with the node. */
  public QuorateClient client() {
    return client;
  }

  /** The member itself. */
  public Member member() {
    return member;
  }

  /** Stops the client and the member; when it returns, all their threads have ended. */
  @Override
  public void close() {
    client.close();
    member.close();
  }

  /** The client's clock is the member's. */
  private record LoopTimer(Loop loop) implements Timer {
    @Override
    public long nanoTime() {
      return loop.now();
    }

    @Override
    public void after(long delayNanos, Runnable task) {
      loop.execute(() -> loop.schedule(delayNanos, task));
    }
  }
}
