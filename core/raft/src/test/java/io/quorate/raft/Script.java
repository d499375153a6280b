package io.quorate.raft;

import io.quorate.base.Checks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Plays a golden script: lines that begin with {@code >} are commands, and what they bring about is
 * the trace that follows them. A command after {@code >-} is played without trace. The commands:
 *
 * <pre>
 *   members 1 2 3             found a group; with "learners 4" behind, learners too
 *   member 4                  start a member that knows of nobody
 *   campaign 1                its election time-out passes
 *   advance 100               milliseconds pass, for everybody; ticks whatever falls due
 *   pause 1 5000              milliseconds pass, unnoticed by this member
 *   propose 1 [bytes]         a command
 *   io 1 manual|auto|all|N    how its writes finish: by command, or each at the end of its turn
 *   deliver 1->2 [N]          the oldest messages of a link; "repeat" keeps one, "drop" loses them
 *   keep 1->2 / replay        put a copy of the oldest message aside / deliver all of those
 *   stabilize                 messages and writes go on until nothing is left
 *   cut 1->2 / heal           a link swallows everything / no link does
 *   lost 1 2 / connect 1 2    both sides are told that their connection broke / stands
 *   restart 1 / wipe 1 / lose 1 3     from its disk / from nothing / from its disk less all above 3,
 *                             with "knowing" behind, as one that knows how far its log went
 *   forget 1 3 7              restart from its disk less all above 3, at term 7, without a vote, as one
 *                             that can't tell what else there was
 *   read 1, transfer 1 2, reconfigure 1 1,2,4 [learners], trim 1 5, disk 1 FULL, explain 1 5
 *   backlog 1 full|room, queue 1 2 full|room, standing 1 REFUSED, present 1 2 boot nonce term index
 *   takein 1 3 boot nonce     the leader takes a member in again as this life
 *   snapshots 1 manual, ready 1, fetched 2, failed 1 2 ID
 *   status                    a line for every member
 *   expect 1 LEADER term=2 commit=3 last=4 stable=4 leader=1 log=...   what must be so
 * </pre>
 */
final class Script {
  private static final long MILLI = 1_000_000;

  private final TreeMap<Long, ScriptedMember> members = new TreeMap<>();
  private final List<ScriptedMember.Packet> wire = new ArrayList<>();
  private final List<ScriptedMember.Packet> kept = new ArrayList<>();
  private final TreeSet<String> cuts = new TreeSet<>();
  private final TreeMap<Long, Long> pausedUntil = new TreeMap<>();
  private final StringBuilder trace = new StringBuilder();
  private ConfigurationAt founding = new ConfigurationAt(0, Configuration.EMPTY);
  private boolean quiet;
  private long now;
  private long reads;
  private final SafetyRules rules;

  private Script(SafetyRules rules) {
    this.rules = rules;
  }

  SafetyRules rules() {
    return rules;
  }

  long now() {
    return now;
  }

  ConfigurationAt founding() {
    return founding;
  }

  ScriptedMember member(long id) {
    ScriptedMember member = members.get(id);
    if (member == null) {
      throw new IllegalArgumentException("no member " + id);
    }
    return member;
  }

  void say(String line) {
    if (!quiet) {
      trace.append("    ").append(line).append('\n');
    }
  }

  void send(ScriptedMember.Packet packet) {
    String link = packet.from() + "->" + packet.to();
    boolean cut = cuts.contains(link) || !members.containsKey(packet.to());
    say(link + " " + packet.words() + (cut ? " (lost)" : ""));
    if (!cut) {
      wire.add(packet);
    }
  }

  /** Plays a script and gives it back with the trace as it is now. */
  static String play(String text) {
    return play(text, SafetyRules.RAFT);
  }

  static String play(String text, SafetyRules rules) {
    Script script = new Script(rules);
    for (String line : text.lines().toList()) {
      if (line.startsWith(">")) {
        script.quiet = line.startsWith(">-");
        script.trace.append(line).append('\n');
        String command = line.substring(script.quiet ? 2 : 1).strip();
        try {
          script.command(command.split(" +"));
        } catch (RuntimeException | io.quorate.base.InvariantViolation failure) {
          throw new AssertionError(
              "in \"" + line + "\": " + failure.getMessage() + "\nso far:\n" + script.trace,
              failure);
        }
      } else if (line.startsWith("#") || line.isBlank()) {
        script.trace.append(line).append('\n');
      }
    }
    return script.trace.toString();
  }

  private void command(String[] words) {
    switch (words[0]) {
      case "members" -> found(words);
      case "member" -> start(id(words[1]), Configuration.EMPTY);
      case "advance" -> advance(Long.parseLong(words[1]) * MILLI);
      case "pause" -> pausedUntil.put(id(words[1]), now + Long.parseLong(words[2]) * MILLI);
      case "deliver",
          "repeat",
          "drop",
          "keep",
          "replay",
          "stabilize",
          "cut",
          "heal",
          "lost",
          "connect" ->
          network(words);
      case "status" -> members.values().forEach(this::status);
      case "expect" -> expect(words);
      default -> {
        ScriptedMember member = member(id(words[1]));
        of(member, words);
        member.flush();
      }
    }
  }

  private void of(ScriptedMember member, String[] words) {
    RaftCore core = member.core;
    switch (words[0]) {
      case "campaign" -> core.election.timeOut(now);
      case "propose" ->
          say(
              member.id
                  + ": "
                  + core.propose(now, words.length > 2 ? Integer.parseInt(words[2]) : 10));
      case "io" -> io(member, words[2]);
      case "restart" -> {
        dropOf(member.id);
        member.restart();
      }
      case "wipe" -> {
        dropOf(member.id);
        member.wipe();
      }
      case "lose" -> {
        dropOf(member.id);
        member.loseLogAbove(
            Long.parseLong(words[2]), words.length > 3 && words[3].equals("knowing"));
      }
      case "forget" -> {
        dropOf(member.id);
        member.forget(Long.parseLong(words[2]), Long.parseLong(words[3]));
      }
      case "read" -> core.read(1, ++reads);
      case "transfer" -> say(member.id + ": " + core.transfer(now, id(words[2])));
      case "reconfigure" ->
          say(
              member.id
                  + ": "
                  + core.reconfigure(
                      now,
                      core.configuration().index(),
                      ids(words[2]),
                      words.length > 3 ? ids(words[3]) : new long[0]));
      case "takein" ->
          say(
              member.id
                  + ": "
                  + core.takeIn(
                      now,
                      new Returned(
                          id(words[2]),
                          Long.parseLong(words[3]),
                          Long.parseLong(words[4]),
                          core.configuration().configuration().isVoter(id(words[2])))));
      case "trim" -> core.trim(Long.parseLong(words[2]));
      case "disk" -> core.step(now, new Rare.Disk(DiskState.valueOf(words[2])));
      case "explain" -> {
        Explanation explanation = core.explain(now, Long.parseLong(words[2]));
        say(explanation.verdict() + ": " + explanation.text());
      }
      case "backlog" -> core.step(now, new Rare.Backlog(words[2].equals("full")));
      case "queue" ->
          core.step(
              now,
              words[3].equals("full")
                  ? new Rare.PeerFull(id(words[2]))
                  : new Rare.PeerRoom(id(words[2])));
      case "standing" -> core.step(now, new Rare.StandingChanged(Standing.valueOf(words[2])));
      case "present" -> {
        Incarnation incarnation =
            new Incarnation(
                Long.parseLong(words[3]),
                Long.parseLong(words[4]),
                Long.parseLong(words[5]),
                Long.parseLong(words[6]));
        say(member.id + ": " + core.judge(id(words[2]), incarnation));
        core.step(now, new Rare.PeerPresented(id(words[2]), incarnation));
      }
      case "snapshots" -> member.manualSnapshots = words[2].equals("manual");
      case "ready" -> member.snapshotReady();
      case "fetched" -> member.fetched();
      case "failed" ->
          core.step(now, new Rare.SnapshotFailed(id(words[2]), Long.parseLong(words[3])));
      default -> throw new IllegalArgumentException("unknown command " + words[0]);
    }
  }

  private void found(String[] words) {
    int split = Arrays.asList(words).indexOf("learners");
    int end = split < 0 ? words.length : split;
    long[] voters = Arrays.stream(words, 1, end).mapToLong(Long::parseLong).toArray();
    long[] learners =
        split < 0
            ? new long[0]
            : Arrays.stream(words, split + 1, words.length).mapToLong(Long::parseLong).toArray();
    Configuration configuration = Configuration.of(voters, learners);
    founding = new ConfigurationAt(0, configuration);
    for (long member : configuration.members()) {
      start(member, configuration);
    }
  }

  private void start(long id, Configuration configuration) {
    RaftSettings settings =
        new RaftSettings(
            id,
            1,
            100 * MILLI,
            1_000 * MILLI,
            2_000 * MILLI,
            1_000,
            400,
            200,
            100,
            8,
            4,
            1_000,
            1_000);
    ScriptedMember member = new ScriptedMember(this, settings, configuration);
    members.put(id, member);
    member.flush();
  }

  private void advance(long nanos) {
    long end = now + nanos;
    while (true) {
      ScriptedMember due = null;
      for (ScriptedMember each : members.values()) {
        long deadline = Math.max(each.core.nextDeadline(), pausedUntil.getOrDefault(each.id, 0L));
        if (deadline <= end
            && (due == null
                || deadline
                    < Math.max(due.core.nextDeadline(), pausedUntil.getOrDefault(due.id, 0L)))) {
          due = each;
        }
      }
      if (due == null) {
        break;
      }
      now = Math.max(now, Math.max(due.core.nextDeadline(), pausedUntil.getOrDefault(due.id, 0L)));
      due.core.tick(now);
      due.flush();
      if (quiet) {
        stabilize();
      }
    }
    now = end;
  }

  private void io(ScriptedMember member, String how) {
    switch (how) {
      case "manual" -> member.manualIo = true;
      case "auto" -> member.manualIo = false;
      case "all" -> member.io(member.pendingIo());
      default -> member.io(Integer.parseInt(how));
    }
  }

  private void network(String[] words) {
    switch (words[0]) {
      case "deliver" -> {
        int count = words.length > 2 ? Integer.parseInt(words[2]) : 1;
        for (int i = 0; i < count; i++) {
          handIn(take(words[1]));
        }
      }
      case "repeat" -> {
        ScriptedMember.Packet packet = take(words[1]);
        wire.addFirst(packet);
        handIn(packet);
      }
      case "keep" -> {
        ScriptedMember.Packet packet = take(words[1]);
        kept.add(packet);
        wire.addFirst(packet);
      }
      case "replay" -> {
        List<ScriptedMember.Packet> again = List.copyOf(kept);
        kept.clear();
        again.forEach(this::handIn);
      }
      case "drop" -> wire.removeIf(packet -> link(packet).equals(words[1]));
      case "stabilize" -> stabilize();
      case "cut" -> {
        for (int i = 1; i < words.length; i++) {
          String link = words[i];
          cuts.add(link);
          wire.removeIf(packet -> link(packet).equals(link));
        }
      }
      case "heal" -> cuts.clear();
      case "lost" -> {
        long a = id(words[1]);
        long b = id(words[2]);
        wire.removeIf(p -> (p.from() == a && p.to() == b) || (p.from() == b && p.to() == a));
        tell(a, new Rare.PeerDisconnected(b));
        tell(b, new Rare.PeerDisconnected(a));
      }
      case "connect" -> {
        tell(id(words[1]), new Rare.PeerConnected(id(words[2])));
        tell(id(words[2]), new Rare.PeerConnected(id(words[1])));
      }
      default -> throw Checks.unreachable(words[0]);
    }
  }

  private void tell(long member, Rare event) {
    member(member).core.step(now, event);
    member(member).flush();
  }

  private ScriptedMember.Packet take(String link) {
    for (ScriptedMember.Packet packet : wire) {
      if (link(packet).equals(link)) {
        wire.remove(packet);
        return packet;
      }
    }
    throw new IllegalArgumentException("nothing is on its way " + link);
  }

  private void handIn(ScriptedMember.Packet packet) {
    member(packet.to()).handIn(packet);
  }

  private void stabilize() {
    for (int steps = 0; ; steps++) {
      Checks.that(steps < 10_000, "no end to it after steps=%d", steps);
      if (!wire.isEmpty()) {
        handIn(wire.removeFirst());
      } else {
        boolean idle = true;
        for (ScriptedMember each : members.values()) {
          if (each.fetching != null && !each.manualSnapshots) {
            each.fetched();
            idle = false;
          }
        }
        if (idle) {
          return;
        }
      }
    }
  }

  private void dropOf(long member) {
    wire.removeIf(packet -> packet.from() == member || packet.to() == member);
  }

  private void status(ScriptedMember member) {
    RaftCore core = member.core;
    say(
        "%d: %s term=%d leader=%d commit=%d stable=%d %s"
            .formatted(
                member.id,
                core.role(),
                core.term(),
                core.leader(),
                core.commitIndex(),
                core.stableIndex(),
                member.log()));
  }

  private void expect(String[] words) {
    ScriptedMember member = member(id(words[1]));
    RaftCore core = member.core;
    for (int i = 2; i < words.length; i++) {
      String[] pair = words[i].split("=", 2);
      String found =
          switch (pair[0]) {
            case "term" -> Long.toString(core.term());
            case "commit" -> Long.toString(core.commitIndex());
            case "applied" -> Long.toString(core.appliedIndex());
            case "last" -> Long.toString(core.lastIndex());
            case "lastTerm" -> Long.toString(core.termAt(core.lastIndex()));
            case "stable" -> Long.toString(core.stableIndex());
            case "leader" -> Long.toString(core.leader());
            case "configuration" ->
                core.configuration().configuration().toString().replace(' ', ',');
            default -> core.role().toString();
          };
      String wanted = pair.length > 1 ? pair[1] : pair[0];
      if (!found.equals(wanted)) {
        throw new IllegalStateException(words[i] + " expected, found " + found);
      }
    }
  }

  private static String link(ScriptedMember.Packet packet) {
    return packet.from() + "->" + packet.to();
  }

  private static long id(String word) {
    return Long.parseLong(word);
  }

  private static long[] ids(String words) {
    return Arrays.stream(words.split(",")).mapToLong(Long::parseLong).toArray();
  }
}
