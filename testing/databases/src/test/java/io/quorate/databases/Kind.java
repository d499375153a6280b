package io.quorate.databases;

import java.util.List;

/** Both servers, and how each of them prepares a transaction in plain SQL. */
enum Kind {
  POSTGRESQL {
    @Override
    Database start(String... options) {
      return PostgreSqlServer.start(options);
    }

    @Override
    List<String> prepare(String name, String statement) {
      return List.of("BEGIN", statement, "PREPARE TRANSACTION '" + name + "'");
    }

    @Override
    String commit(String prepared) {
      return "COMMIT PREPARED '" + prepared + "'";
    }
  },
  MARIADB {
    @Override
    Database start(String... options) {
      return MariaDbServer.start(options);
    }

    @Override
    List<String> prepare(String name, String statement) {
      return List.of(
          "XA START '" + name + "'",
          statement,
          "XA END '" + name + "'",
          "XA PREPARE '" + name + "'");
    }

    @Override
    String commit(String prepared) {
      return "XA COMMIT " + prepared;
    }
  };

  abstract Database start(String... options);

  /** What prepares a transaction under a name. */
  abstract List<String> prepare(String name, String statement);

  /** What commits it, by the name that the server gives it. */
  abstract String commit(String prepared);
}
