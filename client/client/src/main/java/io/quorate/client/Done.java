package io.quorate.client;

/** An answer that says no more than that it was done. */
public record Done(Header header) {}
