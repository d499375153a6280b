package io.quorate.kv;

/** Deletes a user; {@code root} only while authentication is off. */
public record UserDeleteRequest(String name) implements AuthRequest {}
