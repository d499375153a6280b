package io.quorate.xabench;

import com.arjuna.ats.arjuna.common.CoreEnvironmentBeanException;
import com.arjuna.ats.arjuna.common.ObjectStoreEnvironmentBean;
import com.arjuna.ats.arjuna.common.arjPropertyManager;
import com.arjuna.ats.arjuna.recovery.RecoveryManager;
import com.arjuna.ats.internal.arjuna.objectstore.hornetq.HornetqJournalEnvironmentBean;
import com.arjuna.ats.internal.arjuna.objectstore.hornetq.HornetqObjectStoreAdaptor;
import com.arjuna.ats.internal.jta.recovery.arjunacore.XARecoveryModule;
import com.arjuna.ats.jta.recovery.XAResourceRecoveryHelper;
import com.arjuna.common.internal.util.propertyservice.BeanPopulator;
import jakarta.transaction.Transaction;
import jakarta.transaction.TransactionManager;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.XAConnection;
import javax.sql.XADataSource;
import javax.transaction.xa.XAResource;
import org.jspecify.annotations.Nullable;

/**
 * Narayana's JTA with its log on files, synced, and recovery in the same process with its default
 * periods. Each thread keeps its two connections, which is less work than any pool.
 */
final class Narayana implements Coordinator {
  private static final String NODE = "1"; // what it is by default

  private final TransactionManager manager;
  private @Nullable XADataSource postgreSql;
  private @Nullable XADataSource mariaDb;
  private @Nullable RecoveryManager recovery;

  /** Sets the process up. */
  Narayana(Path directory, boolean journal) {
    try {
      arjPropertyManager.getCoreEnvironmentBean().setNodeIdentifier(NODE);
    } catch (CoreEnvironmentBeanException e) {
      throw new IllegalArgumentException(e);
    }
    ObjectStoreEnvironmentBean store = arjPropertyManager.getObjectStoreEnvironmentBean();
    store.setObjectStoreDir(directory.toString());
    if (journal) {
      store.setObjectStoreType(HornetqObjectStoreAdaptor.class.getName());
      BeanPopulator.getDefaultInstance(HornetqJournalEnvironmentBean.class)
          .setStoreDir(directory.resolve("journal").toString());
    }
    // Two more stores, for processes that ask each other and for objects: they stay empty here.
    for (String other : new String[] {"communicationStore", "stateStore"}) {
      BeanPopulator.getNamedInstance(ObjectStoreEnvironmentBean.class, other)
          .setObjectStoreDir(directory.toString());
      BeanPopulator.getNamedInstance(HornetqJournalEnvironmentBean.class, other)
          .setStoreDir(directory.resolve(other).toString());
    }
    manager = com.arjuna.ats.jta.TransactionManager.transactionManager();
  }

  @Override
  public void open(XADataSource postgreSql, XADataSource mariaDb, int threadsMax) {
    this.postgreSql = postgreSql;
    this.mariaDb = mariaDb;
    openAlone();
    XARecoveryModule module = XARecoveryModule.getRegisteredXARecoveryModule();
    module.addXAResourceRecoveryHelper(new Recoverable(postgreSql));
    module.addXAResourceRecoveryHelper(new Recoverable(mariaDb));
    if (recovery != null) {
      recovery.startRecoveryManagerThread();
    }
  }

  @Override
  public void openAlone() {
    RecoveryManager.delayRecoveryManagerThread(); // until it knows the databases
    recovery = RecoveryManager.manager(RecoveryManager.INDIRECT_MANAGEMENT);
    recovery.initialize();
  }

  @Override
  public Teller teller() throws SQLException {
    if (postgreSql == null || mariaDb == null) {
      throw new IllegalStateException("not open");
    }
    XAConnection first = postgreSql.getXAConnection();
    XAConnection second = mariaDb.getXAConnection();
    Connection from = first.getConnection();
    Connection to = second.getConnection();
    return new Teller() {
      @Override
      public void transfer(int account, int amount) throws Exception {
        in(
            first.getXAResource(),
            second.getXAResource(),
            () -> {
              Bank.add(from, account, -amount);
              Bank.add(to, account, amount);
            });
      }

      @Override
      public void close() throws SQLException {
        first.close();
        second.close();
      }
    };
  }

  @Override
  public void commit(XAResource first, XAResource second) throws Exception {
    in(first, second, () -> {});
  }

  private interface Work {
    void run() throws Exception;
  }

  private void in(XAResource first, XAResource second, Work work) throws Exception {
    manager.begin();
    try {
      Transaction transaction = manager.getTransaction();
      if (!transaction.enlistResource(first) || !transaction.enlistResource(second)) {
        throw new IllegalStateException("not enlisted");
      }
      work.run();
    } catch (Exception | Error e) {
      manager.rollback();
      throw e;
    }
    manager.commit();
  }

  @Override
  public void close() {
    if (recovery != null) {
      recovery.terminate(true);
    }
  }

  /** How recovery reaches a database: by a connection of its own, opened anew when it is broken. */
  private static final class Recoverable implements XAResourceRecoveryHelper {
    private final XADataSource source;
    private @Nullable XAConnection connection;

    Recoverable(XADataSource source) {
      this.source = source;
    }

    @Override
    public boolean initialise(String unused) {
      return true;
    }

    @Override
    public XAResource[] getXAResources() throws SQLException {
      if (connection == null || !connection.getConnection().isValid(1)) {
        connection = source.getXAConnection();
      }
      return new XAResource[] {connection.getXAResource()};
    }
  }
}
