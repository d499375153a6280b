package io.quorate.xabench;

import com.atomikos.datasource.xa.XATransactionalResource;
import com.atomikos.icatch.config.Configuration;
import com.atomikos.icatch.config.UserTransactionServiceImp;
import com.atomikos.icatch.jta.UserTransactionManager;
import com.atomikos.jdbc.AtomikosDataSourceBean;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import javax.sql.XADataSource;
import javax.transaction.Transaction;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/**
 * Atomikos with its log on files and its own pools. But for transactions within transactions, which
 * nobody wants here, and the most that may be active, which is less than there are threads, it is
 * as it is by default.
 */
final class Atomikos implements Coordinator {
  private final UserTransactionServiceImp service;
  private final UserTransactionManager manager = new UserTransactionManager();
  private @Nullable AtomikosDataSourceBean from;
  private @Nullable AtomikosDataSourceBean to;

  /** Describes it; nothing runs yet. */
  Atomikos(Path directory) {
    String prefix = "com.atomikos.icatch.";
    Properties properties = new Properties();
    properties.setProperty(prefix + "tm_unique_name", "xa-bench");
    properties.setProperty(prefix + "log_base_dir", directory.toString());
    properties.setProperty(prefix + "serial_jta_transactions", "false");
    properties.setProperty(prefix + "max_actives", "-1");
    service = new UserTransactionServiceImp(properties);
    manager.setStartupTransactionService(false);
  }

  @Override
  public void open(XADataSource postgreSql, XADataSource mariaDb, int threadsMax) throws Exception {
    service.init();
    manager.init();
    from = pool("postgresql", postgreSql, threadsMax);
    to = pool("mariadb", mariaDb, threadsMax);
  }

  private static AtomikosDataSourceBean pool(String name, XADataSource source, int size)
      throws SQLException {
    AtomikosDataSourceBean pool = new AtomikosDataSourceBean();
    pool.setUniqueResourceName(name);
    pool.setXaDataSource(source);
    pool.setPoolSize(size);
    pool.init();
    return pool;
  }

  @Override
  public void openAlone() throws Exception {
    Configuration.addResource(new Idle("first"));
    Configuration.addResource(new Idle("second"));
    service.init();
    manager.init();
  }

  @Override
  public Teller teller() {
    AtomikosDataSourceBean payer = from;
    AtomikosDataSourceBean payee = to;
    if (payer == null || payee == null) {
      throw new IllegalStateException("not open");
    }
    return new Teller() {
      @Override
      public void transfer(int account, int amount) throws Exception {
        manager.begin();
        try (Connection taking = payer.getConnection();
            Connection putting = payee.getConnection()) {
          Bank.add(taking, account, -amount);
          Bank.add(putting, account, amount);
        } catch (Exception | Error e) {
          manager.rollback();
          throw e;
        }
        manager.commit();
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void commit(XAResource first, XAResource second) throws Exception {
    manager.begin();
    try {
      Transaction transaction = manager.getTransaction();
      if (!transaction.enlistResource(first) || !transaction.enlistResource(second)) {
        throw new IllegalStateException("not enlisted");
      }
      transaction.delistResource(first, XAResource.TMSUCCESS);
      transaction.delistResource(second, XAResource.TMSUCCESS);
    } catch (Exception | Error e) {
      manager.rollback();
      throw e;
    }
    manager.commit();
  }

  @Override
  public void close() {
    if (from != null) {
      from.close();
    }
    if (to != null) {
      to.close();
    }
    manager.close();
    service.shutdown(true);
  }

  /** Under which name a resource that does nothing is known. */
  private static final class Idle extends XATransactionalResource {
    private final IdleResource resource;

    Idle(String name) {
      super(name);
      resource = new IdleResource(name);
    }

    @Override
    protected XAResource refreshXAConnection() {
      return resource;
    }
  }
}
