package io.quorate.xabench;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.XADataSource;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/** A local transaction in each database. */
final class NoXa implements Coordinator {
  private @Nullable XADataSource postgreSql;
  private @Nullable XADataSource mariaDb;

  @Override
  public void open(XADataSource postgreSql, XADataSource mariaDb, int threadsMax) {
    this.postgreSql = postgreSql;
    this.mariaDb = mariaDb;
  }

  @Override
  public void openAlone() {}

  @Override
  public Teller teller() throws SQLException {
    if (postgreSql == null || mariaDb == null) {
      throw new IllegalStateException("not open");
    }
    Connection from = postgreSql.getXAConnection().getConnection();
    Connection to = mariaDb.getXAConnection().getConnection();
    from.setAutoCommit(false);
    to.setAutoCommit(false);
    return new Teller() {
      @Override
      public void transfer(int account, int amount) throws SQLException {
        Bank.add(from, account, -amount);
        Bank.add(to, account, amount);
        from.commit();
        to.commit();
      }

      @Override
      public void close() throws SQLException {
        from.close();
        to.close();
      }
    };
  }

  @Override
  public void commit(XAResource first, XAResource second) {
    throw new UnsupportedOperationException("there is no manager");
  }

  @Override
  public void close() {}
}
