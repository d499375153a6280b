package io.quorate.conformance;

import com.google.protobuf.ByteString;
import io.quorate.protocol.etcdserverpb.LeaseStatus;
import io.quorate.system.PrintLogs;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A case on the shared server of a subject: under a prefix of its own, and with revisions counted
 * from where it found the store.
 */
@ExtendWith(PrintLogs.class)
@Timeout(value = 2, unit = TimeUnit.MINUTES)
abstract class Case {
  private static final AtomicInteger CASES = new AtomicInteger();

  final Server server;
  final Api api;
  private final String prefix = "case-" + CASES.incrementAndGet() + "/";

  Case(Subject subject) {
    this(subject.shared());
  }

  Case(Server server) {
    this.server = server;
    api = server.api();
  }

  /** Leases that end later would change revisions that other cases count. */
  @AfterEach
  void leave_no_lease_on_a_shared_server() {
    if (server == server.subject().shared()) {
      Leases leases = new Leases(api);
      for (LeaseStatus each : leases.list().getLeasesList()) {
        var _ = api.refusal(Rpc.LEASE_REVOKE, Leases.revokeRequest(each.getID()));
      }
    }
  }

  /** A user's or a role's name of this case alone. */
  String name(String name) {
    return prefix.replace('/', '-') + name;
  }

  /** A key of this case alone. */
  ByteString key(String name) {
    return ByteString.copyFromUtf8(prefix + name);
  }

  /** The first key behind all of this case: {@code key("")} to here is everything of it. */
  ByteString end() {
    return Requests.prefixEnd(key(""));
  }

  /** Waits until a key is there, or isn't. */
  void awaitKey(ByteString key, boolean present) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(Api.WAIT_SECONDS_MAX);
    while (api.range(Requests.get(key)).getCount() == (present ? 0 : 1)) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError(key.toStringUtf8() + (present ? " does not come" : " stays"));
      }
    }
  }

  /** The store's revision now. */
  long revision() {
    return api.call(Rpc.RANGE, Requests.get(key("none")).build()).getHeader().getRevision();
  }
}
