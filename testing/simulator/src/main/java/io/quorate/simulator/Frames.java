package io.quorate.simulator;

import io.quorate.raft.Ballot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The kinds of frames between members, by their codes, as somebody looks at them from outside. */
final class Frames {
  /**
   * The names, by the codes; there is no code 0. The one above the last is said to who has another
   * state than most: in these worlds nobody has, or it is found wrong at once.
   */
  static final List<String> NAMES =
      List.of(
          "",
          "an append",
          "an acknowledgement",
          "a request for a vote beforehand",
          "a vote beforehand",
          "a request for a vote",
          "a vote",
          "word to campaign at once",
          "a request for a read index",
          "a read index",
          "an offer of a snapshot",
          "an answer to an offer of a snapshot",
          "forwarded writes",
          "a refusal of forwarded writes",
          "a request for a part of a snapshot",
          "a part of a snapshot",
          "word that a snapshot is gone",
          "word of how a directory is regarded",
          "a question for damaged entries",
          "an answer to a question for damaged entries",
          "a group's late introduction",
          "a question for a state",
          "a state to be fetched");

  /** The highest code. */
  static final int COUNT = NAMES.size() - 1;

  /** The first codes are the messages of Raft, which a network may deliver again. */
  private static final int RAFT_MAX = 9;

  private static final int VOTE_REQUEST = 5;

  private static final int VOTE = 6;

  /** Those that make leaders. */
  static final List<Integer> OF_ELECTIONS = List.of(3, 4, VOTE_REQUEST, VOTE);

  /**
   * A vote that a member gives.
   *
   * @param group in which
   * @param term for which
   */
  record Vote(long group, long term) {}

  private Frames() {}

  /**
   * The candidacy that a frame tells of: its sender has voted for itself; null if it is another.
   */
  static @Nullable Vote candidacy(byte[] frame) {
    if (frame[0] != VOTE_REQUEST) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).position(1);
    return new Vote(in.getLong(), in.getLong());
  }

  /** The vote that a frame gives; null if it isn't one that does. */
  static @Nullable Vote vote(byte[] frame) {
    if (frame[0] != VOTE) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).position(1);
    Vote vote = new Vote(in.getLong(), in.getLong());
    return Ballot.of(in.get()) == Ballot.REFUSED ? null : vote;
  }

  /** Whether it is one of those with a name. */
  static boolean isNamed(int type) {
    return type <= COUNT;
  }

  static boolean mayRepeat(int type) {
    return type <= RAFT_MAX;
  }
}
