package io.quorate.simulator;

/**
 * A situation that a world may get into, and that is worth getting into. That a run of many worlds
 * has reached all of them says that it has tried more than the easy ways.
 */
enum Probe {
  ADJACENT_LEADERS("two members take themselves for leaders, in adjacent terms"),
  DISTANT_LEADERS("two members take themselves for leaders, more than a term apart"),
  TERM_WITHOUT_LEADER("a term ends without a leader"),
  LEADS_AGAIN("a member leads in two terms in a row"),
  QUICK_LEADERS("three members lead within ten seconds"),
  TENTH_TERM("the tenth term begins"),
  LEADER_RESIGNS("a leader steps down within its term"),
  LEADER_OVERTAKEN("a leader hears of a higher term"),
  CANDIDATE_GIVES_WAY("a candidate follows another one within its term"),
  RIVALS("two candidates in one term"),
  ALONE("a group of one has a leader"),
  FOLLOWER_APPLIES_FIRST("a member that doesn't lead is the first to apply an entry"),
  OLD_ENTRY_APPLIED("an entry is applied first in a later term than its own"),
  BEGINS_WITH_STATE("a member begins with a state from its disk"),
  BEGINS_EMPTY("a member begins with nothing"),
  STATE_FROM_PEER("a running member gets a state from a peer"),
  STATE_WHILE_JOINT("a member gets a state from a peer while a joint configuration is the last"),
  BEGINS_ANEW("a group begins anew while its process runs"),
  JOINT("a joint configuration is applied"),
  LEADER_FALLS_WHILE_JOINT("a leader steps down while a joint configuration is the last"),
  LEADER_LEFT_OUT("a configuration without the present leader is applied"),
  LEARNER_PROMOTED("a learner gets a vote"),
  VOTER_DEMOTED("a voter becomes a learner"),
  MEMBER_REMOVED("a member is removed"),
  MEMBER_BACK("a removed member is added again"),
  ONE_VOTER_LEFT("a group of several gets a single voter"),
  RETURNED("a member that lost its directory is taken in again"),
  GIVES_UP_LOST_END("a member that was held back for its log's end has no voice any more"),
  REFUSED("a member is told that its directory isn't the known one"),
  WITHOUT_STATE("a member runs without a state"),
  FAILED("a member has stopped by itself"),
  ALL_DOWN("no process runs"),
  MAJORITY_DOWN("most processes don't run"),
  FAR_BEHIND("a running member lacks a thousand entries that another one has applied"),
  TRIMMED("a log no longer begins with its first entry"),
  UNCOMMITTED("a leader has a hundred entries that aren't committed"),
  NOT_DURABLE("a leader has committed an entry that isn't on its own disk"),
  TERMS_APART("running members are more than three terms apart"),
  LEADERLESS("all members run, and none knows a leader"),
  COMPACTED("a compaction is applied"),
  COMPACTED_READ("a client asks for a revision that is compacted away, or compacts twice"),
  WRITE_ELSEWHERE("a write is answered by a member that doesn't lead"),
  READ_ELSEWHERE("a linearizable read is answered by a member that doesn't lead"),
  BROKEN_CONNECTION("a process ends that a client waits for"),
  GIVEN_UP("a client waits in vain"),
  STOPS_AND_SAYS_WHY("a group that lost too much doesn't go on, and says why"),
  WATCHED("a client watches"),
  SLOW_WATCHER("a watching client stops reading for a while"),
  WATCH_COMPACTED("what a watcher should hear next is compacted away"),
  LEASE_RENEWED("a lease is renewed"),
  LEASE_EXPIRED("a lease ends by its leader's clock"),
  CHANGE_DONE("an operator hears that a change of members is done"),
  CHANGE_UNKNOWN("an operator doesn't hear what became of a change of members"),
  CHANGE_LEADER_GONE("a leader is asked to remove itself"),
  ADDED_BEGINS("a member that was added begins with an empty disk"),
  ADDED_VOTES("a member that was added gets a vote"),
  TOLD_REMOVED("a member is told that it was removed, and ends"),
  RETURNS_REMOVED("a member that was removed is started again, and ends again"),
  LOST_FOR_GOOD("a member's machine is lost for good"),
  SILENT_FOR_GOOD("too many voters lost their log's end, and wait for a member that nobody starts"),
  LEADERSHIP_MOVED("an operator has another member lead"),
  LEADERSHIP_STAYS("an operator hears that another member doesn't come to lead"),
  WRITE_DENIED("a write is refused for want of a right"),
  READ_DENIED("a read is refused for want of a right"),
  OLD_PASSWORD("a user is refused who was recognised before its password was changed"),
  RECOGNISED("a user is recognised again"),
  BACKUP("a backup is finished"),
  BACKUP_IN_PARTS("a backup is finished whose rows come in several parts"),
  BACKUP_ELSEWHERE("a backup is finished by a member that doesn't lead"),
  BACKUP_WHILE_IT_GOES_ON("a backup is finished when the state has gone on"),
  BACKUP_COMPACTED("what a backup has is compacted while it is made"),
  BACKUP_KILLED("a process ends that makes a backup"),
  BACKUP_STOPPED("a state is replaced while it is backed up"),
  RESTORED("a new cluster begins with a backup"),
  RESTORED_AHEAD("a new cluster begins with a backup, and its revision has moved on"),
  RESTORED_LEASES("a new cluster begins with leases"),
  RESTORED_RIGHTS("a new cluster begins with authentication on"),
  RESTORED_CRASHES("the power goes of members that were laid down and haven't started"),
  RESTORED_WIPED("a member of a cluster that began with a backup loses its disk"),
  NOBODY_LISTENS("a client finds nobody at a member's address");

  private final String text;

  Probe(String text) {
    this.text = text;
  }

  /** The situation, in words. */
  String text() {
    return text;
  }
}
