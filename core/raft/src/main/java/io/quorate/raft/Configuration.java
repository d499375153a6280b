package io.quorate.raft;

import io.quorate.base.Bytes;
import io.quorate.base.Checks;
import io.quorate.base.Limits;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Who belongs to a group: voters, learners, and, while voters are being changed, the outgoing
 * voters too (joint consensus: every decision then needs a majority of both).
 *
 * <p>Immutable. Ids are kept in rising order, so that equal configurations are equal to the byte.
 */
public final class Configuration {
  /** Nobody: what a member that is to be added knows at first. */
  public static final Configuration EMPTY =
      new Configuration(new long[0], new long[0], new long[0], new long[0], new Returned[0]);

  private static final long[] NOBODY = new long[0];
  private static final Returned[] NONE = new Returned[0];
  private static final byte FORMAT = 1;

  /** With who has returned, which only a configuration has that there is any in. */
  private static final byte FORMAT_RETURNED = 2;

  private static final int RETURNED_BYTES = 3 * Long.BYTES + 1;

  private final long[] voters;
  private final long[] outgoing;
  private final long[] learners;
  private final long[] demoted;
  private final Returned[] returned;

  private Configuration(
      long[] voters, long[] outgoing, long[] learners, long[] demoted, Returned[] returned) {
    this.voters = voters;
    this.outgoing = outgoing;
    this.learners = learners;
    this.demoted = demoted;
    this.returned = returned;
  }

  /** A configuration of voters alone. */
  public static Configuration of(long... voters) {
    return of(voters, NOBODY);
  }

  /** A configuration of voters and learners; nobody may be both, and no id 0. */
  public static Configuration of(long[] voters, long[] learners) {
    Checks.that(valid(voters, learners), "voters and learners overlap, or are too many");
    return new Configuration(sorted(voters), NOBODY, sorted(learners), NOBODY, NONE);
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
    return new Configuration(next.voters, voters, learning, demoting, next.returned);
  }

  /** What comes after the joint configuration. */
  Configuration left() {
    Checks.that(isJoint(), "not joint");
    long[] all = Arrays.copyOf(learners, learners.length + demoted.length);
    System.arraycopy(demoted, 0, all, learners.length, demoted.length);
    return new Configuration(voters, NOBODY, sorted(all), NOBODY, NONE).knowing(returned);
  }

  /** The same members, of whom those that belong to it have returned as these. */
  Configuration knowing(Returned... lives) {
    Returned[] kept =
        Arrays.stream(lives)
            .filter(each -> contains(each.member()))
            .sorted(Comparator.comparingLong(Returned::member))
            .toArray(Returned[]::new);
    return new Configuration(voters, outgoing, learners, demoted, kept);
  }

  /**
   * This configuration once a member has been taken in again: as a learner, whatever it was.
   *
   * @param life of the directory that it has now
   */
  Configuration takingIn(Returned life) {
    long id = life.member();
    long[] voting = Arrays.stream(voters).filter(each -> each != id).toArray();
    long[] learning = Arrays.copyOf(learners, learners.length + 1);
    learning[learners.length] = id;
    Returned[] lives = new Returned[returned.length + 1];
    lives[0] = life;
    int count = 1;
    for (Returned each : returned) {
      if (each.member() != id) {
        lives[count++] = each;
      }
    }
    return of(voting, Arrays.stream(learning).distinct().toArray())
        .knowing(Arrays.copyOf(lives, count));
  }

  /** The life as which a member has returned; null if it never did, or left since. */
  public @Nullable Returned returned(long member) {
    for (Returned each : returned) {
      if (each.member() == member) {
        return each;
      }
    }
    return null;
  }

  /** Who has returned, by rising ids. A copy. */
  public List<Returned> returned() {
    return List.of(returned);
  }

  Returned[] returnedShared() {
    return returned;
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

  /** Whether more than one member gets the log. */
  public boolean hasPeers() {
    return voters.length + outgoing.length + learners.length > 1;
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
    sink.accept(returned.length);
    for (Returned each : returned) {
      sink.accept(each.member());
      sink.accept(each.boot());
      sink.accept(each.nonce());
      sink.accept(each.votes() ? 1 : 0);
    }
  }

  /** The encoding in a log entry or a snapshot; starts with its format. */
  public Bytes toBytes() {
    long[][] parts = {voters, outgoing, learners, demoted};
    int count = voters.length + outgoing.length + learners.length + demoted.length;
    int lives = returned.length == 0 ? 0 : 1 + RETURNED_BYTES * returned.length;
    byte[] out = new byte[1 + 4 + 8 * count + lives];
    out[0] = lives == 0 ? FORMAT : FORMAT_RETURNED;
    int at = 1;
    for (long[] part : parts) {
      out[at++] = (byte) part.length;
      for (long id : part) {
        at = put(out, at, id);
      }
    }
    if (lives > 0) {
      out[at++] = (byte) returned.length;
      for (Returned each : returned) {
        at = put(out, at, each.member());
        at = put(out, at, each.boot());
        at = put(out, at, each.nonce());
        out[at++] = (byte) (each.votes() ? 1 : 0);
      }
    }
    return Bytes.wrap(out);
  }

  private static int put(byte[] out, int at, long word) {
    for (int i = 0; i < Long.BYTES; i++) {
      out[at + i] = (byte) (word >>> (8 * i));
    }
    return at + Long.BYTES;
  }

  /**
   * Reads {@link #toBytes} back.
   *
   * @throws IllegalArgumentException if it isn't one, or is of a newer format
   */
  public static Configuration fromBytes(Bytes bytes) {
    if (bytes.length() < 5 || bytes.at(0) < FORMAT || bytes.at(0) > FORMAT_RETURNED) {
      throw new IllegalArgumentException(
          "not a configuration of format " + FORMAT + " or " + FORMAT_RETURNED);
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
        long id = word(bytes, at);
        at += Long.BYTES;
        if (id == 0 || (i > 0 && id <= parts[p][i - 1])) {
          throw new IllegalArgumentException("a configuration's members are not in order");
        }
        parts[p][i] = id;
      }
    }
    Returned[] lives = bytes.at(0) == FORMAT ? NONE : lives(bytes, at);
    at += bytes.at(0) == FORMAT ? 0 : 1 + RETURNED_BYTES * lives.length;
    if (at != bytes.length()) {
      throw new IllegalArgumentException("a configuration has bytes left over");
    }
    return new Configuration(parts[0], parts[1], parts[2], parts[3], lives);
  }

  private static Returned[] lives(Bytes bytes, int from) {
    int count = from < bytes.length() ? bytes.at(from) & 0xFF : -1;
    if (count <= 0 || from + 1 + RETURNED_BYTES * count > bytes.length()) {
      throw new IllegalArgumentException("a configuration is cut off");
    }
    Returned[] lives = new Returned[count];
    for (int i = 0; i < count; i++) {
      int at = from + 1 + RETURNED_BYTES * i;
      long member = word(bytes, at);
      long boot = word(bytes, at + 8);
      int votes = bytes.at(at + 24);
      if (member == 0 || boot <= 0 || votes < 0 || votes > 1) {
        throw new IllegalArgumentException("a configuration's returned members can't be read");
      }
      lives[i] = new Returned(member, boot, word(bytes, at + 16), votes == 1);
    }
    return lives;
  }

  private static long word(Bytes bytes, int at) {
    long word = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      word |= (bytes.at(at + i) & 0xFFL) << (8 * i);
    }
    return word;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Configuration that
        && Arrays.equals(voters, that.voters)
        && Arrays.equals(outgoing, that.outgoing)
        && Arrays.equals(learners, that.learners)
        && Arrays.equals(demoted, that.demoted)
        && Arrays.equals(returned, that.returned);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(voters) + Arrays.hashCode(outgoing))
        + 31 * Arrays.hashCode(learners)
        + Arrays.hashCode(demoted)
        + Arrays.hashCode(returned);
  }

  /** For people and traces: {@code {1 2 3}}, joint {@code {1 2 4}&{1 2 3}}, learners behind. */
  @Override
  public String toString() {
    return "{"
        + words(voters)
        + "}"
        + (isJoint() ? "&{" + words(outgoing) + "}" : "")
        + (learners.length > 0 ? " learners {" + words(learners) + "}" : "")
        + (demoted.length > 0 ? " to learn {" + words(demoted) + "}" : "")
        + (returned.length > 0 ? " returned {" + words(returnedMembers()) + "}" : "");
  }

  private long[] returnedMembers() {
    return Arrays.stream(returned).mapToLong(Returned::member).toArray();
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
