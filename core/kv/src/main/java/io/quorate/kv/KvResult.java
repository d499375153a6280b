package io.quorate.kv;

/** How a request ended: with its answer, or with the reason why not. */
public sealed interface KvResult permits KvResponse, KvFailure {}
