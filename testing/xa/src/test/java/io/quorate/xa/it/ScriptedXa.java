package io.quorate.xa.it;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import javax.sql.XAConnection;
import javax.sql.XADataSource;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.jspecify.annotations.Nullable;

/**
 * A database that keeps nothing but what is prepared, and answers each call of XA as a test says.
 * Safe for use by many threads.
 */
final class ScriptedXa {
  // Guarded by this.
  private final List<String> calls = new ArrayList<>();
  private final Map<String, Deque<Integer>> answers = new HashMap<>();
  private final Set<Xid> prepared = new LinkedHashSet<>();
  private final List<ConnectionEventListener> listeners = new ArrayList<>();
  private boolean neverSame;
  private int opened;
  private int closed;
  private int pageSize = Integer.MAX_VALUE;

  /** The driver's source of connections. */
  XADataSource source() {
    return proxy(
        XADataSource.class, (name, arguments) -> name.equals("getXAConnection") ? open() : null);
  }

  /** What was called so far, in order; not what looks through it, which happens at any time. */
  synchronized List<String> calls() {
    return calls.stream().filter(call -> !call.equals("recover")).toList();
  }

  /** Forgets what was called. */
  synchronized void clearCalls() {
    calls.clear();
  }

  /** Its driver says of none of its resources that it is at the same database, as many do. */
  synchronized void neverSame() {
    neverSame = true;
  }

  /** The next call of that name that has no answer yet is answered so; 0 is success. */
  synchronized ScriptedXa answer(String call, int code) {
    answers.computeIfAbsent(call, _ -> new ArrayDeque<>()).add(code);
    return this;
  }

  /** So many are listed at a time. */
  synchronized void pages(int size) {
    pageSize = size;
  }

  /** How many connections have been opened. */
  synchronized int opened() {
    return opened;
  }

  /** How many connections are open. */
  synchronized int openNow() {
    return opened - closed;
  }

  /** What is prepared. */
  synchronized Set<Xid> prepared() {
    return Set.copyOf(prepared);
  }

  /** Somebody has finished everything by hand, or has lost it. */
  synchronized void loseAll() {
    prepared.clear();
  }

  /** All its connections turn out to be broken. */
  void breakAll() {
    List<ConnectionEventListener> all;
    synchronized (this) {
      all = List.copyOf(listeners);
    }
    all.forEach(each ->
        each.connectionErrorOccurred(
            new ConnectionEvent(proxy(XAConnection.class, (_, _) -> null))));
  }

  private XAConnection open() {
    Resource resource = new Resource();
    Connection connection = proxy(Connection.class, ScriptedXa::onConnection);
    synchronized (this) {
      opened++;
    }
    return proxy(
        XAConnection.class,
        (name, arguments) ->
            switch (name) {
              case "getXAResource" -> resource;
              case "getConnection" -> connection;
              default -> onXaConnection(name, arguments);
            });
  }

  private synchronized @Nullable Object onXaConnection(String name, Object[] arguments) {
    if (name.equals("addConnectionEventListener")) {
      listeners.add((ConnectionEventListener) arguments[0]);
    } else if (name.equals("close")) {
      closed++;
    }
    return null;
  }

  private static @Nullable Object onConnection(String name, Object[] arguments) {
    return switch (name) {
      case "getAutoCommit", "isValid" -> true;
      case "isClosed" -> false;
      case "getNetworkTimeout" -> 0;
      case "getMetaData" ->
          proxy(DatabaseMetaData.class, (asked, _) -> asked.endsWith("ProductName") ? "S" : null);
      default -> null;
    };
  }

  private interface Call {
    @Nullable Object on(String name, Object[] arguments);
  }

  private static <T> T proxy(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            ScriptedXa.class.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) ->
                call.on(method.getName(), arguments == null ? new Object[0] : arguments)));
  }

  private record Name(int format, String global, String qualifier) {
    static Name of(Xid xid) {
      return new Name(
          xid.getFormatId(),
          Arrays.toString(xid.getGlobalTransactionId()),
          Arrays.toString(xid.getBranchQualifier()));
    }
  }

  private synchronized int called(String name, String detail) throws XAException {
    calls.add(detail.isEmpty() ? name : name + " " + detail);
    Deque<Integer> script = answers.get(name);
    int code = script == null || script.isEmpty() ? 0 : script.remove();
    if (code != 0 && code != XAException.XA_RDONLY) {
      throw new XAException(code);
    }
    return code;
  }

  private final class Resource implements XAResource {
    private int page;

    @Override
    public void start(Xid xid, int flags) throws XAException {
      called("start", flags == TMJOIN ? "join" : flags == TMNOFLAGS ? "" : "flags " + flags);
    }

    @Override
    public void end(Xid xid, int flags) throws XAException {
      called("end", flags == TMSUCCESS ? "" : flags == TMFAIL ? "fail" : "flags " + flags);
    }

    @Override
    public int prepare(Xid xid) throws XAException {
      int code = called("prepare", "");
      if (code == 0) {
        synchronized (ScriptedXa.this) {
          prepared.add(xid);
        }
      }
      return code;
    }

    @Override
    public void commit(Xid xid, boolean onePhase) throws XAException {
      called("commit", onePhase ? "one phase" : "");
      end(xid);
    }

    @Override
    public void rollback(Xid xid) throws XAException {
      called("rollback", "");
      end(xid);
    }

    @Override
    public void forget(Xid xid) throws XAException {
      called("forget", "");
      end(xid);
    }

    private void end(Xid xid) {
      synchronized (ScriptedXa.this) {
        prepared.removeIf(each -> Name.of(each).equals(Name.of(xid)));
      }
    }

    @Override
    public Xid[] recover(int flag) throws XAException {
      called("recover", "");
      synchronized (ScriptedXa.this) {
        page = flag == TMSTARTRSCAN ? 0 : page + 1;
        return flag == TMENDRSCAN
            ? new Xid[0]
            : prepared.stream().skip((long) page * pageSize).limit(pageSize).toArray(Xid[]::new);
      }
    }

    @Override
    public boolean isSameRM(XAResource other) {
      synchronized (ScriptedXa.this) {
        return !neverSame
            && other instanceof Resource that
            && that.database().equals(ScriptedXa.this);
      }
    }

    private ScriptedXa database() {
      return ScriptedXa.this;
    }

    @Override
    public int getTransactionTimeout() {
      return 0;
    }

    @Override
    public boolean setTransactionTimeout(int seconds) {
      return false;
    }
  }
}
