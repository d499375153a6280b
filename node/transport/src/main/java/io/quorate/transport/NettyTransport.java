package io.quorate.transport;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.node.PeerHandshake;
import io.quorate.node.SparseLog;
import io.quorate.node.Transport;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Conversations between members over TCP, all on one loop that is shared with everything else of
 * the member.
 *
 * <p><b>Who dials.</b> Of two members the one with the smaller id (unsigned) dials the other, so a
 * pair never has two connections to choose from. A new connection from the same dialler replaces
 * the one that stands, since the dialler knows that it is gone. After a break it dials again almost
 * at once, then at growing, jittered pauses ({@link Pause}); after a refusal by either side, at far
 * longer ones.
 *
 * <p><b>A conversation</b> begins with the greetings ({@link Greeting}) on a connection for the
 * consensus lane. The dialler then opens a second one for the bulk lane, under the same
 * conversation's number, so that chunks of a snapshot never stand before an append. The end of
 * either ends the conversation: what a lane carried is then lost together with it.
 *
 * <p><b>A dead peer</b> is noticed by the end of its connection in the turn in which the system
 * reports it; a host that went away without a word, by five keep-alives that don't come.
 *
 * <p><b>Strangers</b> get a deadline, a bound on how many they may be, and one line in the log
 * every ten seconds for all of them.
 */
public final class NettyTransport implements Transport {
  private static final Logger LOG = System.getLogger(NettyTransport.class.getName());

  private static final int QUIET_TICKS_MAX = 5;

  /** A conversation shorter than this doesn't count as a success: redialling it stays slow. */
  private static final long STEADY_NANOS = 1_000_000_000;

  private final NettyLoop loop;
  private final TransportSettings settings;
  private final SplittableRandom random = new SplittableRandom();
  private final SparseLog strangers = new SparseLog(LOG, Level.WARNING);
  private final SparseLog unreachable = new SparseLog(LOG, Level.INFO);
  private final SparseLog refusals = new SparseLog(LOG, Level.WARNING);
  private final Connections connections;

  /** Few enough that looking through them is quicker than hashing. */
  private Peer[] peers = new Peer[0];

  private @Nullable Handler handler;

  /** How many attempts to begin a conversation were made. */
  private long conversations;

  private boolean closed;

  /** The loop stays its creator's, who shuts it down after {@link #close}. */
  public NettyTransport(NettyLoop loop, TransportSettings settings) {
    this.loop = loop;
    this.settings = settings;
    this.connections = new Connections(loop, settings, strangers, new LinkOwner());
  }

  /** Where it listens, with the ports that port 0 became. */
  public List<InetSocketAddress> listening() {
    return connections.listening();
  }

  @Override
  public void start(Handler handler) {
    checkLoop();
    Checks.that(this.handler == null, "the transport has been started already");
    this.handler = handler;
    for (InetSocketAddress address : settings.listen()) {
      connections.listen(address);
    }
    tickLater();
  }

  @Override
  public void connect(long member, List<InetSocketAddress> addresses) {
    checkLoop();
    Checks.that(!addresses.isEmpty(), "no address for member %d", member);
    Peer peer = peerOrNew(member);
    peer.addresses = List.copyOf(addresses);
    peer.pause.reset();
    if (dials(peer)) {
      // Not the bulk lane's timer: while a conversation stands, only that brings the lane back.
      if (peer.redial != null) {
        peer.redial.cancel();
      }
      dial(peer);
    }
  }

  @Override
  public void disconnect(long member) {
    checkLoop();
    Peer peer = peer(member);
    if (peer == null) {
      return;
    }
    peer.addresses = List.of();
    peer.cancelTimers();
    if (peer.consensus == null) {
      forget(peer);
    } else {
      // The node hears of it later in this turn, not from inside its own call.
      peer.consensus.close("disconnected");
    }
  }

  @Override
  public boolean send(long member, Lane lane, Bytes head, Bytes body) {
    Peer peer = peer(member);
    if (peer == null || peer.consensus == null) {
      return false;
    }
    Link link = lane == Lane.CONSENSUS ? peer.consensus : peer.bulk;
    if (link == null) {
      peer.bulkMissed = true;
      return false;
    }
    return link.send(head, body);
  }

  @Override
  public void flush() {
    for (Peer peer : peers) {
      if (peer.consensus != null) {
        peer.consensus.flush();
      }
      if (peer.bulk != null) {
        peer.bulk.flush();
      }
    }
  }

  @Override
  public long queuedBytes(long member) {
    Peer peer = peer(member);
    if (peer == null) {
      return 0;
    }
    return (peer.consensus == null ? 0 : peer.consensus.queuedBytes())
        + (peer.bulk == null ? 0 : peer.bulk.queuedBytes());
  }

  @Override
  public void close() {
    checkLoop();
    if (closed) {
      return;
    }
    closed = true;
    for (Peer peer : peers) {
      peer.cancelTimers();
    }
    connections.close();
  }

  // Dialling

  private boolean dials(Peer peer) {
    return Long.compareUnsigned(self(peer.id), peer.id) < 0;
  }

  private long self(long to) {
    return handler().introduce(to).from();
  }

  private void dial(Peer peer) {
    peer.redial = null;
    if (closed || !peer.isWanted() || peer.dialling || peer.consensus != null) {
      return;
    }
    peer.dialling = true;
    peer.refused = false;
    peer.conversation = ++conversations;
    dial(peer, Lane.CONSENSUS, peer.conversation);
  }

  private void dialBulk(Peer peer) {
    peer.bulkRedial = null;
    if (!closed && peer.isWanted() && peer.consensus != null) {
      dial(peer, Lane.BULK, peer.conversation);
    }
  }

  private void dial(Peer peer, Lane lane, long conversation) {
    PeerHandshake introduction = handler().introduce(peer.id);
    Greeting.Hello hello = new Greeting.Hello(lane, conversation, introduction);
    int attempt = peer.attempts++;
    int round = attempt / peer.addresses.size();
    InetSocketAddress address = peer.addressFor(attempt);
    if (peer.consensus == null) {
      peer.host = address.getHostString();
    } else {
      // The bulk lane goes to where the consensus lane found the peer.
      address = (InetSocketAddress) peer.consensus.channel().remoteAddress();
    }
    connections.dial(hello, address, peer.host, round);
  }

  private void redialLater(Peer peer) {
    if (closed || !peer.isWanted() || peer.redial != null || peer.dialling || !dials(peer)) {
      return;
    }
    long pause = peer.refused ? peer.pause.afterRefusal() : peer.pause.afterFailure();
    peer.redial = loop.schedule(pause, () -> dial(peer));
  }

  // Conversations

  private void begin(Peer peer, Link link, PeerHandshake introduction) {
    end(peer, "replaced by a newer connection");
    peer.consensus = link;
    peer.introduction = introduction;
    peer.conversation = link.conversation();
    peer.upSince = loop.now();
    peer.dialling = false;
    LOG.log(
        Level.INFO,
        "peer_up member=" + hex(peer.id) + " address=" + link.channel().remoteAddress());
    handler().up(introduction);
    if (link.dialled() && peer.consensus == link) {
      peer.bulkPause.reset();
      dialBulk(peer);
    }
  }

  /** Ends the conversation with a peer, if one stands. */
  private void end(Peer peer, String why) {
    Link consensus = peer.consensus;
    if (consensus == null) {
      return;
    }
    Link bulk = peer.bulk;
    peer.consensus = null;
    peer.bulk = null;
    peer.introduction = null;
    peer.bulkMissed = false;
    if (peer.bulkRedial != null) {
      peer.bulkRedial.cancel();
      peer.bulkRedial = null;
    }
    if (loop.now() - peer.upSince >= STEADY_NANOS) {
      peer.pause.reset();
    }
    peer.refused = false;
    consensus.close(why);
    if (bulk != null) {
      bulk.close(why);
    }
    LOG.log(Level.INFO, "peer_down member=" + hex(peer.id) + " why=\"" + why + "\"");
    handler().down(peer.id, why);
  }

  private void tickLater() {
    loop.schedule(settings.keepAlive().toNanos(), this::tick);
  }

  private void tick() {
    if (closed) {
      return;
    }
    for (Peer peer : peers) {
      tick(peer.consensus);
      tick(peer.bulk);
    }
    tickLater();
  }

  private void tick(@Nullable Link link) {
    if (link != null && link.tick() >= QUIET_TICKS_MAX) {
      link.close("silent for " + settings.keepAlive().multipliedBy(QUIET_TICKS_MAX));
    }
  }

  /** Judges links and turns their events into the node's. */
  private final class LinkOwner implements Link.Owner {
    @Override
    public Greeting answer(Link link, Greeting.Hello hello) {
      PeerHandshake peer = hello.introduction();
      PeerHandshake own = handler().introduce(peer.from());
      Rejection rejection = judgeCertificate(link, peer.from());
      if (rejection == null && isQuestion(link)) {
        return ClusterQuestion.answer(handler(), hello);
      }
      if (rejection == null) {
        rejection =
            hello.lane() == Lane.BULK ? judgeBulk(link, peer) : judgeDialler(own.from(), peer);
      }
      if (rejection != null) {
        if (hello.lane() == Lane.CONSENSUS) {
          logRefusal("refused", link, peer.from(), rejection.reason());
        }
        return new Greeting.Refusal(rejection.reason(), rejection.ground());
      }
      return new Greeting.Welcome(hello.lane(), hello.conversation(), own);
    }

    @Override
    public Greeting accept(Link link, Greeting.Welcome welcome) {
      Greeting.Hello hello = link.hello();
      PeerHandshake own = hello.introduction();
      PeerHandshake other = welcome.introduction();
      Peer peer = peer(own.to());
      Rejection rejection;
      if (peer == null || !peer.isWanted() || peer.conversation != hello.conversation()) {
        rejection = wrong("it isn't wanted any more");
      } else if (other.from() != own.to()) {
        rejection = wrong("this is member " + hex(other.from()) + ", not " + hex(own.to()));
      } else if (welcome.lane() != hello.lane() || welcome.conversation() != hello.conversation()) {
        rejection = wrong("the welcome is for another conversation");
      } else if (hello.lane() == Lane.BULK) {
        rejection = judgeBulk(link, other);
      } else {
        rejection = handler().admit(other);
      }
      if (rejection == null) {
        return new Greeting.Go();
      }
      if (hello.lane() == Lane.CONSENSUS) {
        logRefusal("refused", link, own.to(), rejection.reason());
        markRefused(link);
      }
      return new Greeting.Refusal(rejection.reason(), rejection.ground());
    }

    @Override
    public void opened(Link link) {
      connections.opened(link);
      PeerHandshake introduction = link.introduction();
      Peer peer = peerOrNew(introduction.from());
      if (link.lane() == Lane.CONSENSUS) {
        begin(peer, link, introduction);
      } else if (judgeBulk(link, introduction) == null) {
        peer.bulk = link;
        if (peer.bulkMissed) {
          peer.bulkMissed = false;
          handler().roomAgain(peer.id);
        }
      } else {
        link.close("its conversation is over");
      }
    }

    @Override
    public void refused(Link link, Greeting.Refusal refusal) {
      if (link.lane() == Lane.CONSENSUS && !isQuestion(link)) {
        logRefusal("refused_by_peer", link, memberOf(link), refusal.reason());
        markRefused(link);
        Rejection rejection = new Rejection(refusal.reason(), refusal.ground());
        if (rejection.disowns() && memberOf(link) != 0) {
          handler().disowned(memberOf(link), rejection);
        }
      }
    }

    @Override
    public void garbage(Link link, String what) {
      strangers.log(
          loop.now(),
          "peer_garbage from=" + link.channel().remoteAddress() + " what=\"" + what + "\"");
    }

    @Override
    public void frame(Link link, Bytes frame) {
      handler().frame(link.introduction().from(), link.lane(), frame);
    }

    @Override
    public void roomAgain(Link link) {
      handler().roomAgain(link.introduction().from());
    }

    @Override
    public void closed(Link link, boolean opened, String why) {
      connections.closed(link, opened);
      if (closed) {
        return;
      }
      Peer peer = peer(memberOf(link));
      if (peer == null) {
        return;
      }
      if (link == peer.consensus || link == peer.bulk) {
        end(peer, why);
        redialOrForget(peer);
      } else if (link.dialled() && !opened && link.conversation() == peer.conversation) {
        if (link.lane() == Lane.CONSENSUS) {
          peer.dialling = false;
          if (!peer.refused) {
            logUnreachable(peer, why);
          }
          redialOrForget(peer);
        } else if (peer.consensus != null && peer.bulkRedial == null) {
          peer.bulkRedial = loop.schedule(peer.bulkPause.afterFailure(), () -> dialBulk(peer));
        }
      }
    }

    @Override
    public void failed(Link link, Throwable failure) {
      LOG.log(Level.ERROR, "peer_failed member=" + hex(memberOf(link)), failure);
    }

    private @Nullable Rejection judgeCertificate(Link link, long member) {
      PeerTls tls = settings.tls();
      if (tls == null) {
        return null;
      }
      Peer known = peer(member);
      List<String> hosts =
          known != null && known.isWanted() ? known.hosts() : List.of(link.remoteHost());
      return tls.diallers().mayBe(link.certificate(), hosts)
          ? null
          : wrong(
              "the certificate shown is not that of member "
                  + hex(member)
                  + ": as a subject alternative name it should have one of "
                  + hosts);
    }

    private @Nullable Rejection judgeDialler(long self, PeerHandshake peer) {
      if (Long.compareUnsigned(peer.from(), self) >= 0) {
        return wrong(
            "of two members the one with the smaller id dials, and "
                + hex(peer.from())
                + " isn't smaller than "
                + hex(self));
      }
      return handler().admit(peer);
    }

    /** A bulk lane belongs to the conversation that stands, with the same life of the member. */
    private @Nullable Rejection judgeBulk(Link link, PeerHandshake peer) {
      Peer known = peer(peer.from());
      PeerHandshake standing = known == null ? null : known.introduction;
      return known != null
              && standing != null
              && known.conversation == link.conversation()
              && standing.clusterId() == peer.clusterId()
              && standing.boot() == peer.boot()
              && standing.nonce() == peer.nonce()
          ? null
          : wrong("no such conversation");
    }

    private static Rejection wrong(String reason) {
      return new Rejection(reason, Rejection.Ground.INTRODUCTION);
    }

    private void markRefused(Link link) {
      Peer peer = peer(memberOf(link));
      if (link.dialled() && peer != null && link.conversation() == peer.conversation) {
        peer.refused = true;
      }
    }

    private void logRefusal(String event, Link link, long member, String reason) {
      refusals.log(
          loop.now(),
          "peer_"
              + event
              + " member="
              + hex(member)
              + " address="
              + link.channel().remoteAddress()
              + " reason=\""
              + reason
              + "\"");
    }
  }

  private void logUnreachable(Peer peer, String why) {
    unreachable.log(loop.now(), "peer_unreachable member=" + hex(peer.id) + " why=\"" + why + "\"");
  }

  private void redialOrForget(Peer peer) {
    if (peer.isWanted()) {
      redialLater(peer);
    } else if (peer.consensus == null && !peer.dialling) {
      forget(peer);
    }
  }

  // The peers

  private @Nullable Peer peer(long id) {
    for (Peer peer : peers) {
      if (peer.id == id) {
        return peer;
      }
    }
    return null;
  }

  private Peer peerOrNew(long id) {
    Peer known = peer(id);
    if (known != null) {
      return known;
    }
    long retryMax = settings.retryMax().toNanos();
    long refusedRetryMax = settings.refusedRetryMax().toNanos();
    Peer peer =
        new Peer(
            id,
            new Pause(random, retryMax, refusedRetryMax),
            new Pause(random, retryMax, refusedRetryMax));
    peers = Arrays.copyOf(peers, peers.length + 1);
    peers[peers.length - 1] = peer;
    return peer;
  }

  private void forget(Peer peer) {
    peer.cancelTimers();
    peers = Arrays.stream(peers).filter(it -> it != peer).toArray(Peer[]::new);
  }

  /** Whether whoever dialled only wants to know. */
  private static boolean isQuestion(Link link) {
    PeerHandshake peer = link.peer();
    return !link.dialled() && peer != null && peer.to() == 0;
  }

  /** Who a link leads to: whom we meant to reach, or who it said it is; 0 if it said nothing. */
  private static long memberOf(Link link) {
    PeerHandshake peer = link.peer();
    if (link.dialled()) {
      return link.hello().introduction().to();
    }
    return peer == null ? 0 : peer.from();
  }

  private Handler handler() {
    Handler present = handler;
    if (present == null) {
      throw Checks.unreachable("the transport hasn't been started");
    }
    return present;
  }

  private void checkLoop() {
    Checks.that(loop.inLoop(), "called outside of the member's loop");
  }

  private static String hex(long member) {
    return Long.toHexString(member);
  }
}
