package io.quorate.conformance;

/**
 * The errors of the API that a case can bring about, with their codes: clients compare the texts
 * letter by letter.
 */
final class Refusals {
  static final String NO_KEY = "INVALID_ARGUMENT etcdserver: key is not provided";
  static final String KEY_NOT_FOUND = "INVALID_ARGUMENT etcdserver: key not found";
  static final String VALUE_PROVIDED = "INVALID_ARGUMENT etcdserver: value is provided";
  static final String LEASE_PROVIDED = "INVALID_ARGUMENT etcdserver: lease is provided";
  static final String TOO_MANY_OPS =
      "INVALID_ARGUMENT etcdserver: too many operations in txn request";
  static final String DUPLICATE_KEY =
      "INVALID_ARGUMENT etcdserver: duplicate key given in txn request";
  static final String BAD_SORT = "INVALID_ARGUMENT etcdserver: invalid sort option";
  static final String TOO_LARGE = "INVALID_ARGUMENT etcdserver: request is too large";
  static final String BAD_URLS = "INVALID_ARGUMENT etcdserver: given member URLs are invalid";
  static final String NO_USER_NAME = "INVALID_ARGUMENT etcdserver: user name is empty";
  static final String NO_ROLE_NAME = "INVALID_ARGUMENT etcdserver: role name is empty";
  static final String AUTH_FAILED =
      "INVALID_ARGUMENT etcdserver: authentication failed, invalid user ID or password";
  static final String BAD_AUTH_CHANGE = "INVALID_ARGUMENT etcdserver: invalid auth management";
  static final String NO_PERMISSION_GIVEN = "INVALID_ARGUMENT etcdserver: permission not given";
  static final String BAD_DOWNGRADE =
      "INVALID_ARGUMENT etcdserver: invalid downgrade target version";
  static final String BAD_VERSION_FORMAT =
      "INVALID_ARGUMENT etcdserver: wrong downgrade target version format";

  static final String COMPACTED =
      "OUT_OF_RANGE etcdserver: mvcc: required revision has been compacted";
  static final String FUTURE =
      "OUT_OF_RANGE etcdserver: mvcc: required revision is a future revision";
  static final String TTL_TOO_LARGE = "OUT_OF_RANGE etcdserver: too large lease TTL";

  static final String NO_SPACE = "RESOURCE_EXHAUSTED etcdserver: mvcc: database space exceeded";
  static final String CORRUPT = "DATA_LOSS etcdserver: corrupt cluster";

  static final String NO_LEASE = "NOT_FOUND etcdserver: requested lease not found";
  static final String NO_MEMBER = "NOT_FOUND etcdserver: member not found";

  static final String LEASE_EXISTS = "FAILED_PRECONDITION etcdserver: lease already exists";
  static final String URL_EXISTS = "FAILED_PRECONDITION etcdserver: Peer URLs already exists";
  static final String NOT_A_LEARNER =
      "FAILED_PRECONDITION etcdserver: can only promote a learner member";
  static final String LEARNER_BEHIND =
      "FAILED_PRECONDITION etcdserver: can only promote a learner member which is in sync with"
          + " leader";
  static final String TOO_MANY_LEARNERS =
      "FAILED_PRECONDITION etcdserver: too many learner members in cluster";
  static final String NO_ROOT_USER = "FAILED_PRECONDITION etcdserver: root user does not exist";
  static final String NO_ROOT_ROLE =
      "FAILED_PRECONDITION etcdserver: root user does not have root role";
  static final String USER_EXISTS = "FAILED_PRECONDITION etcdserver: user name already exists";
  static final String USER_UNKNOWN = "FAILED_PRECONDITION etcdserver: user name not found";
  static final String ROLE_EXISTS = "FAILED_PRECONDITION etcdserver: role name already exists";
  static final String ROLE_UNKNOWN = "FAILED_PRECONDITION etcdserver: role name not found";
  static final String ROLE_NOT_GRANTED =
      "FAILED_PRECONDITION etcdserver: role is not granted to the user";
  static final String PERMISSION_NOT_GRANTED =
      "FAILED_PRECONDITION etcdserver: permission is not granted to the role";
  static final String AUTH_OFF = "FAILED_PRECONDITION etcdserver: authentication is not enabled";
  static final String NOT_LEADER = "FAILED_PRECONDITION etcdserver: not leader";
  static final String BAD_TRANSFEREE = "FAILED_PRECONDITION etcdserver: bad leader transferee";
  static final String NO_DOWNGRADE = "FAILED_PRECONDITION etcdserver: no inflight downgrade job";
  static final String NOT_FOR_LEARNERS =
      "FAILED_PRECONDITION etcdserver: rpc not supported for learner";

  static final String DENIED = "PERMISSION_DENIED etcdserver: permission denied";
  static final String BAD_TOKEN = "UNAUTHENTICATED etcdserver: invalid auth token";

  static final String NO_LEADER = "UNAVAILABLE etcdserver: no leader";
  static final String TIMED_OUT = "UNAVAILABLE etcdserver: request timed out";
  static final String UNHEALTHY = "UNAVAILABLE etcdserver: unhealthy cluster";

  static final String NOT_ENOUGH_STARTED =
      "UNKNOWN etcdserver: re-configuration failed due to not enough started members";
  static final String LOCK_NO_LEASE = "UNKNOWN etcdserver: requested lease not found";
  static final String NOBODY_ELECTED = "UNKNOWN election: no leader";
  static final String NOT_ELECTED = "UNKNOWN election: not leader";
  static final String NO_LEADER_FIELD = "UNKNOWN \"leader\" field must be provided";
  static final String NO_PASSWORD_USER =
      "UNKNOWN auth: authentication failed, password was given for no password user";

  private Refusals() {}
}
