package io.quorate.xa.jdbc;

import io.quorate.xa.branch.Ballot;
import io.quorate.xa.branch.BranchId;
import io.quorate.xa.branch.Finish;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;

/**
 * The calls of XA for one branch, and what their codes mean (X/Open CAE C193, chapter 5).
 *
 * <p>Only {@code XA_RB*} says that a branch is rolled back. Of all other errors nothing follows:
 * drivers give {@code XAER_RMERR} for a server that shuts down while it commits, and codes of their
 * own for a lost connection. So they become errors that are {@linkplain JdbcResource#isUnsure
 * unsure}, and the order is given again. {@code XAER_NOTA} isn't an answer either as long as {@code
 * recover} lists the branch: some servers don't know a branch that another session holds.
 */
final class XaCalls {
  private static final String REFUSED = "40000";
  private static final String UNSURE = "08000";

  /** So much later than the coordinator does a resource look at the time. */
  private static final Duration TIMEOUT_MARGIN = Duration.ofSeconds(5);

  private XaCalls() {}

  /** Begins a branch. A resource that keeps no time isn't told of any. */
  static void start(XAResource xa, BranchId id, Duration within) throws SQLException {
    long seconds = within.plus(TIMEOUT_MARGIN).toSeconds();
    try {
      var unused = xa.setTransactionTimeout((int) Math.min(seconds, Integer.MAX_VALUE));
    } catch (XAException e) {
      JdbcResource.LOG.log(System.Logger.Level.DEBUG, "no transaction time-out", e);
    }
    start(xa, id, XAResource.TMNOFLAGS);
  }

  /** Begins a branch, or goes on with one that was ended there. */
  static void start(XAResource xa, BranchId id, int flags) throws SQLException {
    try {
      xa.start(new BranchXid(id), flags);
    } catch (XAException e) {
      throw told("start", e, UNSURE);
    }
  }

  /** Ends the work in a branch. As nothing is prepared before that, any error is a refusal. */
  static void end(XAResource xa, BranchId id, int flags) throws SQLException {
    try {
      xa.end(new BranchXid(id), flags);
    } catch (XAException e) {
      throw told("end", e, REFUSED);
    }
  }

  /** Prepares a branch that has ended. */
  static Ballot prepare(XAResource xa, BranchId id) throws SQLException {
    try {
      return xa.prepare(new BranchXid(id)) == XAResource.XA_RDONLY
          ? Ballot.readOnly()
          : Ballot.yes("");
    } catch (XAException e) {
      throw told("prepare", e);
    }
  }

  /** Commits a branch that has ended, without preparing it. */
  static void commitOnePhase(XAResource xa, BranchId id) throws SQLException {
    try {
      xa.commit(new BranchXid(id), true);
    } catch (XAException e) {
      switch (e.errorCode) {
        case XAException.XA_HEURCOM -> forget(xa, id);
        case XAException.XA_HEURRB -> {
          forget(xa, id);
          throw told("commit", e, REFUSED);
        }
        case XAException.XAER_RMERR -> throw told("commit", e, rolledBack(xa, id));
        default -> throw told("commit", e);
      }
    }
  }

  /** After {@code XAER_RMERR}: it surely hasn't committed if it can be rolled back still. */
  private static String rolledBack(XAResource xa, BranchId id) {
    try {
      xa.rollback(new BranchXid(id));
      return REFUSED;
    } catch (XAException e) {
      return isRolledBack(e) ? REFUSED : UNSURE;
    }
  }

  /** Finishes a branch that is prepared, or was. */
  static Finish finish(XAResource xa, BranchId id, boolean commits) throws SQLException {
    try {
      if (commits) {
        xa.commit(new BranchXid(id), false);
      } else {
        xa.rollback(new BranchXid(id));
      }
      return Finish.DONE;
    } catch (XAException e) {
      if (isRolledBack(e)) {
        return commits ? Finish.OTHERWISE : Finish.DONE;
      }
      return switch (e.errorCode) {
        case XAException.XA_HEURCOM -> heuristic(xa, id, commits);
        case XAException.XA_HEURRB -> heuristic(xa, id, !commits);
        case XAException.XA_HEURMIX, XAException.XA_HEURHAZ -> Finish.OTHERWISE;
        case XAException.XAER_NOTA -> {
          if (recover(xa).contains(id)) {
            throw told("finish", e, UNSURE);
          }
          yield Finish.DONE;
        }
        default -> throw told(commits ? "commit" : "rollback", e);
      };
    }
  }

  /** It has ended by itself, perhaps as it was meant to. What isn't, is kept until written down. */
  private static Finish heuristic(XAResource xa, BranchId id, boolean asOrdered) {
    if (asOrdered) {
      forget(xa, id);
      return Finish.DONE;
    }
    return Finish.OTHERWISE;
  }

  /**
   * Undoes a branch that isn't prepared.
   *
   * @param working whether its work hasn't ended
   */
  static void rollBack(XAResource xa, BranchId id, boolean working) throws SQLException {
    if (working) {
      try {
        end(xa, id, XAResource.TMFAIL);
      } catch (SQLException e) { // rolled back already, or rollback will say the same
        JdbcResource.LOG.log(System.Logger.Level.DEBUG, "end failed", e);
      }
    }
    try {
      xa.rollback(new BranchXid(id));
    } catch (XAException e) {
      if (!isRolledBack(e) && e.errorCode != XAException.XAER_NOTA) { // nothing of it is left
        throw told("rollback", e);
      }
    }
  }

  /** A branch that has ended by itself isn't listed any more. */
  static void forget(XAResource xa, BranchId id) {
    try {
      xa.forget(new BranchXid(id));
    } catch (XAException e) {
      JdbcResource.LOG.log(System.Logger.Level.DEBUG, "forget failed", e);
    }
  }

  /**
   * All branches of Quorate's that are prepared. Some drivers list all of them at the first call,
   * some at every call, some page by page: it is asked until nothing new comes.
   */
  static Set<BranchId> recover(XAResource xa) throws SQLException {
    Set<BranchId> all = new LinkedHashSet<>();
    try {
      boolean more = all.addAll(ours(xa.recover(XAResource.TMSTARTRSCAN)));
      while (more) {
        more = all.addAll(ours(xa.recover(XAResource.TMNOFLAGS)));
      }
      var unused = all.addAll(ours(xa.recover(XAResource.TMENDRSCAN)));
      return all;
    } catch (XAException e) {
      throw told("recover", e);
    }
  }

  @SuppressWarnings("NullAway") // drivers give null for none
  private static List<BranchId> ours(Xid[] listed) {
    List<BranchId> ours = new ArrayList<>();
    if (listed != null) {
      for (Xid each : listed) {
        BranchXid.branch(each).ifPresent(ours::add);
      }
    }
    return ours;
  }

  private static boolean isRolledBack(XAException e) {
    return e.errorCode >= XAException.XA_RBBASE && e.errorCode <= XAException.XA_RBEND;
  }

  private static SQLException told(String call, XAException e) {
    return told(call, e, isRolledBack(e) ? REFUSED : UNSURE);
  }

  /** An error of JDBC's with the same meaning. */
  private static SQLException told(String call, XAException e, String state) {
    String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
    return new SQLException(
        "XA " + call + ": " + name(e.errorCode) + (why == null ? "" : ", " + why), state, e);
  }

  /** The code's name in the specification. */
  static String name(int code) {
    return switch (code) {
      case XAException.XA_RBROLLBACK -> "XA_RBROLLBACK";
      case XAException.XA_RBCOMMFAIL -> "XA_RBCOMMFAIL";
      case XAException.XA_RBDEADLOCK -> "XA_RBDEADLOCK";
      case XAException.XA_RBINTEGRITY -> "XA_RBINTEGRITY";
      case XAException.XA_RBOTHER -> "XA_RBOTHER";
      case XAException.XA_RBPROTO -> "XA_RBPROTO";
      case XAException.XA_RBTIMEOUT -> "XA_RBTIMEOUT";
      case XAException.XA_RBTRANSIENT -> "XA_RBTRANSIENT";
      case XAException.XA_NOMIGRATE -> "XA_NOMIGRATE";
      case XAException.XA_HEURHAZ -> "XA_HEURHAZ";
      case XAException.XA_HEURCOM -> "XA_HEURCOM";
      case XAException.XA_HEURRB -> "XA_HEURRB";
      case XAException.XA_HEURMIX -> "XA_HEURMIX";
      case XAException.XA_RETRY -> "XA_RETRY";
      case XAException.XA_RDONLY -> "XA_RDONLY";
      case XAException.XAER_ASYNC -> "XAER_ASYNC";
      case XAException.XAER_RMERR -> "XAER_RMERR";
      case XAException.XAER_NOTA -> "XAER_NOTA";
      case XAException.XAER_INVAL -> "XAER_INVAL";
      case XAException.XAER_PROTO -> "XAER_PROTO";
      case XAException.XAER_RMFAIL -> "XAER_RMFAIL";
      case XAException.XAER_DUPID -> "XAER_DUPID";
      case XAException.XAER_OUTSIDE -> "XAER_OUTSIDE";
      default -> "code " + code;
    };
  }
}
