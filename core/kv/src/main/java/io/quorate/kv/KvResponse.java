package io.quorate.kv;

/** The answer to a request that was carried out. */
public sealed interface KvResponse extends KvResult
    permits RangeResponse,
        PutResponse,
        DeleteRangeResponse,
        TxnResponse,
        ComputedResponse,
        CompactResponse,
        LeaseGrantResponse,
        LeaseChangeResponse,
        AlarmResponse,
        AuthChangeResponse,
        AuthenticateResponse {
  /**
   * The revision for the answer's header: the store's, after the request. Of a step of a
   * transaction: the revision before it until its first change, the new one from then on, and 0 of
   * a nested transaction.
   */
  long revision();
}
