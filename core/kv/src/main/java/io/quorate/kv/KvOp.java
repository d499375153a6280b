package io.quorate.kv;

/** What can be asked of the store on its own or as a step of a transaction. */
public sealed interface KvOp extends KvRequest
    permits RangeRequest, PutRequest, DeleteRangeRequest, TxnRequest, EmptyOp {}
