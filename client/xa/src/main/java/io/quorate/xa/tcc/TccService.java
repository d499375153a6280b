package io.quorate.xa.tcc;

import io.quorate.base.Bytes;
import io.quorate.xa.branch.BranchId;
import java.sql.Connection;

/**
 * What a service does when it is tried, confirmed and cancelled: its own business, and nothing of
 * what may arrive twice or in another order, which {@link TccBarrier} has dealt with.
 *
 * <p>Each is called with the connection of a local transaction, which the barrier commits together
 * with its own record, and rolls back if anything is thrown. What is done elsewhere isn't part of
 * that. Methods are called by many threads.
 */
public interface TccService {
  /**
   * Reserves something under the branch's name.
   *
   * @param payload as whoever tries has given it
   * @return what whoever tries is told; may be empty
   * @throws TccRefusal if it can't be reserved: the transaction is rolled back then
   * @throws Exception if it isn't known whether it could: the Try is sent again
   */
  Bytes attempt(Connection connection, BranchId id, Bytes payload) throws Exception;

  /**
   * Makes final what was reserved under that name. There is something, and this must not be
   * refused: it is called again until it succeeds.
   */
  void confirm(Connection connection, BranchId id) throws Exception;

  /** Gives back what was reserved under that name. Must not be refused, as {@link #confirm}. */
  void cancel(Connection connection, BranchId id) throws Exception;
}
