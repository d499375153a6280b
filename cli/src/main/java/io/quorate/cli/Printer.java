package io.quorate.cli;

import io.quorate.client.DeleteResponse;
import io.quorate.client.MemberListResponse;
import io.quorate.client.PutResponse;
import io.quorate.client.RangeResponse;
import io.quorate.client.TxnResponse;
import java.util.List;

/** One of etcdctl's output formats. */
interface Printer {
  void put(PutResponse response);

  void range(RangeResponse response, RangeStyle style);

  void delete(DeleteResponse response);

  void txn(TxnResponse response);

  void memberList(MemberListResponse response);

  void endpointStatus(List<EndpointStatus> statuses);

  void endpointHealth(List<EndpointHealth> healths);

  /** What of a read is printed, where the format has a choice. */
  enum RangeStyle {
    PAIRS,
    VALUES_ONLY,
    COUNT_ONLY
  }
}
