package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One member of a {@link Script}: a core, its disk, and a line of trace for all that it does. */
final class ScriptedMember implements Effects {
  /** A message as it lies on the wire. */
  record Packet(long from, long to, String words, Delivery delivery) {}

  /** Hands a message to a core. */
  interface Delivery {
    void to(RaftCore core, long now);
  }

  private record Entry(long term, @Nullable Configuration configuration) {}

  private record Write(long seq, String words, Runnable effect) {}

  private record Held(long afterIo, Packet packet) {}

  final long id;
  private final RaftSettings settings;
  private final Script script;
  RaftCore core;

  private final TreeMap<Long, Entry> memory = new TreeMap<>();
  private final TreeMap<Long, Entry> disk = new TreeMap<>();
  private final TreeMap<Long, Incarnation> peersOnDisk = new TreeMap<>();
  private Standing standingOnDisk = Standing.GOOD;
  private long diskTerm;
  private long diskVote;
  private long diskBase;
  private long diskBaseTerm;
  private long floorTerm;
  private long floorIndex;
  private boolean forgot;
  private ConfigurationAt diskBaseConfiguration;
  private final List<Write> writes = new ArrayList<>();
  private final List<Held> held = new ArrayList<>();
  private @Nullable Configuration arriving;
  private final ArrayDeque<Long> needSnapshots = new ArrayDeque<>();
  private long snapshots;
  Rare.@Nullable SnapshotReceived fetching;
  boolean manualIo;
  boolean manualSnapshots;
  private boolean created;

  ScriptedMember(Script script, RaftSettings settings, Configuration founding) {
    this.script = script;
    this.id = settings.member();
    this.settings = settings;
    this.diskBaseConfiguration = new ConfigurationAt(0, founding);
    this.core =
        RaftCore.create(
            settings, script.rules(), RecoveredState.founding(founding), id, script.now(), this);
    this.created = true;
  }

  private void say(String words) {
    script.say(id + ": " + words);
  }

  // ---- what the script does
  // ------------------------------------------------------------------------

  void flush() {
    core.flush(script.now());
    while (!needSnapshots.isEmpty() && !manualSnapshots) {
      snapshotReady();
      core.flush(script.now());
    }
    release();
    while (!manualIo && !writes.isEmpty()) {
      io(writes.size());
    }
  }

  void snapshotReady() {
    long peer = needSnapshots.remove();
    long index = core.appliedIndex();
    core.step(
        script.now(),
        new Rare.SnapshotReady(
            peer, ++snapshots, index, core.termAt(index), core.configurationAt(index)));
  }

  void io(int count) {
    long seq = 0;
    for (int i = 0; i < count; i++) {
      Write write = writes.removeFirst();
      write.effect().run();
      seq = write.seq();
      if (manualIo) {
        say("durable: " + write.words());
      }
    }
    core.durable(script.now(), seq);
    flush();
  }

  int pendingIo() {
    return writes.size();
  }

  private void release() {
    List<Held> still = new ArrayList<>();
    for (Held each : held) {
      if (core.s.stability.isDurable(each.afterIo())) {
        script.send(each.packet());
      } else {
        still.add(each);
      }
    }
    held.clear();
    held.addAll(still);
  }

  void restart() {
    writes.clear();
    held.clear();
    fetching = null;
    needSnapshots.clear();
    RecoveredState state =
        new RecoveredState()
            .state(diskTerm, diskVote)
            .base(diskBase, diskBaseTerm, diskBaseConfiguration)
            .progress(diskBase, diskBase)
            .voteFloor(floorTerm, floorIndex);
    if (forgot) {
      state.promisesLost();
    }
    memory.clear();
    for (var each : disk.entrySet()) {
      state.entry(each.getKey(), each.getValue().term(), 10);
      memory.put(each.getKey(), each.getValue());
      Configuration configuration = each.getValue().configuration();
      if (configuration != null) {
        state.configuration(each.getKey(), configuration);
      }
    }
    peersOnDisk.forEach(state::peer);
    state.standing(standingOnDisk);
    core = RaftCore.create(settings, script.rules(), state, id + 1_000, script.now(), this);
    flush();
  }

  void loseLogAbove(long index, boolean knowing) {
    if (knowing) {
      floorTerm = diskTerm;
      floorIndex = disk.lastKey();
    }
    disk.tailMap(index, false).clear();
    restart();
  }

  void forget(long index, long term) {
    forgot = true;
    diskTerm = term;
    diskVote = 0;
    disk.tailMap(index, false).clear();
    restart();
  }

  void wipe() {
    disk.clear();
    peersOnDisk.clear();
    standingOnDisk = Standing.GOOD;
    diskTerm = 0;
    diskVote = 0;
    floorTerm = 0;
    floorIndex = 0;
    forgot = false;
    diskBase = 0;
    diskBaseTerm = 0;
    diskBaseConfiguration = script.founding();
    restart();
  }

  void fetched() {
    Rare.SnapshotReceived received = fetching;
    Checks.that(received != null, "member=%d fetches nothing", id);
    fetching = null;
    if (received != null) {
      core.step(script.now(), received);
    }
    flush();
  }

  void handIn(Packet packet) {
    packet.delivery().to(core, script.now());
    arriving = null;
    flush();
  }

  String log() {
    StringBuilder words = new StringBuilder();
    for (long i = core.firstIndex(); i <= core.lastIndex(); i++) {
      words.append(words.isEmpty() ? "" : " ").append(i).append('/').append(core.termAt(i));
    }
    return "base " + (core.firstIndex() - 1) + " [" + words + "]";
  }

  // ---- effects
  // -----------------------------------------------------------------------------------

  @Override
  public void writeEntries(long ioSeq, long firstIndex, long lastIndex) {
    TreeMap<Long, Entry> entries = new TreeMap<>();
    for (long i = firstIndex; i <= lastIndex; i++) {
      Configuration configuration = null;
      for (ConfigurationAt at = core.configurationAt(i); at.index() == i; ) {
        configuration = at.configuration();
        break;
      }
      if (configuration == null && arriving != null && i == lastIndex && !core.s.leads()) {
        configuration = arriving;
      }
      Entry entry = new Entry(core.termAt(i), configuration);
      entries.put(i, entry);
    }
    memory.tailMap(firstIndex, true).clear();
    memory.putAll(entries);
    String words = "write " + firstIndex + ".." + lastIndex + " (io " + ioSeq + ")";
    say(words);
    writes.add(
        new Write(
            ioSeq,
            words,
            () -> {
              disk.tailMap(firstIndex, true).clear();
              disk.putAll(entries);
            }));
  }

  @Override
  public void writeState(long ioSeq, long term, long vote) {
    String words = "write term " + term + " vote " + vote + " (io " + ioSeq + ")";
    say(words);
    writes.add(
        new Write(
            ioSeq,
            words,
            () -> {
              diskTerm = term;
              diskVote = vote;
            }));
  }

  @Override
  public void adoptSnapshot(
      long ioSeq,
      long snapshot,
      long index,
      long indexTerm,
      ConfigurationAt configuration,
      boolean keepSuffix) {
    String words =
        "adopt snapshot %d at %d/%d%s (io %d)"
            .formatted(snapshot, index, indexTerm, keepSuffix ? ", keeping the rest" : "", ioSeq);
    say(words);
    writes.add(
        new Write(
            ioSeq,
            words,
            () -> {
              diskBase = index;
              diskBaseTerm = indexTerm;
              diskBaseConfiguration = configuration;
              disk.headMap(index, true).clear();
              if (!keepSuffix) {
                disk.clear();
              }
            }));
  }

  @Override
  public void writeStanding(long ioSeq, Standing standing) {
    String words = "write standing %s (io %d)".formatted(standing, ioSeq);
    say(words);
    writes.add(new Write(ioSeq, words, () -> standingOnDisk = standing));
  }

  @Override
  public void writePeer(long ioSeq, long peer, long boot, long nonce, long term, long index) {
    if (boot == 0) {
      return; // nobody presented itself in this script
    }
    String words =
        "write peer %d boot %d nonce %d at %d/%d (io %d)"
            .formatted(peer, boot, nonce, index, term, ioSeq);
    say(words);
    writes.add(
        new Write(
            ioSeq, words, () -> peersOnDisk.put(peer, new Incarnation(boot, nonce, term, index))));
  }

  @Override
  public void forgetPeer(long ioSeq, long peer) {
    String words = "forget peer " + peer + " (io " + ioSeq + ")";
    say(words);
    writes.add(new Write(ioSeq, words, () -> peersOnDisk.remove(peer)));
  }

  @Override
  public void trimmed(long index, long indexTerm, ConfigurationAt configuration) {
    say("trimmed up to " + index);
    diskBase = index;
    diskBaseTerm = indexTerm;
    diskBaseConfiguration = configuration;
    disk.headMap(index, true).clear();
  }

  @Override
  public int ownEntry(
      long index, long term, EntryKind kind, @Nullable Configuration configuration) {
    say(
        "entry %d/%d %s%s"
            .formatted(index, term, kind, configuration == null ? "" : " " + configuration));
    return 10;
  }

  @Override
  public void truncated(long firstIndex, long lastIndex) {
    say("lost " + firstIndex + ".." + lastIndex);
  }

  @Override
  public void sendAppend(
      long to,
      long term,
      long prevIndex,
      long prevTerm,
      long entryTerm,
      long lastIndex,
      long commit,
      long round) {
    int count = (int) (lastIndex - prevIndex);
    ConfigurationAt at = core.configurationAt(lastIndex);
    Configuration configuration = count > 0 && at.index() == lastIndex ? at.configuration() : null;
    Checks.that(configuration == null || count == 1, "a configuration goes alone");
    String words =
        "append term=%d after %d/%d%s commit=%d round=%d"
            .formatted(
                term,
                prevIndex,
                prevTerm,
                count == 0
                    ? ""
                    : " entries %d..%d of term %d%s"
                        .formatted(
                            prevIndex + 1,
                            lastIndex,
                            entryTerm,
                            configuration == null ? "" : " " + configuration),
                commit,
                round);
    int[] sizes = new int[count];
    java.util.Arrays.fill(sizes, 10);
    long self = id;
    Delivery delivery =
        configuration == null
            ? (core, now) ->
                core.appendFrom(
                    now, self, term, prevIndex, prevTerm, entryTerm, sizes, count, commit, round)
            : (core, now) -> {
              script.member(to).arriving = configuration;
              core.step(
                  now,
                  new Rare.Received(
                      self,
                      new Message.AppendConfiguration(
                          term, prevIndex, prevTerm, entryTerm, 10, configuration, commit, round)));
            };
    held.add(new Held(0, new Packet(id, to, words, delivery)));
  }

  @Override
  public void sendAppendAck(
      long to,
      long term,
      long round,
      long match,
      int flags,
      long rejectedPrev,
      long hintIndex,
      long hintTerm,
      long afterIo) {
    String words =
        "ack term=%d round=%d match=%d%s%s"
            .formatted(
                term,
                round,
                match,
                (flags & RaftCore.ACK_REJECTED) != 0
                    ? " rejected " + rejectedPrev + ", perhaps " + hintIndex + "/" + hintTerm
                    : "",
                (flags & RaftCore.ACK_FULL) != 0 ? " full" : "");
    held.add(
        new Held(
            afterIo,
            new Packet(
                id,
                to,
                words,
                (core, now) ->
                    core.appendAck(
                        now, id, term, round, match, flags, rejectedPrev, hintIndex, hintTerm))));
  }

  @Override
  public void send(long to, Message message, long afterIo) {
    if (message instanceof Message.TimeoutNow && afterIo == 0 && created) {
      say("tells " + to + " to campaign");
    }
    held.add(
        new Held(
            afterIo,
            new Packet(
                id,
                to,
                message.toString(),
                (core, now) -> core.step(now, new Rare.Received(id, message)))));
  }

  @Override
  public void committed(long index) {
    say("committed " + index);
  }

  @Override
  public void applicable(long index) {
    for (long i = diskBase + 1; i <= index; i++) {
      Entry entry = disk.get(i);
      Checks.that(entry != null && entry.term() == core.termAt(i), "applying=%d from no disk", i);
    }
    say("apply up to " + index);
    core.applied(script.now(), index);
  }

  @Override
  public void roleChanged(Role role, long term, long leader) {
    say(role + " in term " + term + (leader == 0 ? "" : ", leader " + leader));
  }

  @Override
  public void configuration(ConfigurationAt configuration, boolean committed) {
    say(
        "configuration of %d: %s%s"
            .formatted(
                configuration.index(),
                configuration.configuration(),
                committed ? ", committed" : ""));
  }

  @Override
  public void readReady(long boot, long sequence, long index) {
    say("read " + sequence + " may be served at " + index);
  }

  @Override
  public void readFailed(long boot, long sequence, ReadFailure why) {
    say("read " + sequence + " failed: " + why);
  }

  @Override
  public void transferFailed(long target) {
    say("hand-over to " + target + " failed");
  }

  @Override
  public void snapshotNeeded(long peer, long atLeast) {
    say("snapshot needed for " + peer + ", at least " + atLeast);
    needSnapshots.add(peer);
  }

  @Override
  public void snapshotDone(long peer, long snapshot) {
    say("snapshot " + snapshot + " for " + peer + " is done with");
  }

  @Override
  public void fetchSnapshot(
      long from, long snapshot, long index, long indexTerm, ConfigurationAt configuration) {
    say("fetch snapshot " + snapshot + " at " + index + "/" + indexTerm + " from " + from);
    fetching = new Rare.SnapshotReceived(snapshot, index, indexTerm, configuration);
  }

  @Override
  public void discardSnapshot(long snapshot) {
    say("discard snapshot " + snapshot);
    fetching = null;
  }

  @Override
  public void peerFenced(long peer, long acknowledged, long found) {
    say("fence " + peer + ": it acknowledged " + acknowledged + " and now ends at " + found);
  }
}
