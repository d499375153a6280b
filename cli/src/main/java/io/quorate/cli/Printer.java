package io.quorate.cli;

import io.quorate.client.AlarmResponse;
import io.quorate.client.AuthStatusResponse;
import io.quorate.client.DeleteResponse;
import io.quorate.client.DowngradeResponse;
import io.quorate.client.Header;
import io.quorate.client.LeaseGrantResponse;
import io.quorate.client.LeaseKeepAliveResponse;
import io.quorate.client.LeaseLeasesResponse;
import io.quorate.client.LeaseTimeToLiveResponse;
import io.quorate.client.MemberAddResponse;
import io.quorate.client.MemberListResponse;
import io.quorate.client.NamesResponse;
import io.quorate.client.PutResponse;
import io.quorate.client.RangeResponse;
import io.quorate.client.RoleGetResponse;
import io.quorate.client.TxnResponse;
import io.quorate.client.WatchResponse;
import io.quorate.events.AppendResult;
import io.quorate.events.RecordedEvent;
import io.quorate.recipes.Queues;
import io.quorate.recipes.ids.ClaimedWorker;
import io.quorate.xa.TransactionLog;
import io.quorate.xa.TransactionReport;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** One of etcdctl's output formats. What a format has no shape for, it refuses. */
interface Printer {
  /** The format's name, as the command line has it. */
  String format();

  default void put(PutResponse response) {
    throw Failure.unsupported(format());
  }

  default void range(RangeResponse response, RangeStyle style) {
    throw Failure.unsupported(format());
  }

  default void delete(DeleteResponse response) {
    throw Failure.unsupported(format());
  }

  default void txn(TxnResponse response) {
    throw Failure.unsupported(format());
  }

  default void watch(WatchResponse response) {
    throw Failure.unsupported(format());
  }

  default void leaseGrant(LeaseGrantResponse response) {
    throw Failure.unsupported(format());
  }

  default void leaseKeepAlive(LeaseKeepAliveResponse response) {
    throw Failure.unsupported(format());
  }

  /** With the lease's keys, if they were asked for. */
  default void leaseTimeToLive(LeaseTimeToLiveResponse response, boolean keys) {
    throw Failure.unsupported(format());
  }

  default void leases(LeaseLeasesResponse response) {
    throw Failure.unsupported(format());
  }

  /** It was done: in words, or by the answer's header. */
  default void done(Header header, String words) {
    throw Failure.unsupported(format());
  }

  /** With the cluster's version, where the format has a place for it. */
  default void downgrade(DowngradeResponse response, String words) {
    done(response.header(), words);
  }

  default void alarms(AlarmResponse response) {
    throw Failure.unsupported(format());
  }

  default void memberList(MemberListResponse response) {
    throw Failure.unsupported(format());
  }

  /** A member was changed: in words, or by the members that there are now. */
  default void memberChanged(MemberListResponse response, String words) {
    throw Failure.unsupported(format());
  }

  /** A member was added: in words, or by the members that there are now. */
  default void memberAdded(MemberAddResponse response, String words) {
    throw Failure.unsupported(format());
  }

  default void authStatus(AuthStatusResponse response) {
    throw Failure.unsupported(format());
  }

  /** A user's roles. */
  default void userGet(String user, NamesResponse response) {
    throw Failure.unsupported(format());
  }

  default void userList(NamesResponse response) {
    throw Failure.unsupported(format());
  }

  default void roleGet(String role, RoleGetResponse response) {
    throw Failure.unsupported(format());
  }

  default void roleList(NamesResponse response) {
    throw Failure.unsupported(format());
  }

  default void endpointStatus(List<EndpointStatus> statuses) {
    throw Failure.unsupported(format());
  }

  default void endpointHealth(List<EndpointHealth> healths) {
    throw Failure.unsupported(format());
  }

  default void endpointHashKv(List<EndpointHash> hashes) {
    throw Failure.unsupported(format());
  }

  /**
   * Who holds locks, and who waits for them.
   *
   * @param leases that they hold or wait under, by their ids
   */
  default void locks(Queues queues, Map<Long, LeaseTimeToLiveResponse> leases) {
    throw Failure.unsupported(format());
  }

  /** Events were appended, now or before. */
  default void appended(AppendResult result) {
    throw Failure.unsupported(format());
  }

  /** Nothing was appended: what is said on standard error, for who reads the format. */
  default void conflict(AppendResult.Conflict conflict) {}

  /** Events, page by page: what was printed isn't held any more. */
  default void events(Iterator<List<RecordedEvent>> pages) {
    throw Failure.unsupported(format());
  }

  default void events(List<RecordedEvent> events) {
    events(List.of(events).iterator());
  }

  /** The names of streams. */
  default void streams(List<String> names) {
    throw Failure.unsupported(format());
  }

  /** How far groups of consumers are. */
  default void subscriptions(List<GroupStatus> groups) {
    throw Failure.unsupported(format());
  }

  /** What groups of consumers couldn't handle. */
  default void parked(List<GroupParked> groups) {
    throw Failure.unsupported(format());
  }

  /** Ids that were made. */
  default void ids(List<MadeId> ids) {
    throw Failure.unsupported(format());
  }

  /** Ids, and what they were made of. */
  default void decodedIds(List<MadeId> ids) {
    throw Failure.unsupported(format());
  }

  /** A worker, and what time is reserved for it by now. */
  default void worker(String name, ClaimedWorker worker) {
    throw Failure.unsupported(format());
  }

  /** Transactions over databases. */
  default void transactions(List<TransactionLog.Entry> entries) {
    throw Failure.unsupported(format());
  }

  /** Processes that begin transactions over databases, or did. */
  default void coordinators(List<TransactionLog.Coordinator> coordinators) {
    throw Failure.unsupported(format());
  }

  /** A transaction over databases. */
  default void transaction(TransactionReport report) {
    throw Failure.unsupported(format());
  }

  /**
   * A person's word on a transaction over databases was taken.
   *
   * @param answer in a word or two
   */
  default void answered(String id, String answer, String words) {
    throw Failure.unsupported(format());
  }

  /** What of a read is printed, where the format has a choice. */
  enum RangeStyle {
    PAIRS,
    VALUES_ONLY,
    COUNT_ONLY
  }
}
