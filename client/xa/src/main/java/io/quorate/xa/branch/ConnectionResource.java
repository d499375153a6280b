package io.quorate.xa.branch;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * A resource whose branches are worked in through JDBC connections, and which gives connections
 * outside of transactions too.
 *
 * @param <B> what its branches offer to whoever works in them
 */
public interface ConnectionResource<B extends ConnectionBranch> extends Resource<B> {
  /**
   * A connection that belongs to no transaction of this library: its user commits, and closes it.
   *
   * @throws SQLException if the database can't be reached
   */
  Connection connect() throws SQLException;
}
