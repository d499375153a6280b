package io.quorate.transport;

import io.quorate.base.Bytes;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.node.ClusterView;
import io.quorate.node.PeerHandshake;
import io.quorate.node.SparseLog;
import io.quorate.node.Transport.Handler;
import io.quorate.node.Transport.Lane;
import io.quorate.node.Transport.Rejection.Ground;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/**
 * A question on a member's peer port, by one that isn't a member yet or doesn't know whether it
 * still is: in which cluster are you, and who belongs to it? An introduction that is meant for
 * nobody asks it, the welcome's extension answers, and that ends the connection.
 *
 * <p>Used on the loop only.
 */
public final class ClusterQuestion {
  private static final SparseLog UNUSED =
      new SparseLog(System.getLogger(ClusterQuestion.class.getName()), Level.DEBUG);

  private final CompletableFuture<ClusterView> answer = new CompletableFuture<>();

  private ClusterQuestion() {}

  /**
   * Asks at an address.
   *
   * @param self the member that asks; 0 if it is none yet
   * @return completes on the loop, exceptionally if there is no answer: the message says why
   */
  public static CompletableFuture<ClusterView> ask(
      NettyLoop loop, TransportSettings settings, long self, InetSocketAddress address) {
    ClusterQuestion question = new ClusterQuestion();
    PeerHandshake nobody = new PeerHandshake(0, self, 0, 0, 0, Bytes.EMPTY);
    new Connections(loop, settings, UNUSED, question.new Asker())
        .dial(new Greeting.Hello(Lane.CONSENSUS, 0, nobody), address, address.getHostString(), 0);
    return question.answer;
  }

  /** What a member answers. */
  static Greeting answer(Handler member, Greeting.Hello hello) {
    long asker = hello.introduction().from();
    Bytes view = member.describe(asker);
    if (view.length() > Greeting.EXTENSION_BYTES_MAX) {
      return new Greeting.Refusal("there are more members than can be told of");
    }
    PeerHandshake own = member.introduce(asker);
    return new Greeting.Welcome(
        hello.lane(),
        hello.conversation(),
        new PeerHandshake(own.clusterId(), own.from(), asker, own.boot(), own.nonce(), view));
  }

  private void fail(String why) {
    answer.completeExceptionally(QuorateException.of(ErrorCode.UNREACHABLE, why, null));
  }

  private final class Asker implements Link.Owner {
    @Override
    public Greeting answer(Link link, Greeting.Hello hello) {
      return new Greeting.Refusal("only an asker");
    }

    @Override
    public Greeting accept(Link link, Greeting.Welcome welcome) {
      try {
        answer.complete(ClusterView.decode(welcome.introduction().extension()));
      } catch (IllegalArgumentException e) {
        fail(String.valueOf(e.getMessage()));
      }
      return new Greeting.Refusal("that was all", Ground.INTRODUCTION);
    }

    @Override
    public void opened(Link link) {
      link.close("only an asker");
    }

    @Override
    public void refused(Link link, Greeting.Refusal refusal) {
      fail("it refuses: " + refusal.reason());
    }

    @Override
    public void garbage(Link link, String what) {
      fail(what);
    }

    @Override
    public void frame(Link link, Bytes frame) {}

    @Override
    public void roomAgain(Link link) {}

    @Override
    public void closed(Link link, boolean opened, String why) {
      fail(why);
    }

    @Override
    public void failed(Link link, Throwable failure) {
      fail(failure.toString());
    }
  }
}
