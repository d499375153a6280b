package io.quorate.raft;

import java.util.List;

/** The bounded spaces that are exhausted: small ones on every build, large ones with a flag. */
final class Variants {
  private static final long[] TWO = {1, 2};
  private static final long[] THREE = {1, 2, 3};
  private static final long[] NONE = {};
  private static final int NO_BOUND = 99;

  private Variants() {}

  /** Some tens of thousands of states each. */
  static List<CheckedWorld.Bounds> small() {
    return List.of(
        space("one term, two commands", THREE, 1, 1).proposals(1).heartbeats(1).build(),
        elections("two terms", 2, 2),
        space("two members: two terms, two commands, a crash, slow disks", TWO, 2, 2)
            .proposals(2)
            .crashes(1)
            .asynchronous()
            .build(),
        space("two members: pre-votes, three terms", TWO, 3, 3).preVote().crashes(1).build(),
        space("two members: repeated, overtaking", TWO, 2, 2)
            .proposals(2)
            .duplicates(1)
            .overtakings(1)
            .build(),
        space("two members become three", TWO, 2, 1).members(THREE).to(THREE).build(),
        space("three members become one", THREE, 1, 1).to(new long[] {3}).build(),
        space("two members: snapshot, a crash", TWO, 2, 2)
            .proposals(1)
            .trims(1)
            .crashes(1)
            .heartbeats(1)
            .build(),
        space("two members: an entry lost", TWO, 2, 2).losses(1).proposals(1).build(),
        space("two members: a batch forgotten, a crash", TWO, 3, 2)
            .forgettings(1)
            .proposals(1)
            .crashes(1)
            .build(),
        space("two members: reads", TWO, 2, 2).reads(1).proposals(1).heartbeats(1).build());
  }

  /** Twenty-seven million states in all, in some six minutes. */
  static List<CheckedWorld.Bounds> large() {
    return List.of(
        space("two terms, a command", THREE, 2, 2).proposals(1).build(),
        space("two terms, a crash", THREE, 2, 2).crashes(1).build(),
        space("three terms", THREE, 3, 3).build(),
        space("two terms, an entry lost", THREE, 2, 2).losses(1).build(),
        space("two terms, a command, an entry lost", THREE, 2, 2).proposals(1).losses(1).build(),
        space("two terms, a batch forgotten", THREE, 3, 2).forgettings(1).build(),
        space("two terms, a repeated message", THREE, 2, 2).duplicates(1).build(),
        space("two terms, slow disks", THREE, 2, 2).asynchronous().build(),
        space("two terms, pre-votes", THREE, 2, 2).preVote().build(),
        space("two members become three, two terms", TWO, 2, 2).members(THREE).to(THREE).build(),
        space("three members become two, without the leader", THREE, 2, 2)
            .to(new long[] {2, 3})
            .build(),
        space("three members become one, two terms", THREE, 2, 2).to(new long[] {3}).build(),
        space("two terms, a read", THREE, 2, 2).reads(1).build(),
        space("one term, slow disks, two commands", THREE, 1, 1)
            .asynchronous()
            .proposals(2)
            .build(),
        space("two terms, a command, a crash", THREE, 2, 2).proposals(1).crashes(1).build(),
        space("two terms, pre-votes, a crash", THREE, 2, 2).preVote().crashes(1).build(),
        space("two terms, slow disks, a crash", THREE, 2, 2).asynchronous().crashes(1).build());
  }

  static CheckedWorld.Bounds elections(String name, int terms, int campaigns) {
    return space(name, THREE, terms, campaigns).build();
  }

  static CheckedWorld.Bounds asynchronous(
      String name, int terms, int campaigns, int proposals, int crashes) {
    return space(name, THREE, terms, campaigns)
        .proposals(proposals)
        .crashes(crashes)
        .asynchronous()
        .build();
  }

  static CheckedWorld.Bounds reconfiguration(String name, int terms, int campaigns) {
    return space(name, TWO, terms, campaigns).members(THREE).to(THREE).build();
  }

  static CheckedWorld.Bounds repeated(String name, int terms, int campaigns, int proposals) {
    return space(name, TWO, terms, campaigns).proposals(proposals).duplicates(1).build();
  }

  static CheckedWorld.Bounds snapshots(String name, int terms, int campaigns) {
    return space(name, THREE, terms, campaigns)
        .proposals(1)
        .trims(1)
        .heartbeats(2)
        .overtakings(1)
        .build();
  }

  static CheckedWorld.Bounds losses(String name, int terms, int campaigns) {
    return space(name, THREE, terms, campaigns).losses(1).build();
  }

  static CheckedWorld.Bounds forgettings(String name, int terms, int campaigns) {
    return space(name, THREE, terms, campaigns).forgettings(1).build();
  }

  static CheckedWorld.Bounds reads(String name, int terms, int campaigns) {
    return space(name, THREE, terms, campaigns).reads(1).build();
  }

  static CheckedWorld.Bounds fullQueues(String name, int terms, int campaigns) {
    return space(name, THREE, terms, campaigns).proposals(1).fullQueues(1).build();
  }

  static Space space(String name, long[] founders, int terms, int campaigns) {
    return new Space(name, founders, terms, campaigns);
  }

  /** Bounds, named one by one. */
  static final class Space {
    private final String name;
    private final long[] founders;
    private final int terms;
    private final int campaigns;
    private long[] members;
    private long[] to = NONE;
    private int proposals;
    private int crashes;
    private int losses;
    private int forgettings;
    private int duplicates;
    private int drops;
    private int overtakings;
    private int fullQueues;
    private int heartbeats;
    private int trims;
    private int reads;
    private boolean asynchronous;
    private boolean preVote;

    private Space(String name, long[] founders, int terms, int campaigns) {
      this.name = name;
      this.founders = founders;
      this.members = founders;
      this.terms = terms;
      this.campaigns = campaigns;
    }

    Space members(long[] all) {
      members = all;
      return this;
    }

    Space to(long[] voters) {
      to = voters;
      return this;
    }

    Space proposals(int count) {
      proposals = count;
      return this;
    }

    Space crashes(int count) {
      crashes = count;
      return this;
    }

    Space losses(int count) {
      losses = count;
      return this;
    }

    Space forgettings(int count) {
      forgettings = count;
      return this;
    }

    Space duplicates(int count) {
      duplicates = count;
      return this;
    }

    Space drops(int count) {
      drops = count;
      return this;
    }

    Space overtakings(int count) {
      overtakings = count;
      return this;
    }

    Space fullQueues(int count) {
      fullQueues = count;
      return this;
    }

    Space heartbeats(int count) {
      heartbeats = count;
      return this;
    }

    Space trims(int count) {
      trims = count;
      return this;
    }

    Space reads(int count) {
      reads = count;
      return this;
    }

    Space asynchronous() {
      asynchronous = true;
      return this;
    }

    Space preVote() {
      preVote = true;
      return this;
    }

    CheckedWorld.Bounds build() {
      return new CheckedWorld.Bounds(
          name,
          founders,
          members,
          terms,
          campaigns,
          proposals,
          crashes,
          losses,
          forgettings,
          duplicates,
          drops,
          overtakings,
          fullQueues,
          heartbeats,
          asynchronous,
          preVote,
          to,
          trims,
          reads,
          NO_BOUND);
    }
  }
}
