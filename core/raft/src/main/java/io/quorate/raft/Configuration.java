package io.quorate.raft;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import java.util.Arrays;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/**
 * Who belongs to a group: voters, learners, and, while voters are being changed, the outgoing
 * voters too (joint consensus: every decision then needs a majority of both).
 *
 * <p>Immutable. Ids are kept in rising order, so that equal configurations are equal to the byte.
 */
public final class Configuration {
  /** Nobody: what a member that is to be added knows at first. */
  public static final Configuration EMPTY =
      new Configuration(new long[0], new long[0], new long[0], new long[0]);

  private static final long[] NOBODY = new long[0];
  private static final byte FORMAT = 1;

  private final long[] voters;
  private final long[] outgoing;
  private final long[] learners;
  private final long[] demoted;

  private Configuration(long[] voters, long[] outgoing, long[] learners, long[] demoted) {
    this.voters = voters;
    this.outgoing = outgoing;
    this.learners = learners;
    this.demoted = demoted;
  }

  /** A configuration of voters alone. */
  public static Configuration of(long... voters) {
    return of(voters, NOBODY);
  }

  /** A configuration of voters and learners; nobody may be both, and no id 0. */
  public static Configuration of(long[] voters, long[] learners) {
    Checks.that(valid(voters, learners), "voters and learners overlap, or are too many");
    return new Configuration(sorted(voters), NOBODY, sorted(learners), NOBODY);
  }

  /** Whether these could be the voters and learners of a group. */
  static boolean valid(long[] voters, long[] learners) {
    if (voters.length == 0 || voters.length + learners.length > Limits.MEMBERS_MAX) {
      return false;
    }
    long[] all = Arrays.copyOf(voters, voters.length + learners.length);
    System.arraycopy(learners, 0, all, voters.length, learners.length);
    Arrays.sort(all);
    for (int i = 0; i < all.length; i++) {
      if (all[i] == 0 || (i > 0 && all[i] == all[i - 1])) {
        return false;
      }
    }
    return true;
  }

  /**
   * The joint configuration on the way from this one to another: both sets of voters decide. One
   * who is to become a learner stays a voter of the old set until {@link #left}.
   */
  Configuration joint(Configuration next) {
    Checks.that(!isJoint() && !next.isJoint(), "one change at a time");
    long[] learning =
        Arrays.stream(next.learners).filter(id -> !contains(voters, id)).sorted().toArray();
    long[] demoting = Arrays.stream(next.learners).filter(id -> contains(voters, id)).toArray();
    return new Configuration(next.voters, voters, learning, demoting);
  }

  /** What comes after the joint configuration. */
  Configuration left() {
    Checks.that(isJoint(), "not joint");
    long[] all = Arrays.copyOf(learners, learners.length + demoted.length);
    System.arraycopy(demoted, 0, all, learners.length, demoted.length);
    return new Configuration(voters, NOBODY, sorted(all), NOBODY);
  }

  /** Whether two sets of voters decide together. */
  public boolean isJoint() {
    return outgoing.length > 0;
  }

  /** Whether the member votes, in either set. */
  public boolean isVoter(long member) {
    return contains(voters, member) || contains(outgoing, member);
  }

  /** Whether the member gets the log but has no vote. */
  public boolean isLearner(long member) {
    return !isVoter(member) && contains(learners, member);
  }

  /** Whether the member belongs to the group at all. */
  public boolean contains(long member) {
    return isVoter(member) || contains(learners, member);
  }

  /** Whether the member will vote once a change that is under way has ended. */
  public boolean isIncomingVoter(long member) {
    return contains(voters, member);
  }

  /** The voters; of a joint configuration, the incoming ones. A copy, in rising order. */
  public long[] voters() {
    return voters.clone();
  }

  /** The outgoing voters of a joint configuration; else none. A copy, in rising order. */
  public long[] outgoing() {
    return outgoing.clone();
  }

  /** The learners, without those who still vote in the outgoing set. A copy, in rising order. */
  public long[] learners() {
    return learners.clone();
  }

  /** The outgoing voters that will be learners. A copy, in rising order. */
  public long[] demoted() {
    return demoted.clone();
  }

  /** Everybody who gets the log, each once, in rising order. */
  public long[] members() {
    long[] all = new long[voters.length + outgoing.length + learners.length];
    int count = 0;
    for (long[] part : new long[][] {voters, outgoing, learners}) {
      System.arraycopy(part, 0, all, count, part.length);
      count += part.length;
    }
    return Arrays.stream(all).sorted().distinct().toArray();
  }

  boolean sameVoters(Configuration that) {
    return Arrays.equals(voters, that.voters);
  }

  long[] votersShared() {
    return voters;
  }

  long[] outgoingShared() {
    return outgoing;
  }

  void encode(LongConsumer sink) {
    for (long[] part : new long[][] {voters, outgoing, learners, demoted}) {
      sink.accept(part.length);
      for (long id : part) {
        sink.accept(id);
      }
    }
  }

  /** The encoding in a log entry or a snapshot; starts with its format. */
  public Bytes toBytes() {
    long[][] parts = {voters, outgoing, learners, demoted};
    int count = voters.length + outgoing.length + learners.length + demoted.length;
    byte[] out = new byte[1 + 4 + 8 * count];
    out[0] = FORMAT;
    int at = 1;
    for (long[] part : parts) {
      out[at++] = (byte) part.length;
      for (long id : part) {
        for (int shift = 0; shift < 64; shift += 8) {
          out[at++] = (byte) (id >>> shift);
        }
      }
    }
    return Bytes.wrap(out);
  }

  /**
   * Reads {@link #toBytes} back.
   *
   * @throws IllegalArgumentException if it isn't one, or is of a newer format
   */
  public static Configuration fromBytes(Bytes bytes) {
    if (bytes.length() < 5 || bytes.at(0) != FORMAT) {
      throw new IllegalArgumentException("not a configuration of format " + FORMAT);
    }
    long[][] parts = new long[4][];
    int at = 1;
    for (int p = 0; p < parts.length; p++) {
      int count = at < bytes.length() ? bytes.at(at++) & 0xFF : -1;
      if (count < 0 || count > Limits.MEMBERS_MAX || at + 8 * count > bytes.length()) {
        throw new IllegalArgumentException("a configuration is cut off or too large");
      }
      parts[p] = new long[count];
      for (int i = 0; i < count; i++) {
        long id = 0;
        for (int shift = 0; shift < 64; shift += 8) {
          id |= (bytes.at(at++) & 0xFFL) << shift;
        }
        if (id == 0 || (i > 0 && id <= parts[p][i - 1])) {
          throw new IllegalArgumentException("a configuration's members are not in order");
        }
        parts[p][i] = id;
      }
    }
    if (at != bytes.length()) {
      throw new IllegalArgumentException("a configuration has bytes left over");
    }
    return new Configuration(parts[0], parts[1], parts[2], parts[3]);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Configuration that
        && Arrays.equals(voters, that.voters)
        && Arrays.equals(outgoing, that.outgoing)
        && Arrays.equals(learners, that.learners)
        && Arrays.equals(demoted, that.demoted);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(voters) + Arrays.hashCode(outgoing))
        + 31 * Arrays.hashCode(learners)
        + Arrays.hashCode(demoted);
  }

  /** For people and traces: {@code {1 2 3}}, joint {@code {1 2 4}&{1 2 3}}, learners behind. */
  @Override
  public String toString() {
    return "{"
        + words(voters)
        + "}"
        + (isJoint() ? "&{" + words(outgoing) + "}" : "")
        + (learners.length > 0 ? " learners {" + words(learners) + "}" : "")
        + (demoted.length > 0 ? " to learn {" + words(demoted) + "}" : "");
  }

  private static String words(long[] ids) {
    return Arrays.stream(ids).mapToObj(Long::toUnsignedString).collect(Collectors.joining(" "));
  }

  private static long[] sorted(long[] ids) {
    long[] copy = ids.clone();
    Arrays.sort(copy);
    return copy;
  }

  private static boolean contains(long[] ids, long id) {
    for (long each : ids) {
      if (each == id) {
        return true;
      }
    }
    return false;
  }
}
