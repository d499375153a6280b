package io.quorate.client;

/** Who leads: the value is what it proclaimed. */
public record LeaderResponse(Header header, KeyValue kv) {}
