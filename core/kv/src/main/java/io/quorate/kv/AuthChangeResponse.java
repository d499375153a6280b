package io.quorate.kv;

/** Users, roles or authentication are as they were asked to be. */
public record AuthChangeResponse(long revision) implements KvResponse {}
