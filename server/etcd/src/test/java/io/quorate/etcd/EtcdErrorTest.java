package io.quorate.etcd;

import static org.assertj.core.api.Assertions.assertThat;

import io.quorate.grpc.StatusCode;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Shows that every error has the code and the exact text that clients compare. */
class EtcdErrorTest {
  /** The API's table of errors, by code; texts follow "etcdserver: ". */
  private static final Map<StatusCode, String> TABLE = new TreeMap<>();

  static {
    TABLE.put(
        StatusCode.INVALID_ARGUMENT,
        """
        key is not provided
        key not found
        value is provided
        lease is provided
        too many operations in txn request
        duplicate key given in txn request
        invalid sort option
        invalid client api version
        request is too large
        given member URLs are invalid
        user name is empty
        role name is empty
        authentication failed, invalid user ID or password
        permission not given
        invalid auth management
        revision of auth store is old
        wrong downgrade target version format
        invalid downgrade target version
        """);
    TABLE.put(
        StatusCode.OUT_OF_RANGE,
        """
        mvcc: required revision has been compacted
        mvcc: required revision is a future revision
        too large lease TTL
        """);
    TABLE.put(
        StatusCode.RESOURCE_EXHAUSTED,
        """
        mvcc: database space exceeded
        too many requests
        """);
    TABLE.put(
        StatusCode.NOT_FOUND,
        """
        requested lease not found
        member not found
        """);
    TABLE.put(
        StatusCode.FAILED_PRECONDITION,
        """
        lease already exists
        member ID already exist
        Peer URLs already exists
        can only promote a learner member
        can only promote a learner member which is in sync with leader
        too many learner members in cluster
        cluster ID mismatch
        root user does not exist
        root user does not have root role
        user name already exists
        user name not found
        role name already exists
        role name not found
        role is not granted to the user
        permission is not granted to the role
        authentication is not enabled
        not leader
        not capable
        rpc not supported for learner
        bad leader transferee
        cluster has a downgrade job in progress
        no inflight downgrade job
        """);
    TABLE.put(StatusCode.UNKNOWN, "re-configuration failed due to not enough started members\n");
    TABLE.put(StatusCode.PERMISSION_DENIED, "permission denied\n");
    TABLE.put(StatusCode.UNAUTHENTICATED, "invalid auth token\n");
    TABLE.put(
        StatusCode.UNAVAILABLE,
        """
        no leader
        leader changed
        server stopped
        request timed out
        request timed out, possibly due to previous leader failure
        request timed out, possibly due to connection lost
        request timed out, waiting for the applied index took too long
        unhealthy cluster
        """);
    TABLE.put(StatusCode.DATA_LOSS, "corrupt cluster\n");
    TABLE.put(StatusCode.CANCELLED, "watch canceled\nrequest canceled\n");
  }

  /** No error more, none less, none with another code or letter. */
  @Test
  void the_errors_are_those_of_the_api() {
    SortedSet<String> expected = new TreeSet<>();
    TABLE.forEach((code, texts) ->
        texts.lines().forEach(text -> expected.add(code + " etcdserver: " + text)));
    SortedSet<String> actual = new TreeSet<>();
    for (EtcdError error : EtcdError.values()) {
      actual.add(error.status().code() + " " + error.status().message());
    }
    assertThat(actual).isEqualTo(expected);
    assertThat(actual).hasSameSizeAs(EtcdError.values());
  }
}
