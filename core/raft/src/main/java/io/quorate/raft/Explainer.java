package io.quorate.raft;

import io.quorate.raft.Explanation.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Says in words what an entry waits for. Reads the state, changes nothing. */
final class Explainer {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final MemberState s;

  Explainer(MemberState s) {
    this.s = s;
  }

  List<PeerStatus> peers(long now) {
    List<PeerStatus> statuses = new ArrayList<>();
    for (int i = 0; s.leads() && i < s.peers.count(); i++) {
      Peer p = s.peers.at(i);
      statuses.add(
          new PeerStatus(
              p.id, p.votes(), p.state, p.match, p.next, now - p.lastHeard, p.connected));
    }
    return statuses;
  }

  Explanation explain(long now, long index) {
    if (index <= s.commit) {
      return says(index, Verdict.COMMITTED, "Entry " + index + " is committed.");
    }
    if (index > s.log.lastIndex()) {
      return says(
          index,
          Verdict.NOT_IN_LOG,
          "The log here ends at " + s.log.lastIndex() + "; entry " + index + " isn't in it.");
    }
    if (s.leader == 0) {
      return says(
          index,
          Verdict.NO_LEADER,
          "No leader is known in term " + s.term + "; nothing can be committed. " + whyNotLead());
    }
    if (!s.leads()) {
      return says(
          index,
          Verdict.ASK_LEADER,
          "Member " + name(s.leader) + " leads term " + s.term + " and knows who is missing.");
    }
    List<PeerStatus> missing =
        peers(now).stream()
            .filter(p -> p.voter() && p.match() < index)
            .sorted(Comparator.comparingLong(PeerStatus::match))
            .toList();
    long agreed = s.peers.agreedMatch(s.stability.stable());
    if (agreed >= index) {
      return new Explanation(
          index,
          Verdict.WAITS_FOR_OWN_TERM,
          "A quorum has entry "
              + index
              + ", which is of term "
              + s.log.term(index)
              + "; it commits with the first entry of term "
              + s.term
              + ", which is "
              + s.leadershipIndex
              + ".",
          missing);
    }
    return new Explanation(index, Verdict.WAITS_FOR_QUORUM, quorumText(index, missing), missing);
  }

  private String quorumText(long index, List<PeerStatus> missing) {
    StringBuilder text =
        new StringBuilder("Entry ").append(index).append(" waits for a quorum of ");
    text.append(s.configurations.current().configuration()).append('.');
    if (s.peers.selfVotes() && s.stability.stable() < index) {
      text.append(" The disk here has confirmed up to ").append(s.stability.stable()).append('.');
    }
    for (PeerStatus peer : missing) {
      text.append(" Member ").append(name(peer.member()));
      switch (peer.state()) {
        case FENCED -> text.append(" lost data and isn't counted: remove it and add it again.");
        case SNAPSHOT -> text.append(" is receiving a snapshot.");
        case PROBE, REPLICATE -> {
          text.append(" has acknowledged up to ").append(peer.match());
          text.append(peer.connected() ? ", was last heard " : ", is not connected, last heard ");
          text.append(peer.silentNanos() / NANOS_PER_MILLI).append(" ms ago");
          boolean silent = peer.silentNanos() >= s.settings.electionNanosMin();
          text.append(silent ? ": see whether it runs and can be reached." : ".");
        }
      }
    }
    return text.toString();
  }

  private String whyNotLead() {
    if (!s.isElectable()) {
      return "This member has no vote.";
    }
    switch (s.standing) {
      case REFUSED -> {
        return "A peer refuses this member: its health says why.";
      }
      case RETURNING -> {
        return "This member's directory lost what it had: it votes again once the leader has taken"
            + " it in and it has caught up.";
      }
      case GOOD -> {}
    }
    if (s.disk != DiskState.OK) {
      return "The disk here is " + s.disk + ", which bars it from leading and voting.";
    }
    String heldBack = heldBack();
    return heldBack.isEmpty() ? "It votes, and will ask for votes when its time is up." : heldBack;
  }

  /** Why this member doesn't help whoever asks for its vote; empty if it does. */
  String heldBack() {
    if (s.lost.silent()) {
      return "The log here lost its end, and with it perhaps a vote: before this one takes part"
          + " again, all other members must be reached, and "
          + s.lost.unheard().stream().map(Explainer::name).toList()
          + " weren't yet; or the others must have a leader without it for some seconds.";
    }
    if (s.lost.holdBack()) {
      return "The log here lost its end, and nothing shows what it was: until a leader of a later"
          + " term has refilled it, it helps only whom all other voters want.";
    }
    if (s.belowFloor()) {
      return "The log here lost its end below "
          + s.floorIndex
          + ": until it is refilled, it helps only whom all other voters want.";
    }
    return "";
  }

  private static Explanation says(long index, Verdict verdict, String text) {
    return new Explanation(index, verdict, text, List.of());
  }

  private static String name(long member) {
    return Long.toUnsignedString(member);
  }
}
