package io.quorate.xa.jdbc;

import javax.sql.XAConnection;
import javax.sql.XAConnectionBuilder;
import javax.sql.XADataSource;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.jspecify.annotations.Nullable;

/** Makes a driver's XA resources such that it is known of each who recovers what it leaves. */
final class EnlistableSource {
  private EnlistableSource() {}

  static XADataSource of(XaResource resource, XADataSource source) {
    return wrapped(XADataSource.class, resource, source);
  }

  private static <T> T wrapped(Class<T> type, XaResource resource, T raw) {
    return GuardedConnection.proxy(
        type,
        (self, method, arguments) ->
            known(
                resource,
                method.getReturnType(),
                GuardedConnection.invoke(raw, method, arguments)));
  }

  /** By what it is asked for as: some drivers' connections are their own XA resources. */
  private static @Nullable Object known(
      XaResource resource, Class<?> type, @Nullable Object result) {
    if (type.equals(XAConnection.class) && result instanceof XAConnection connection) {
      return wrapped(XAConnection.class, resource, connection);
    }
    if (type.equals(XAConnectionBuilder.class) && result instanceof XAConnectionBuilder builder) {
      return wrapped(XAConnectionBuilder.class, resource, builder);
    }
    return type.equals(XAResource.class) && result instanceof XAResource xa
        ? new Known(resource, xa)
        : result;
  }

  /**
   * One whose resource is known.
   *
   * @param resource who recovers what it leaves
   */
  record Known(XaResource resource, XAResource raw) implements XAResource {
    @Override
    public void start(Xid xid, int flags) throws XAException {
      raw.start(xid, flags);
    }

    @Override
    public void end(Xid xid, int flags) throws XAException {
      raw.end(xid, flags);
    }

    @Override
    public int prepare(Xid xid) throws XAException {
      return raw.prepare(xid);
    }

    @Override
    public void commit(Xid xid, boolean onePhase) throws XAException {
      raw.commit(xid, onePhase);
    }

    @Override
    public void rollback(Xid xid) throws XAException {
      raw.rollback(xid);
    }

    @Override
    public void forget(Xid xid) throws XAException {
      raw.forget(xid);
    }

    @Override
    public Xid[] recover(int flag) throws XAException {
      return raw.recover(flag);
    }

    @Override
    public boolean isSameRM(XAResource other) throws XAException {
      return raw.isSameRM(other instanceof Known known ? known.raw : other);
    }

    @Override
    public int getTransactionTimeout() throws XAException {
      return raw.getTransactionTimeout();
    }

    @Override
    public boolean setTransactionTimeout(int seconds) throws XAException {
      return raw.setTransactionTimeout(seconds);
    }
  }
}
