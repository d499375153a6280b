package io.quorate.server;

import java.util.Locale;

/**
 * One flag of the server.
 *
 * @param name without dashes
 * @param kind what values it takes
 * @param preset the value when it isn't given, as it would be written
 * @param standing what becomes of it here
 * @param note help for a flag with a meaning; for the others, why they have none
 */
record Flag(String name, Kind kind, String preset, Standing standing, String note) {

  /** How a value is read. A switch given without a value is true, as in etcd. */
  enum Kind {
    TEXT,
    NUMBER,
    DURATION,
    SWITCH
  }

  /** What becomes of a flag that etcd knows. */
  enum Standing {
    /** It does what it does in etcd. */
    MEANT,
    /** It tunes something that isn't here: taken, and said to have no effect. */
    WITHOUT_EFFECT,
    /** Going on without it would do other than was asked, often less safely: refused. */
    REFUSED
  }

  /** The environment variable that stands for it. */
  String variable() {
    return "ETCD_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
