package io.quorate.node;

import io.quorate.base.Bytes;
import io.quorate.base.Limits;
import io.quorate.node.Transport.Rejection.Ground;
import io.quorate.raft.Configuration;
import io.quorate.raft.Incarnation;
import io.quorate.raft.IncarnationRule;
import io.quorate.raft.Returned;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * This member's conversations with the others: who is let in, to which groups, and who is let go.
 *
 * <p><b>Each group judges for itself</b> whether a peer's directory is the one that it knew ({@link
 * IncarnationRule}). Where it isn't, the peer has no voice in that group: its frames are passed
 * over, and it is told so ({@link FrameType#STANDING}), while the conversation serves the others.
 * Only who would take the place of another life's conversation has to be welcome everywhere, or a
 * copy and its original would put each other out for ever; so it is refused as a whole.
 *
 * <p><b>Who leaves</b> is told that it has left, for the log no longer reaches it; a little later
 * its conversation ends, and it is let in no more.
 *
 * <p>Used on the loop.
 */
final class Conversations implements Transport.Handler {
  private static final System.Logger LOG = System.getLogger(Conversations.class.getName());

  private static final String RETURNS =
      "It returns by itself: a leader with a quorum takes it in again, as a learner at first";

  private final Env env;
  private final NodeSettings settings;
  private final long boot;
  private final long nonce;

  /** The node's, in the order of their numbers. */
  private final Map<Long, GroupReplica> groups;

  private final Repairs repairs;
  private final FrameWriter frames = new FrameWriter();

  /** By peer, the groups that it presented after its introduction. */
  private final TreeMap<Long, TreeMap<Long, Presence>> later = new TreeMap<>();

  /** Groups of which this member has said another thing since it began to introduce itself. */
  private final TreeSet<Long> changed = new TreeSet<>();

  /**
   * Who didn't get all that was to be said, since the way to it was full. A member that returns as
   * another life takes nothing from them before they know: they would count what it acknowledges.
   */
  private final TreeSet<Long> unsaid = new TreeSet<>();

  /** What each said of itself with whom a conversation stands. */
  private final TreeMap<Long, PeerHandshake> standing = new TreeMap<>();

  /** By peer, the groups in which its directory isn't the known one. Mostly empty. */
  private final TreeMap<Long, TreeSet<Long>> voiceless = new TreeMap<>();

  /** Who was welcomed to a group without being in it: no record is made of it before it is. */
  private final TreeSet<Long> unrecorded = new TreeSet<>();

  /** By group, the members of its newest committed configuration. */
  private final TreeMap<Long, Configuration> committed = new TreeMap<>();

  /** Who has left, and is being told. */
  private final TreeSet<Long> leaving = new TreeSet<>();

  /** Who was a member in this process's time and was let go. */
  private final TreeSet<Long> left = new TreeSet<>();

  Conversations(
      Env env,
      NodeSettings settings,
      long boot,
      long nonce,
      Map<Long, GroupReplica> groups,
      Repairs repairs) {
    this.repairs = repairs;
    this.env = env;
    this.settings = settings;
    this.boot = boot;
    this.nonce = nonce;
    this.groups = groups;
  }

  /** With whom a conversation stands. */
  List<Long> peers() {
    return List.copyOf(standing.keySet());
  }

  boolean standsWith(long peer) {
    return standing.containsKey(peer);
  }

  // ---- membership ------------------------------------------------------------------------------

  /** Converses with a member from now on. */
  void connect(MemberInfo member) {
    if (member.id() == settings.member()) {
      return;
    }
    List<InetSocketAddress> addresses = PeerUrls.addresses(member);
    if (addresses.size() < member.peerUrls().size()) {
      LOG.log(
          System.Logger.Level.WARNING,
          "member={0} says of itself what is no peer URL: {1}",
          hex(member.id()),
          Text.line(String.valueOf(PeerUrls.malformed(member))));
    }
    if (!addresses.isEmpty()) {
      env.transport().connect(member.id(), addresses);
    }
  }

  /** As {@link #connect}, unless it is known to be no member. */
  void connectIfMember(MemberInfo member) {
    if (isMember(member.id())) {
      connect(member);
    }
  }

  /** Whether it belongs to a group of this member, or this member hasn't joined any yet. */
  private boolean isMember(long id) {
    boolean joined = false;
    for (GroupReplica replica : groups.values()) {
      if (replica.core().concerns(id)) {
        return true;
      }
      joined |= replica.core().configuration().configuration().members().length > 0;
    }
    return !joined;
  }

  /** A group begins, with this configuration. */
  void begun(long group, Configuration configuration) {
    committed.putIfAbsent(group, configuration);
  }

  /** A group begins after others do: whoever converses with this member already hears of it. */
  void joined(GroupReplica replica) {
    presentAgain(replica);
    for (PeerHandshake peer : List.copyOf(standing.values())) {
      List<Presence> presences = admitted(peer);
      if (isGone(peer.from()) && !isAhead(presences)) {
        part(
            replica.group(), peer.from()); // it came when nobody here knew that it had been removed
        continue;
      }
      for (Presence each : presences) {
        if (each.group() == replica.group()) {
          enter(peer.from(), each);
        }
      }
    }
  }

  /**
   * Whether a peer's directory is the one that was known by this hard state: only then does what
   * its log lacks tell anything. For a group that hasn't begun here.
   */
  boolean isKnown(long peer, long group, HardState hard) {
    PeerHandshake handshake = standing.get(peer);
    if (handshake == null) {
      return false;
    }
    Incarnation presented =
        new Incarnation(handshake.boot(), handshake.nonce(), Long.MAX_VALUE, Long.MAX_VALUE);
    for (Presence each : admitted(handshake)) {
      if (each.group() == group) {
        if (each.returning()) {
          return false;
        }
        presented = each.incarnation();
      }
    }
    Incarnation known = hard.peers.getOrDefault(peer, Incarnation.NONE);
    return IncarnationRule.judge(known, presented).welcome();
  }

  /** Says to all peers how this member stands in a group, which is other than they heard. */
  void presentAgain(GroupReplica replica) {
    changed.add(replica.group());
    for (long peer : standing.keySet()) {
      sayPresence(peer, replica);
    }
  }

  private void sayChanges(long peer) {
    for (long group : changed) {
      GroupReplica replica = groups.get(group);
      if (replica != null) {
        sayPresence(peer, replica);
      }
    }
  }

  private void sayPresence(long peer, GroupReplica replica) {
    Bytes frame =
        Presence.write(frames.begin(FrameType.PRESENT, replica.group()), replica).toBytes();
    say(peer, frame);
  }

  /** What peers are to know of each other is said again when there is room. */
  private void say(long peer, Bytes frame) {
    boolean sent = env.transport().send(peer, Transport.Lane.CONSENSUS, frame, Bytes.EMPTY);
    if (!sent && standing.containsKey(peer)) {
      unsaid.add(peer);
    }
  }

  private void present(long from, long group, FrameReader in) throws FrameReader.Malformed {
    PeerHandshake peer = standing.get(from);
    if (peer != null && (groups.containsKey(group) || repairs.isAwaited(group))) {
      Presence presence = Presence.read(in, group, peer);
      in.end();
      later.computeIfAbsent(from, none -> new TreeMap<>()).put(group, presence);
      enter(from, presence);
    }
  }

  /** A configuration is committed: whoever is in it no more has left. Called within the core. */
  void committed(long group, Configuration configuration) {
    Configuration before = committed.put(group, configuration);
    for (Returned each : configuration.returned()) {
      if (voiceless.containsKey(each.member())) {
        env.loop().execute(() -> judgeAgain(each.member()));
      }
    }
    if (before == null) {
      return;
    }
    for (long id : before.members()) {
      if (!configuration.contains(id) && id != settings.member()) {
        env.loop().execute(() -> part(group, id));
      }
    }
  }

  private void part(long group, long id) {
    if (isMember(id)) {
      return; // of another group, or again
    }
    leaving.add(id);
    sayStanding(group, id, Regard.removed(hasLeft(id)));
    env.loop().schedule(Limits.LEAVE_GRACE_NANOS, () -> letGo(id));
  }

  private void letGo(long id) {
    if (leaving.remove(id)) {
      LOG.log(System.Logger.Level.INFO, "member={0} has left: its conversation ends", hex(id));
      left.add(id);
      env.transport().disconnect(id);
    }
  }

  private static String hasLeft(long id) {
    return "member "
        + hex(id)
        + " has been removed from the cluster: stop it; a new member starts with an empty"
        + " directory";
  }

  /** It belongs to the configuration in force: who was let go, or had no voice, may be welcome. */
  void belongs(long id) {
    boolean wasLeaving = leaving.remove(id);
    boolean hadLeft = left.remove(id);
    if (wasLeaving || hadLeft || voiceless.containsKey(id) || unrecorded.contains(id)) {
      env.loop().execute(() -> judgeAgain(id));
    }
  }

  private void judgeAgain(long peer) {
    PeerHandshake handshake = standing.get(peer);
    if (handshake != null && isMember(peer)) {
      unrecorded.remove(peer);
      for (Presence each : admitted(handshake)) {
        if (regard(peer, each).isWelcome()) {
          enter(peer, each);
        }
      }
    }
  }

  // ---- the transport's handler -----------------------------------------------------------------

  @Override
  public PeerHandshake introduce(long to) {
    FrameWriter out = new FrameWriter().begin().u32(groups.size());
    for (GroupReplica replica : groups.values()) {
      Presence.write(out.u64(replica.group()), replica);
    }
    return new PeerHandshake(
        settings.clusterId(), settings.member(), to, boot, nonce, out.toBytes());
  }

  @Override
  public Transport.@Nullable Rejection admit(PeerHandshake peer) {
    String stranger = stranger(peer);
    if (stranger != null) {
      return new Transport.Rejection(stranger, Ground.INTRODUCTION);
    }
    PeerHandshake other = standing.get(peer.from());
    boolean beside =
        other != null && (other.boot() != peer.boot() || other.nonce() != peer.nonce());
    try {
      if ((left.contains(peer.from()) || isGone(peer.from())) && !isAhead(presences(peer))) {
        return new Transport.Rejection(hasLeft(peer.from()), Ground.REMOVED);
      }
      for (Presence each : presences(peer)) {
        Regard regard = regard(peer.from(), each);
        if (!regard.isWelcome() && beside) {
          return new Transport.Rejection(regard.reason(), Ground.NOT_THIS_MEMBER);
        }
      }
    } catch (FrameReader.Malformed e) {
      return new Transport.Rejection(
          "an introduction that can't be read: " + e.getMessage(), Ground.INTRODUCTION);
    }
    return null;
  }

  @Override
  public Bytes describe(long asker) {
    GroupReplica keyspace = groups.get(Node.KEYSPACE);
    List<MemberInfo> members =
        keyspace == null
            ? List.of()
            : keyspace.membership().members().stream().map(MemberInfo::withoutClients).toList();
    return new ClusterView(settings.clusterId(), members, isGone(asker)).encode();
  }

  /** Whether a member was removed, also before this process began. */
  private boolean isGone(long member) {
    for (GroupReplica replica : groups.values()) {
      if (replica.applier().roster().isGone(member) && !replica.core().concerns(member)) {
        return true;
      }
    }
    return false;
  }

  /** Whether it has come further than is known here: it may have been added again since. */
  private boolean isAhead(List<Presence> presences) {
    for (Presence each : presences) {
      GroupReplica replica = groups.get(each.group());
      if (replica != null && each.incarnation().index() > replica.core().commitIndex()) {
        return true;
      }
    }
    return false;
  }

  private @Nullable String stranger(PeerHandshake peer) {
    if (peer.clusterId() != settings.clusterId()) {
      return "cluster "
          + hex(peer.clusterId())
          + " is not "
          + hex(settings.clusterId())
          + ": check --initial-cluster-token and --initial-cluster";
    }
    if (peer.to() != settings.member()) {
      return "member "
          + hex(peer.to())
          + " was meant, and this is "
          + hex(settings.member())
          + ": check the peer URLs";
    }
    if (peer.from() == settings.member()) {
      return "this member's own id comes from elsewhere: two members share a directory's identity";
    }
    return null;
  }

  /** Whoever isn't the directory that was known has no voice, or it would vote twice. */
  private Regard regard(long member, Presence presence) {
    GroupReplica replica = groups.get(presence.group());
    if (replica == null) {
      return Regard.WELCOME;
    }
    String wrong;
    if (presence.returning() && !replica.returns().hasTakenIn(member, presence)) {
      wrong = "'s directory has lost what it had";
    } else {
      switch (replica.judge(member, presence.incarnation())) {
        case COPY ->
            wrong =
                " shows another directory than was met before: it was wiped, or a copy of it runs"
                    + " beside it (then stop one of them)";
        case OLDER_BOOT -> wrong = "'s directory was wiped, or is an older one than was met before";
        case LOST_DATA -> wrong = "'s directory lacks what it had acknowledged";
        default -> {
          return Regard.WELCOME;
        }
      }
    }
    return Regard.anotherDirectory(
        "member " + hex(member) + wrong + ". " + RETURNS, replica.returns().knownBoot(member));
  }

  @Override
  public void disowned(long by, Transport.Rejection why) {
    String reason = Text.line(why.reason());
    Regard regard =
        why.ground() == Ground.REMOVED ? Regard.removed(reason) : Regard.notThisMember(reason);
    groups.values().forEach(replica -> replica.regardedBy(by, regard));
    if (why.ground() == Ground.REMOVED && groups.isEmpty()) {
      repairs.removed(reason); // nobody will give it what it waits for
    }
  }

  @Override
  public void up(PeerHandshake peer) {
    standing.put(peer.from(), peer);
    unsaid.remove(peer.from());
    sayChanges(peer.from()); // it introduced itself before, perhaps
    for (Presence each : admitted(peer)) {
      enter(peer.from(), each);
    }
    repairs.peerUp(peer.from());
  }

  /** Lets a peer take part in a group, if its directory is the known one; and tells it. */
  private void enter(long peer, Presence presence) {
    GroupReplica replica = groups.get(presence.group());
    if (replica == null) {
      return;
    }
    Regard regard = regard(peer, presence);
    sayStanding(presence.group(), peer, regard);
    if (regard.isWelcome()) {
      TreeSet<Long> refused = voiceless.get(peer);
      if (refused != null && refused.remove(presence.group()) && refused.isEmpty()) {
        voiceless.remove(peer);
      }
      if (!replica.isMember(peer)) {
        unrecorded.add(peer);
      }
      replica.peerUp(peer, presence.incarnation());
    } else {
      LOG.log(
          System.Logger.Level.WARNING,
          "group={0} peer_refused reason=\"{1}\"",
          presence.group(),
          regard.reason());
      voiceless.computeIfAbsent(peer, any -> new TreeSet<>()).add(presence.group());
      replica.peerDown(peer);
      if (presence.returning()) {
        replica.returns().waits(peer, presence);
      }
    }
  }

  /** Tells a peer what this member makes of its directory in a group. */
  private void sayStanding(long group, long peer, Regard regard) {
    say(peer, regard.encode(frames, group));
  }

  @Override
  public void down(long member, String why) {
    standing.remove(member);
    later.remove(member);
    unsaid.remove(member);
    repairs.peerDown(member);
    voiceless.remove(member);
    unrecorded.remove(member);
    groups.values().forEach(replica -> replica.peerDown(member));
  }

  private void sayAllAgain(long peer) {
    sayChanges(peer);
    PeerHandshake handshake = standing.get(peer);
    if (handshake == null) {
      return;
    }
    for (Presence each : admitted(handshake)) {
      if (groups.containsKey(each.group())) {
        Regard regard = leaving.contains(peer) ? Regard.removed(hasLeft(peer)) : regard(peer, each);
        sayStanding(each.group(), peer, regard);
      }
    }
  }

  @Override
  public void roomAgain(long member) {
    if (unsaid.remove(member)) {
      sayAllAgain(member);
    }
    groups.values().forEach(replica -> replica.peerRoom(member));
  }

  @Override
  public void frame(long from, Transport.Lane lane, Bytes frame) {
    FrameReader in = new FrameReader(frame);
    try {
      FrameType type = FrameType.of(in.u8());
      long group = in.u64();
      GroupReplica replica = isVoiceless(from, group) ? null : groups.get(group);
      if (replica != null && unsaid.contains(from) && replica.hard().isReturning()) {
        return; // whatever it would answer must come behind that
      }
      switch (type) {
        case REPAIR_ASK -> repairs.asked(from, group, replica, in);
        case PRESENT -> present(from, group, in);
        case REPAIR_ANSWER, REPAIR_STATE -> repairs.received(from, group, type, in);
        default -> {
          if (replica != null) {
            replica.receive(from, type, in);
          } else {
            repairs.received(from, group, type, in);
          }
        }
      }
    } catch (FrameReader.Malformed e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "member={0} sent a frame that can''t be read: {1}",
          hex(from),
          e.getMessage());
    }
  }

  private boolean isVoiceless(long peer, long group) {
    if (voiceless.isEmpty()) {
      return false;
    }
    TreeSet<Long> refused = voiceless.get(peer);
    return refused != null && refused.contains(group);
  }

  /** The groups as a peer has presented them. */
  private List<Presence> admitted(PeerHandshake peer) {
    try {
      TreeMap<Long, Presence> all = new TreeMap<>();
      presences(peer).forEach(each -> all.put(each.group(), each));
      all.putAll(later.getOrDefault(peer.from(), new TreeMap<>()));
      return List.copyOf(all.values());
    } catch (FrameReader.Malformed e) {
      throw new IllegalStateException("admitted what can't be read", e);
    }
  }

  private static List<Presence> presences(PeerHandshake peer) throws FrameReader.Malformed {
    FrameReader in = new FrameReader(peer.extension());
    int count = in.count(Long.BYTES + Presence.BYTES);
    List<Presence> presences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      presences.add(Presence.read(in, in.u64(), peer));
    }
    return presences;
  }

  private static String hex(long member) {
    return Long.toHexString(member);
  }
}
