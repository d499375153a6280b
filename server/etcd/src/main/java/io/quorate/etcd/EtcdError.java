package io.quorate.etcd;

import io.quorate.grpc.Status;
import io.quorate.grpc.StatusCode;
import io.quorate.grpc.StatusException;
import io.quorate.kv.KvError;
import io.quorate.node.Refusal;

/**
 * Every error that the etcd v3 API defines, with its gRPC code and its text.
 *
 * <p>The texts are part of the protocol: clients turn them back into typed errors by comparing them
 * letter by letter. They never change.
 */
public enum EtcdError {
  EMPTY_KEY(StatusCode.INVALID_ARGUMENT, "etcdserver: key is not provided"),
  KEY_NOT_FOUND(StatusCode.INVALID_ARGUMENT, "etcdserver: key not found"),
  VALUE_PROVIDED(StatusCode.INVALID_ARGUMENT, "etcdserver: value is provided"),
  LEASE_PROVIDED(StatusCode.INVALID_ARGUMENT, "etcdserver: lease is provided"),
  TOO_MANY_OPS(StatusCode.INVALID_ARGUMENT, "etcdserver: too many operations in txn request"),
  DUPLICATE_KEY(StatusCode.INVALID_ARGUMENT, "etcdserver: duplicate key given in txn request"),
  INVALID_SORT_OPTION(StatusCode.INVALID_ARGUMENT, "etcdserver: invalid sort option"),
  INVALID_CLIENT_API_VERSION(StatusCode.INVALID_ARGUMENT, "etcdserver: invalid client api version"),
  REQUEST_TOO_LARGE(StatusCode.INVALID_ARGUMENT, "etcdserver: request is too large"),
  BAD_MEMBER_URLS(StatusCode.INVALID_ARGUMENT, "etcdserver: given member URLs are invalid"),
  USER_EMPTY(StatusCode.INVALID_ARGUMENT, "etcdserver: user name is empty"),
  ROLE_EMPTY(StatusCode.INVALID_ARGUMENT, "etcdserver: role name is empty"),
  AUTH_FAILED(
      StatusCode.INVALID_ARGUMENT,
      "etcdserver: authentication failed, invalid user ID or password"),
  PERMISSION_NOT_GIVEN(StatusCode.INVALID_ARGUMENT, "etcdserver: permission not given"),
  INVALID_AUTH_MANAGEMENT(StatusCode.INVALID_ARGUMENT, "etcdserver: invalid auth management"),
  AUTH_OLD_REVISION(StatusCode.INVALID_ARGUMENT, "etcdserver: revision of auth store is old"),
  WRONG_DOWNGRADE_VERSION_FORMAT(
      StatusCode.INVALID_ARGUMENT, "etcdserver: wrong downgrade target version format"),
  INVALID_DOWNGRADE_VERSION(
      StatusCode.INVALID_ARGUMENT, "etcdserver: invalid downgrade target version"),

  COMPACTED(StatusCode.OUT_OF_RANGE, "etcdserver: mvcc: required revision has been compacted"),
  FUTURE_REVISION(
      StatusCode.OUT_OF_RANGE, "etcdserver: mvcc: required revision is a future revision"),
  LEASE_TTL_TOO_LARGE(StatusCode.OUT_OF_RANGE, "etcdserver: too large lease TTL"),

  NO_SPACE(StatusCode.RESOURCE_EXHAUSTED, "etcdserver: mvcc: database space exceeded"),
  TOO_MANY_REQUESTS(StatusCode.RESOURCE_EXHAUSTED, "etcdserver: too many requests"),

  LEASE_NOT_FOUND(StatusCode.NOT_FOUND, "etcdserver: requested lease not found"),
  MEMBER_NOT_FOUND(StatusCode.NOT_FOUND, "etcdserver: member not found"),

  LEASE_EXISTS(StatusCode.FAILED_PRECONDITION, "etcdserver: lease already exists"),
  MEMBER_EXISTS(StatusCode.FAILED_PRECONDITION, "etcdserver: member ID already exist"),
  PEER_URL_EXISTS(StatusCode.FAILED_PRECONDITION, "etcdserver: Peer URLs already exists"),
  /** Etcd has this text and forgets to give it a code. */
  NOT_ENOUGH_STARTED_MEMBERS(
      StatusCode.UNKNOWN, "etcdserver: re-configuration failed due to not enough started members"),
  MEMBER_NOT_LEARNER(
      StatusCode.FAILED_PRECONDITION, "etcdserver: can only promote a learner member"),
  LEARNER_NOT_READY(
      StatusCode.FAILED_PRECONDITION,
      "etcdserver: can only promote a learner member which is in sync with leader"),
  TOO_MANY_LEARNERS(
      StatusCode.FAILED_PRECONDITION, "etcdserver: too many learner members in cluster"),
  CLUSTER_ID_MISMATCH(StatusCode.FAILED_PRECONDITION, "etcdserver: cluster ID mismatch"),
  ROOT_USER_MISSING(StatusCode.FAILED_PRECONDITION, "etcdserver: root user does not exist"),
  ROOT_ROLE_MISSING(
      StatusCode.FAILED_PRECONDITION, "etcdserver: root user does not have root role"),
  USER_EXISTS(StatusCode.FAILED_PRECONDITION, "etcdserver: user name already exists"),
  USER_NOT_FOUND(StatusCode.FAILED_PRECONDITION, "etcdserver: user name not found"),
  ROLE_EXISTS(StatusCode.FAILED_PRECONDITION, "etcdserver: role name already exists"),
  ROLE_NOT_FOUND(StatusCode.FAILED_PRECONDITION, "etcdserver: role name not found"),
  ROLE_NOT_GRANTED(StatusCode.FAILED_PRECONDITION, "etcdserver: role is not granted to the user"),
  PERMISSION_NOT_GRANTED(
      StatusCode.FAILED_PRECONDITION, "etcdserver: permission is not granted to the role"),
  AUTH_NOT_ENABLED(StatusCode.FAILED_PRECONDITION, "etcdserver: authentication is not enabled"),
  NOT_LEADER(StatusCode.FAILED_PRECONDITION, "etcdserver: not leader"),
  NOT_CAPABLE(StatusCode.FAILED_PRECONDITION, "etcdserver: not capable"),
  NOT_SUPPORTED_FOR_LEARNER(
      StatusCode.FAILED_PRECONDITION, "etcdserver: rpc not supported for learner"),
  BAD_LEADER_TRANSFEREE(StatusCode.FAILED_PRECONDITION, "etcdserver: bad leader transferee"),
  DOWNGRADE_IN_PROGRESS(
      StatusCode.FAILED_PRECONDITION, "etcdserver: cluster has a downgrade job in progress"),
  NO_DOWNGRADE(StatusCode.FAILED_PRECONDITION, "etcdserver: no inflight downgrade job"),

  PERMISSION_DENIED(StatusCode.PERMISSION_DENIED, "etcdserver: permission denied"),
  INVALID_AUTH_TOKEN(StatusCode.UNAUTHENTICATED, "etcdserver: invalid auth token"),

  NO_LEADER(StatusCode.UNAVAILABLE, "etcdserver: no leader"),
  LEADER_CHANGED(StatusCode.UNAVAILABLE, "etcdserver: leader changed"),
  STOPPED(StatusCode.UNAVAILABLE, "etcdserver: server stopped"),
  TIMED_OUT(StatusCode.UNAVAILABLE, "etcdserver: request timed out"),
  TIMED_OUT_LEADER_FAILED(
      StatusCode.UNAVAILABLE,
      "etcdserver: request timed out, possibly due to previous leader failure"),
  TIMED_OUT_CONNECTION_LOST(
      StatusCode.UNAVAILABLE, "etcdserver: request timed out, possibly due to connection lost"),
  TIMED_OUT_APPLYING(
      StatusCode.UNAVAILABLE,
      "etcdserver: request timed out, waiting for the applied index took too long"),
  UNHEALTHY(StatusCode.UNAVAILABLE, "etcdserver: unhealthy cluster"),

  CORRUPT(StatusCode.DATA_LOSS, "etcdserver: corrupt cluster"),

  WATCH_CANCELED(StatusCode.CANCELLED, "etcdserver: watch canceled"),
  REQUEST_CANCELED(StatusCode.CANCELLED, "etcdserver: request canceled");

  private final StatusCode code;
  private final String text;

  EtcdError(StatusCode code, String text) {
    this.code = code;
    this.text = text;
  }

  /** Code and text, to end a call with. */
  public Status status() {
    return Status.of(code, text);
  }

  /** This error, to be thrown from a handler. */
  public StatusException asException() {
    return status().asException();
  }

  /** How the store's refusals are told. */
  static EtcdError of(KvError error) {
    return switch (error) {
      case EMPTY_KEY -> EMPTY_KEY;
      case KEY_NOT_FOUND -> KEY_NOT_FOUND;
      case VALUE_PROVIDED -> VALUE_PROVIDED;
      case LEASE_PROVIDED -> LEASE_PROVIDED;
      case TOO_MANY_OPS -> TOO_MANY_OPS;
      case DUPLICATE_KEY -> DUPLICATE_KEY;
      case INVALID_SORT -> INVALID_SORT_OPTION;
      case COMPACTED -> COMPACTED;
      case FUTURE_REVISION -> FUTURE_REVISION;
      case LEASE_NOT_FOUND -> LEASE_NOT_FOUND;
      case LEASE_EXISTS -> LEASE_EXISTS;
      case ROOT_USER_MISSING -> ROOT_USER_MISSING;
      case ROOT_ROLE_MISSING -> ROOT_ROLE_MISSING;
      case USER_EMPTY -> USER_EMPTY;
      case USER_EXISTS -> USER_EXISTS;
      case USER_NOT_FOUND -> USER_NOT_FOUND;
      case ROLE_EMPTY -> ROLE_EMPTY;
      case ROLE_EXISTS -> ROLE_EXISTS;
      case ROLE_NOT_FOUND -> ROLE_NOT_FOUND;
      case ROLE_NOT_GRANTED -> ROLE_NOT_GRANTED;
      case PERMISSION_NOT_GRANTED -> PERMISSION_NOT_GRANTED;
      case INVALID_AUTH_MANAGEMENT -> INVALID_AUTH_MANAGEMENT;
      case AUTH_FULL -> NO_SPACE;
      case AUTH_NOT_ENABLED -> AUTH_NOT_ENABLED;
      case AUTH_FAILED -> AUTH_FAILED;
      case AUTH_OLD_REVISION -> AUTH_OLD_REVISION;
      case PERMISSION_DENIED -> PERMISSION_DENIED;
      case NO_SPACE -> NO_SPACE;
      case CORRUPT -> CORRUPT;
    };
  }

  /** How the replica's refusals are told. */
  static EtcdError of(Refusal refusal) {
    return switch (refusal) {
      case NO_LEADER -> NO_LEADER;
      case LEADER_CHANGED -> LEADER_CHANGED;
      case TIMED_OUT -> TIMED_OUT;
      case TIMED_OUT_LEADER_LOST -> TIMED_OUT_LEADER_FAILED;
      case NOT_APPLIED -> TIMED_OUT_APPLYING;
      case DISK_FULL -> NO_SPACE;
      case OVERLOADED -> TOO_MANY_REQUESTS;
      case TOO_LARGE -> REQUEST_TOO_LARGE;
      case STOPPED, NOT_SERVING, REPAIRING -> STOPPED;
      case LEARNER -> NOT_SUPPORTED_FOR_LEARNER;
    };
  }
}
