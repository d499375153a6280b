package io.quorate.kv;

/** Why a request was refused. Each is an answer to a client; none changes anything. */
public enum KvError {
  /** A key is empty. */
  EMPTY_KEY,
  /** A step that must find its key did not, or a transaction has a step that says nothing. */
  KEY_NOT_FOUND,
  /** A put that keeps the value names one. */
  VALUE_PROVIDED,
  /** A put that keeps the lease names one. */
  LEASE_PROVIDED,
  /** A transaction has too many operations in a list, or nests too deep. */
  TOO_MANY_OPS,
  /** A transaction may change a key twice. */
  DUPLICATE_KEY,
  /** A sort order or target is none that exists. */
  INVALID_SORT,
  /** The revision asked for is below what compaction left. */
  COMPACTED,
  /** The revision asked for hasn't happened yet. */
  FUTURE_REVISION,
  /** There is no such lease. */
  LEASE_NOT_FOUND,
  /** There is such a lease already. */
  LEASE_EXISTS,
  /** Authentication can't begin: there is no user {@code root}. */
  ROOT_USER_MISSING,
  /** Authentication can't begin: the user {@code root} hasn't the role {@code root}. */
  ROOT_ROLE_MISSING,
  /** Nobody says who asks, or a user without a name is asked for. */
  USER_EMPTY,
  /** There is such a user already. */
  USER_EXISTS,
  /** There is no such user. */
  USER_NOT_FOUND,
  /** A role without a name is asked for. */
  ROLE_EMPTY,
  /** There is such a role already. */
  ROLE_EXISTS,
  /** There is no such role. */
  ROLE_NOT_FOUND,
  /** The user hasn't the role that is to be taken from it. */
  ROLE_NOT_GRANTED,
  /** The role hasn't the permission that is to be taken from it. */
  PERMISSION_NOT_GRANTED,
  /** What is asked of users and roles can't be, or must not be while authentication is on. */
  INVALID_AUTH_MANAGEMENT,
  /** There are as many users, roles or permissions as there may be. */
  AUTH_FULL,
  /** Authentication is off, so that nobody can be recognised. */
  AUTH_NOT_ENABLED,
  /** The user is none, or the password isn't its password. */
  AUTH_FAILED,
  /** Who asks was recognised by a password that has been changed since. */
  AUTH_OLD_REVISION,
  /** Who asks may not do that. */
  PERMISSION_DENIED,
  /** The space alarm is raised: nothing may be added. */
  NO_SPACE,
  /** The corruption alarm is raised: nothing may be changed. */
  CORRUPT
}
