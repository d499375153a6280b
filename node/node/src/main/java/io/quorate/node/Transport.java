package io.quorate.node;

import io.quorate.base.Bytes;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Conversations with the other members, as the node sees them: ordered frames to a member, and word
 * of when a conversation begins and ends. Loss, delay and order are as of TCP: within one
 * conversation nothing is lost or reordered; with its end, anything under way may be.
 *
 * <p>All methods are called on the member's {@link Loop}, and all callbacks arrive there, so that
 * what is noticed of a peer is ordered with what it sent.
 */
public interface Transport extends AutoCloseable {
  /**
   * Starts to listen and to answer. Called once, before anything else.
   *
   * @throws io.quorate.base.QuorateException if the address can't be bound; the message names it
   */
  void start(Handler handler);

  /**
   * Keeps a conversation with a member from now on: dials it when need be, again and again. Calling
   * it anew replaces the addresses.
   */
  void connect(long member, List<InetSocketAddress> addresses);

  /** Ends the conversation with a member and doesn't dial it any more. */
  void disconnect(long member);

  /**
   * Hands a frame over for sending: {@code head} and {@code body} travel as one frame, and neither
   * changes any more. It leaves with {@link #flush}, or else with the loop's next task.
   *
   * @return false if there is no conversation, or its queue is full: the frame is gone then
   */
  boolean send(long member, Lane lane, Bytes head, Bytes body);

  /**
   * Lets everything go that was handed over, each conversation's frames together. No callback
   * arrives before it returns.
   */
  void flush();

  /** Frames queued towards a member and not yet given to the network, in bytes. */
  long queuedBytes(long member);

  /** Stops listening and ends every conversation. */
  @Override
  void close();

  /**
   * Frames of one lane keep their order among themselves; a full bulk lane never delays consensus.
   */
  enum Lane {
    /** Appends, votes, reads, forwarded proposals. */
    CONSENSUS,
    /** Chunks of snapshots. */
    BULK
  }

  /**
   * Why a peer is not let in.
   *
   * @param reason in words, for the logs of both sides
   * @param ground what it is for
   */
  record Rejection(String reason, Ground ground) {
    /** What a peer is not let in for. */
    public enum Ground {
      /** What it said; it may try again. */
      INTRODUCTION,
      /** It isn't the member that it says it is, and must be silent. */
      NOT_THIS_MEMBER,
      /** It is no member any more, as far as is known here, and should be stopped. */
      REMOVED
    }

    /** Whether it is for what the peer's directory is, so that it must take note. */
    public boolean disowns() {
      return ground != Ground.INTRODUCTION;
    }
  }

  /** What the node does with what arrives. Called on the loop. */
  interface Handler {
    /** What this member says of itself to a peer. */
    PeerHandshake introduce(long to);

    /**
     * Judges a peer's introduction.
     *
     * @return null to welcome it, else why not, which both sides log
     */
    @Nullable Rejection admit(PeerHandshake peer);

    /**
     * What this member tells whoever only asks: the bytes of a {@link ClusterView}.
     *
     * @param asker the member that asks, 0 if it is none yet
     */
    Bytes describe(long asker);

    /**
     * A member won't converse with this one, for what this one's directory is; see {@link
     * Rejection#disowns}.
     */
    void disowned(long by, Rejection why);

    /** A conversation in both directions stands. */
    void up(PeerHandshake peer);

    /** The conversation ended: what was sent and not answered may or may not have arrived. */
    void down(long member, String why);

    /** One frame, its checksum verified. The bytes are the handler's from now on. */
    void frame(long from, Lane lane, Bytes frame);

    /** The queue towards a member, which had been too full for {@link #send}, has room again. */
    void roomAgain(long member);
  }
}
