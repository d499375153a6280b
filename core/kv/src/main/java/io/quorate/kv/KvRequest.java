package io.quorate.kv;

/** What can be asked of the store. */
public sealed interface KvRequest
    permits KvOp, CompactRequest, LeaseRequest, AlarmRequest, AuthRequest {}
