package io.quorate.client;

/** History was compacted. */
public record CompactResponse(Header header) {}
