package io.quorate.xabench;

import java.sql.SQLException;
import javax.sql.XADataSource;
import javax.transaction.xa.XAResource;

/**
 * A transaction manager at work; a JVM has at most one in its life. From {@link #open} on it also
 * recovers what an earlier one with the same directory has left, as often as it does by default.
 *
 * <p>Safe for use by many threads.
 */
interface Coordinator extends AutoCloseable {
  /**
   * Takes up work.
   *
   * @param postgreSql where money is taken from
   * @param mariaDb where it is put
   * @param threadsMax how many tellers there will be at most
   */
  void open(XADataSource postgreSql, XADataSource mariaDb, int threadsMax) throws Exception;

  /** Takes up work with resources that do nothing. */
  void openAlone() throws Exception;

  /** Begins the work of one thread with the databases. */
  Teller teller() throws Exception;

  /** Commits a transaction of two resources that do nothing; two others for each thread. */
  void commit(XAResource first, XAResource second) throws Exception;

  @Override
  void close();

  /** One thread's transactions. */
  interface Teller extends AutoCloseable {
    /**
     * Takes an amount from an account in PostgreSQL and puts it on that of the same number in
     * MariaDB.
     *
     * @throws Exception if that isn't certain to have happened
     */
    void transfer(int account, int amount) throws Exception;

    @Override
    void close() throws SQLException;
  }
}
