package io.quorate.xa.branch;

import java.sql.Connection;

/** A branch whose work is done through a JDBC connection. */
public interface ConnectionBranch extends Branch {
  /**
   * The connection, for as long as the branch takes work. Closing it does nothing; committing and
   * rolling back are the transaction's, and refused. For one thread at a time.
   */
  Connection connection();
}
