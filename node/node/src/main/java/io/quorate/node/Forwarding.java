package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.machine.CommandCodec;
import io.quorate.raft.Admission;
import io.quorate.raft.EntryKind;
import java.util.TreeMap;

/**
 * Writes on their way to the leader.
 *
 * <p>A member hands its writes over in the order of rising numbers; the leader remembers, for its
 * term, the highest number that it had from each. So when a connection breaks the member hands over
 * again all that isn't answered, and the leader skips what it has: nothing is left to time out, and
 * nothing is proposed twice. Used on the loop.
 */
final class Forwarding {
  /** The write is too large for any leader. */
  static final int TOO_LARGE = 1;

  /** The leader has no room at present. */
  static final int OVERLOADED = 2;

  /** The leader leads no more, or not that term. */
  static final int NOT_LEADING = 3;

  /** What a leader has had from a member in its term. */
  private static final class Source {
    long boot;
    long number;
  }

  /** How a leader takes in a forwarded write. */
  interface Intake {
    /**
     * Proposes a write.
     *
     * @throws FrameReader.Malformed if it isn't one that could be applied
     */
    Admission propose(long term, byte kind, Bytes payload) throws FrameReader.Malformed;
  }

  /** Where the frame goes that names what was refused. */
  interface Refusals {
    void send(Bytes head, Bytes body);
  }

  private final TreeMap<Long, Source> sources = new TreeMap<>();
  private long term;
  private long lastNumber;

  // The frame that is being built.
  private final FrameWriter out = new FrameWriter();
  private final FrameWriter refusals = new FrameWriter();
  private int count;

  /** The number of the next write that is handed to a leader for the first time. */
  long nextNumber() {
    return ++lastNumber;
  }

  /** Begins a frame of writes for the leader of a term. */
  void begin() {
    out.begin();
    count = 0;
  }

  /** Adds a write to the frame. */
  void add(long number, byte kind, Bytes payload) {
    out.u64(number).u8(kind).bytes(payload);
    count++;
  }

  /** Bytes in the frame so far. */
  int bytes() {
    return out.length();
  }

  boolean isEmpty() {
    return count == 0;
  }

  Bytes head(FrameWriter frames, long group, long leaderTerm, long boot) {
    return frames.begin(FrameType.FORWARD, group).u64(leaderTerm).u64(boot).u32(count).toBytes();
  }

  Bytes body() {
    return out.toBytes();
  }

  /**
   * Takes in a frame of writes, and says which of them were refused: also when what follows them
   * can't be read, for they are passed over if they come again.
   */
  void receive(
      FrameWriter frames, long group, long from, FrameReader in, Intake intake, Refusals answer)
      throws FrameReader.Malformed {
    long forTerm = in.u64();
    long boot = in.u64();
    int writes = in.count(13);
    if (forTerm > term) {
      term = forTerm;
      sources.clear();
    }
    Source source = sources.get(from);
    if (source == null || source.boot != boot) {
      source = new Source();
      source.boot = boot;
      sources.put(from, source);
    }
    refusals.begin();
    int refused = 0;
    try {
      for (int i = 0; i < writes; i++) {
        long number = in.u64();
        byte kind = (byte) in.u8();
        Bytes payload = in.bytes();
        if (forTerm == term && number <= source.number) {
          continue;
        }
        Admission admission = intake.propose(forTerm, kind, payload);
        if (forTerm == term) {
          source.number = number;
        }
        if (admission != Admission.ADMITTED && kind == Applier.kind(EntryKind.COMMAND)) {
          refusals.u64(CommandCodec.sequence(payload)).u8(reason(admission));
          refused++;
        }
      }
      in.end();
    } finally {
      if (refused > 0) {
        frames.begin(FrameType.FORWARD_REFUSED, group).u64(forTerm).u64(boot).u32(refused);
        answer.send(frames.toBytes(), refusals.toBytes());
      }
    }
  }

  private static int reason(Admission admission) {
    return switch (admission) {
      case TOO_LARGE -> TOO_LARGE;
      case OVERLOADED, TRANSFERRING -> OVERLOADED;
      case NOT_LEADER, OTHER_TERM -> NOT_LEADING;
      case ADMITTED -> throw Checks.unreachable("admitted, and refused");
    };
  }
}
