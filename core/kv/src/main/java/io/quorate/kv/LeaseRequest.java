package io.quorate.kv;

/** What can be asked of leases, and changes them. */
public sealed interface LeaseRequest extends KvRequest
    permits LeaseGrantRequest, LeaseRevokeRequest, LeaseExpireRequest, LeaseCheckpointRequest {}
