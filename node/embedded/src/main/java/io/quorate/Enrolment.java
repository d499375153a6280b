package io.quorate;

import io.quorate.IdentityFile.StandsAlone;
import io.quorate.base.Disk;
import io.quorate.base.ErrorCode;
import io.quorate.base.QuorateException;
import io.quorate.node.ClusterView;
import io.quorate.node.MemberInfo;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which member a directory is, or becomes: the directory's own word first, then, for a founder, its
 * flags, and for one that joins, the word of the cluster.
 *
 * @param config what was asked for, with the ids that hold
 * @param identity what the directory is to say from now on
 * @param restarted whether the directory has said so before
 */
record Enrolment(MemberConfig config, IdentityFile identity, boolean restarted) {
  private static final System.Logger LOG = System.getLogger(Enrolment.class.getName());

  /** How long a member that joins looks for one that tells it who it is. */
  private static final long JOIN_SECONDS_MAX = 20;

  private static final long ASK_SECONDS_MAX = 5;
  private static final long ASK_AGAIN_MILLIS = 300;

  /**
   * Finds it out. Blocks on the disk, and for one that joins on the network.
   *
   * @param ask puts the question to a member
   * @throws QuorateException if it can't be told; the message says what to do
   */
  static Enrolment of(
      MemberConfig given,
      Disk disk,
      Function<InetSocketAddress, CompletableFuture<ClusterView>> ask) {
    IdentityFile known = IdentityFile.read(disk);
    boolean empty = known == null && !hasLog(disk);
    if (given.forceAlone() && empty) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "--force-new-cluster needs the directory of a member, and "
              + given.dataDir()
              + " holds none");
    }
    if (known == null && given.founding()) {
      IdentityFile first =
          new IdentityFile(
              given.clusterId(),
              given.clusterId(),
              given.memberId(),
              true,
              StandsAlone.NO,
              given.members());
      if (empty) {
        return new Enrolment(given, first, false);
      }
      known = first; // a directory from before there was such a file
    }
    if (known == null) {
      return join(given, ask);
    }
    Enrolment again = known(given, known);
    if (given.forceAlone()) {
      again.identity.write(disk); // before its log says so
    }
    return again;
  }

  /** The node has begun with it: from now on the directory says it by itself. */
  void begun(Disk disk) {
    IdentityFile said =
        identity.standsAlone() == StandsAlone.BEGUN
            ? identity.withStandsAlone(StandsAlone.DONE)
            : identity;
    if (!said.equals(IdentityFile.read(disk))) {
      said.write(disk);
    }
  }

  private static boolean hasLog(Disk disk) {
    try {
      return disk.exists("log");
    } catch (IOException e) {
      throw QuorateException.of(
          ErrorCode.LOG_FAILED, "the data directory can't be read: " + e.getMessage(), e);
    }
  }

  // ---- one that was started before -------------------------------------------------------------

  private static Enrolment known(MemberConfig given, IdentityFile known) {
    MemberInfo own = own(given);
    if (known.founding() && given.founding()) {
      // Founders derive their ids from the flags, so other flags mean another directory.
      boolean derivedHere = known.clusterId() == known.logClusterId();
      boolean same =
          given.memberId() == known.memberId()
              && (!derivedHere || given.clusterId() == known.clusterId());
      if (!same) {
        throw QuorateException.of(
            ErrorCode.WRONG_IDENTITY,
            ("the directory belongs to cluster %x, member %x, and the flags describe cluster %x,"
                    + " member %x: look at the data directory. If it is the right one and the"
                    + " cluster's members have changed since, start with --initial-cluster-state"
                    + " existing, which takes the directory's word")
                .formatted(
                    known.clusterId(), known.memberId(), given.clusterId(), given.memberId()));
      }
    } else {
      expectOwn(own, known);
    }
    IdentityFile next = known.withStandsAlone(StandsAlone.NO);
    boolean alone = false;
    if (given.forceAlone()) {
      alone = known.standsAlone() != StandsAlone.DONE;
      if (alone) {
        next = standingAlone(known);
      } else {
        next = known;
        LOG.log(
            System.Logger.Level.WARNING,
            "--force-new-cluster has had its effect before, and has none now: take it away");
      }
    }
    List<MemberInfo> members = named(next.members(), next.memberId(), own);
    return new Enrolment(given.enrolled(next, members, alone), next, true);
  }

  private static void expectOwn(MemberInfo own, IdentityFile known) {
    for (MemberInfo each : known.members()) {
      boolean alike =
          each.name().equals(own.name())
              || new TreeSet<>(each.peerUrls()).equals(new TreeSet<>(own.peerUrls()));
      if (each.id() == known.memberId() && !alike) {
        throw QuorateException.of(
            ErrorCode.WRONG_IDENTITY,
            ("the directory belongs to member %s at %s, and the flags describe %s at %s: look at"
                    + " the data directory")
                .formatted(each.name(), each.peerUrls(), own.name(), own.peerUrls()));
      }
    }
  }

  /** It is another cluster from now on, so that those it gives up can't be mistaken for members. */
  private static IdentityFile standingAlone(IdentityFile known) {
    long cluster = known.clusterId();
    if (known.standsAlone() == StandsAlone.NO) {
      cluster = new SecureRandom().nextLong();
      LOG.log(
          System.Logger.Level.WARNING,
          "--force-new-cluster: THIS MEMBER GIVES UP ALL OTHERS and becomes cluster {0} on its own,"
              + " with what its directory holds. What only the others have is lost. Never start them"
              + " again: remove their directories, and add them anew",
          Long.toHexString(cluster));
    }
    return new IdentityFile(
        cluster,
        known.logClusterId(),
        known.memberId(),
        known.founding(),
        StandsAlone.BEGUN,
        known.members());
  }

  // ---- one that joins --------------------------------------------------------------------------

  private static Enrolment join(
      MemberConfig given, Function<InetSocketAddress, CompletableFuture<ClusterView>> ask) {
    MemberInfo own = own(given);
    List<InetSocketAddress> others = new ArrayList<>();
    for (MemberInfo each : given.members()) {
      if (each.id() != own.id()) {
        each.peerUrls().forEach(url -> others.add(address(url)));
      }
    }
    if (others.isEmpty()) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          "a member that joins needs the others' peer URLs: list them with --initial-cluster, as"
              + " \"member add\" prints it");
    }
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(JOIN_SECONDS_MAX);
    Trouble trouble;
    do {
      trouble = new Trouble();
      for (InetSocketAddress other : others) {
        ClusterView view = answer(ask, other, trouble);
        MemberInfo self = view == null ? null : find(view, own.peerUrls());
        if (view != null && self != null) {
          return joined(given, own, view, self);
        }
        if (view != null) {
          trouble.unknown(other, own, view);
        }
      }
    } while (deadline - System.nanoTime() > 0 && rest());
    throw QuorateException.of(
        ErrorCode.INVALID_REQUEST, "can't join the cluster: " + trouble.told());
  }

  /** What stood in the way in one round. */
  private static final class Trouble {
    private final List<String> all = new ArrayList<>();

    void unanswered(InetSocketAddress other, String why) {
      all.add(other.getHostString() + ":" + other.getPort() + " doesn't answer (" + why + ")");
    }

    void unknown(InetSocketAddress other, MemberInfo own, ClusterView view) {
      String at = other.getHostString() + ":" + other.getPort();
      all.add(
          view.members().isEmpty()
              ? at + " is no member itself yet"
              : at
                  + " knows no member with the peer URLs "
                  + String.join(",", own.peerUrls())
                  + ": first add it, with \"member add "
                  + own.name()
                  + " --peer-urls="
                  + String.join(",", own.peerUrls())
                  + "\"");
    }

    String told() {
      return String.join("; ", all);
    }
  }

  private static @Nullable ClusterView answer(
      Function<InetSocketAddress, CompletableFuture<ClusterView>> ask,
      InetSocketAddress other,
      Trouble trouble) {
    try {
      return ask.apply(other).get(ASK_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      Throwable why = e.getCause();
      trouble.unanswered(other, String.valueOf(why == null ? e.getMessage() : why.getMessage()));
    } catch (TimeoutException e) {
      trouble.unanswered(other, "for " + ASK_SECONDS_MAX + " s");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw QuorateException.of(ErrorCode.STOPPED, "interrupted while joining", e);
    }
    return null;
  }

  private static boolean rest() {
    try {
      TimeUnit.MILLISECONDS.sleep(ASK_AGAIN_MILLIS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static @Nullable MemberInfo find(ClusterView view, List<String> peerUrls) {
    Set<String> urls = new TreeSet<>(peerUrls);
    return view.members().stream()
        .filter(each -> new TreeSet<>(each.peerUrls()).equals(urls))
        .findFirst()
        .orElse(null);
  }

  private static Enrolment joined(
      MemberConfig given, MemberInfo own, ClusterView view, MemberInfo self) {
    if (!urls(view.members()).equals(urls(given.members()))) {
      throw QuorateException.of(
          ErrorCode.INVALID_REQUEST,
          ("the cluster has other members than --initial-cluster says: it has %s, and"
                  + " --initial-cluster says %s")
              .formatted(described(view.members()), described(given.members())));
    }
    IdentityFile identity =
        new IdentityFile(
            view.clusterId(),
            view.clusterId(),
            self.id(),
            false,
            StandsAlone.NO,
            named(view.members(), self.id(), own));
    MemberConfig config = given.enrolled(identity, identity.members(), false);
    LOG.log(
        System.Logger.Level.INFO,
        "joins cluster={0} as member={1}",
        Long.toHexString(view.clusterId()),
        Long.toHexString(self.id()));
    return new Enrolment(config, identity, false);
  }

  private static Set<String> urls(List<MemberInfo> members) {
    return members.stream()
        .flatMap(each -> each.peerUrls().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String described(List<MemberInfo> members) {
    return members.stream()
        .map(each -> each.name() + "=" + String.join(",", each.peerUrls()))
        .collect(Collectors.joining(","));
  }

  // ---- both ------------------------------------------------------------------------------------

  private static MemberInfo own(MemberConfig given) {
    return given.members().stream()
        .filter(each -> each.id() == given.memberId())
        .findFirst()
        .orElseThrow();
  }

  /** The members, this one with the name and the clients' addresses that it was started with. */
  private static List<MemberInfo> named(List<MemberInfo> members, long self, MemberInfo own) {
    List<MemberInfo> named = new ArrayList<>();
    for (MemberInfo each : members) {
      named.add(
          each.id() == self
              ? new MemberInfo(self, own.name(), each.peerUrls(), own.clientUrls(), each.learner())
              : each);
    }
    return List.copyOf(named);
  }

  static InetSocketAddress address(String url) {
    URI uri = URI.create(url);
    return InetSocketAddress.createUnresolved(uri.getHost(), uri.getPort());
  }
}
