package io.quorate;

import io.quorate.client.ClientOptions;
import io.quorate.client.QuorateClient;

/** A member in this JVM, and a client that calls it without a network. Safe for many threads. */
public final class EmbeddedNode implements AutoCloseable {
  private final Member member;
  private final DirectTimer timer;
  private final QuorateClient client;

  EmbeddedNode(Member member, ClientOptions options) {
    this.member = member;
    this.timer = new DirectTimer(member.loop());
    this.client =
        QuorateClient.over(
            new DirectChannel(member.loop(), member.services(), member.config().name()),
            timer,
            options);
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
    timer.close(); // behind the channel: what waited finds it closed
    member.close();
  }
}
