package io.quorate.cli;

import io.quorate.client.Cluster;
import io.quorate.client.Member;
import io.quorate.client.MemberAddResponse;
import io.quorate.client.MemberListResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code member …}: who belongs to the cluster. */
final class MemberCommands {
  private MemberCommands() {}

  /** {@code member add}. */
  @Command(
      name = "add",
      description = "Adds a member into the cluster",
      footer = {
        "",
        "Examples:",
        "  quorate member add fourth --peer-urls http://10.0.0.4:2380",
        "  quorate member add fourth --learner --peer-urls http://10.0.0.4:2380"
      })
  static final class Add implements Callable<Integer> {
    private final Session session;

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "what it will be called")
    List<String> args = new ArrayList<>();

    @Option(names = "--peer-urls", paramLabel = "URL,…", description = "where others reach it")
    String peerUrls = "";

    @Option(names = "--learner", description = "let it only listen, until it is promoted")
    boolean learner;

    Add(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("member name not provided");
      }
      List<String> urls = urls(peerUrls);
      Printer printer = session.printerOfKeys();
      Cluster cluster = session.client().cluster();
      MemberAddResponse response =
          learner ? cluster.memberAddAsLearner(urls) : cluster.memberAdd(urls);
      printer.memberAdded(
          response, words("added to", response.member().id(), response.header().clusterId()));
      if (session.globals().format() == GlobalOptions.Format.SIMPLE) {
        session.out().print(variables(Session.text(args.get(0)), response));
      }
      return ExitCodes.OK;
    }
  }

  /** {@code member remove}. */
  @Command(
      name = "remove",
      description = "Removes a member from the cluster",
      footer = {
        "",
        "Examples:",
        "  quorate member remove 8e9e05c52164694d",
        "  quorate member remove 8e9e05c52164694d -w json"
      })
  static final class Remove implements Callable<Integer> {
    private final Session session;

    @Parameters(
        arity = "0..*",
        paramLabel = "MEMBER",
        description = "its id, in hexadecimal digits")
    List<String> args = new ArrayList<>();

    Remove(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("member ID is not provided");
      }
      long id = Hex.member(args.get(0));
      Printer printer = session.printerOfKeys();
      MemberListResponse response = session.client().cluster().memberRemove(id);
      printer.memberChanged(response, words("removed from", id, response.header().clusterId()));
      return ExitCodes.OK;
    }
  }

  /** {@code member update}. */
  @Command(
      name = "update",
      description = "Updates a member in the cluster",
      footer = {
        "",
        "Examples:",
        "  quorate member update 8e9e05c52164694d --peer-urls http://10.0.0.4:2380",
        "  quorate member update 8e9e05c52164694d --peer-urls http://a:2380,http://b:2380"
      })
  static final class Update implements Callable<Integer> {
    private final Session session;

    @Parameters(
        arity = "0..*",
        paramLabel = "MEMBER",
        description = "its id, in hexadecimal digits")
    List<String> args = new ArrayList<>();

    @Option(names = "--peer-urls", paramLabel = "URL,…", description = "where others reach it")
    String peerUrls = "";

    Update(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("member ID is not provided");
      }
      long id = Hex.member(args.get(0));
      List<String> urls = urls(peerUrls);
      Printer printer = session.printerOfKeys();
      MemberListResponse response = session.client().cluster().memberUpdate(id, urls);
      printer.memberChanged(response, words("updated in", id, response.header().clusterId()));
      return ExitCodes.OK;
    }
  }

  /** {@code member promote}. */
  @Command(
      name = "promote",
      description = "Promotes a non-voting member in the cluster",
      footer = {
        "",
        "Examples:",
        "  quorate member promote 8e9e05c52164694d",
        "  quorate member promote 8e9e05c52164694d -w json"
      })
  static final class Promote implements Callable<Integer> {
    private final Session session;

    @Parameters(
        arity = "0..*",
        paramLabel = "MEMBER",
        description = "its id, in hexadecimal digits")
    List<String> args = new ArrayList<>();

    Promote(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      if (args.size() != 1) {
        throw new UsageError("member ID is not provided");
      }
      long id = Hex.member(args.get(0));
      Printer printer = session.printerOfKeys();
      MemberListResponse response = session.client().cluster().memberPromote(id);
      printer.memberChanged(response, words("promoted in", id, response.header().clusterId()));
      return ExitCodes.OK;
    }
  }

  private static List<String> urls(String peerUrls) {
    if (peerUrls.isEmpty()) {
      throw new UsageError("member peer urls not provided");
    }
    return List.of(peerUrls.split(",", -1));
  }

  private static String words(String what, long member, long cluster) {
    return "Member " + Hex.wide(member) + " " + what + " cluster " + Hex.wide(cluster);
  }

  /** What the new member is to be started with. */
  private static String variables(String name, MemberAddResponse response) {
    List<String> all = new ArrayList<>();
    for (Member member : response.members()) {
      String called = member.id() == response.member().id() ? name : member.name();
      member.peerUrls().forEach(url -> all.add(called + "=" + url));
    }
    return "\nETCD_NAME="
        + GoQuote.quote(name)
        + "\nETCD_INITIAL_CLUSTER="
        + GoQuote.quote(String.join(",", all))
        + "\nETCD_INITIAL_ADVERTISE_PEER_URLS="
        + GoQuote.quote(String.join(",", response.member().peerUrls()))
        + "\nETCD_INITIAL_CLUSTER_STATE=\"existing\"\n";
  }
}
