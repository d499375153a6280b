package io.quorate.databases;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One server of each kind for all tests of a JVM, started when first asked for. They aren't to be
 * killed or paused: whoever does that starts a server of its own.
 *
 * <p>Safe for use by many threads.
 */
public final class Databases {
  private static final Map<Database, Map<Class<?>, String>> NAMES = new HashMap<>();

  private Databases() {}

  /** The PostgreSQL server. */
  public static PostgreSqlServer postgreSql() {
    return PostgreSql.SERVER;
  }

  /** The MariaDB server. */
  public static MariaDbServer mariaDb() {
    return MariaDb.SERVER;
  }

  /**
   * The name of a database that is a test class's alone, on this server; made when first asked for.
   */
  public static synchronized String databaseOf(Database server, Class<?> test) {
    return NAMES
        .computeIfAbsent(server, _ -> new HashMap<>())
        .computeIfAbsent(
            test,
            _ -> {
              String name =
                  test.getSimpleName().toLowerCase(Locale.ROOT) + "_" + NAMES.get(server).size();
              server.createDatabase(name);
              return name;
            });
  }

  private static final class PostgreSql {
    static final PostgreSqlServer SERVER = PostgreSqlServer.start();
  }

  private static final class MariaDb {
    static final MariaDbServer SERVER = MariaDbServer.start();
  }
}
