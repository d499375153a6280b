package io.quorate.kv;

/** What can be asked of the store. */
public sealed interface KvRequest
    permits KvOp, ComputedRequest, CompactRequest, LeaseRequest, AlarmRequest, AuthRequest {}
